"""Reasons why a step is sent later than its policy says, or on another day. Determined with the decision."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from service.core import words
from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case, ScheduledStep
from service.core.escalation.cause import BrokenPromise, HeldBack, Relapse, Resumed
from service.core.escalation.decision import Telling
from service.core.escalation.hold import ActInForce
from service.core.escalation.holding import was_paused

LATE_AFTER = timedelta(hours=1)
"""Longer than the interval between two ticks of a running scheduler."""


class OwnerFirst(Struct, frozen=True, tag="owner_first", tag_field="kind"):
    """Audiences above the owner wait until the owner has had a business day."""

    owner_told_on: date


class Frozen(Struct, frozen=True, tag="frozen", tag_field="kind"):
    """The step counts from a change freeze that lasts until the shutdown."""

    begin: date
    name: str


class CalledLater(Struct, frozen=True, tag="called_later", tag_field="kind"):
    """The first call came later."""

    first_at: datetime


class AnnouncedLater(Struct, frozen=True, tag="announced_later", tag_field="kind"):
    """The announcement came later."""

    on: date
    is_reported: bool


class SetLater(Struct, frozen=True, tag="set_later", tag_field="kind"):
    """The shutdown or the freeze moved."""

    on: date
    is_freeze: bool


class ReportedUntil(Struct, frozen=True, tag="reported_until", tag_field="kind"):
    """It waited for the provider's word, or for failing calls: the end was only reported."""

    day: date


class LookedLater(Struct, frozen=True, tag="looked_later", tag_field="kind"):
    """lastcall did not run, or did not know about the use."""

    due: datetime
    looked_at: datetime


class AskedToWait(Struct, frozen=True, tag="asked_to_wait", tag_field="kind"):
    asked: ActInForce


class QuietHours(Struct, frozen=True, kw_only=True, tag="quiet_hours", tag_field="kind"):
    """Outside the owner's working hours."""

    at: datetime
    day: date
    """Day of `at`, in the owner's zone."""
    holiday_of: str | None = None
    """Country, if the day is a public holiday."""
    hours: tuple[time, time] | None = None
    """Working hours, in `zone`. None: the day has none."""
    zone: str
    goes_out_at: datetime | None = None
    """Set if the decision was made at `at` and the message waits."""


Delay = (
    OwnerFirst
    | Frozen
    | CalledLater
    | AnnouncedLater
    | SetLater
    | ReportedUntil
    | LookedLater
    | AskedToWait
    | QuietHours
)


def in_words(delay: Delay) -> str:
    """A clause."""
    match delay:
        case OwnerFirst(owner_told_on):
            said = f"held back until the owner, told on {words.day(owner_told_on)}, had a business day"
        case Frozen(begin, name):
            said = f"counted from {words.day(begin)}, when changes are frozen up to the shutdown ({name})"
        case CalledLater(first_at):
            said = f"the first call on record is of {words.moment(first_at)}"
        case AnnouncedLater(on, is_reported):
            who = "it was reported" if is_reported else "the provider announced it"
            said = f"{who} only on {words.day(on)}"
        case SetLater(on, is_freeze):
            said = f"the day of {words.FREEZE if is_freeze else words.SHUTDOWN} was set only on {words.day(on)}"
        case ReportedUntil(day):
            said = f"the end was only reported until {words.day(day)}"
        case LookedLater(due, looked_at):
            said = f"it was due on {words.moment(due)}, and was looked at only on {words.moment(looked_at)}"
        case AskedToWait(ActInForce(what="promised", by=by, on=date() as on)):
            said = f"it waited for what {by} had promised: to be done by {words.day(on)}"
        case AskedToWait(asked):
            said = asked.in_words()
        case QuietHours():
            so = f", so it goes out on {words.moment(delay.goes_out_at)}" if delay.goes_out_at else ""
            said = _closed(delay) + so
    return said


def _closed(quiet: QuietHours) -> str:
    if quiet.holiday_of:
        return f"{words.day(quiet.day)} is a public holiday ({quiet.holiday_of})"
    if quiet.hours is None:
        return f"{words.day(quiet.day)} is no working day"
    begin, end = quiet.hours
    hours = f"{begin:%H:%M} to {end:%H:%M} in {quiet.zone}"
    return f"{words.moment(quiet.at)} is outside of the owner's working hours, {hours}"


def planned_day(campaign: Campaign, scheduled: ScheduledStep, case: Case) -> date:
    """Day of the step by the policy alone, in the owner's zone; for a repeat, the day of this repeat."""
    done = campaign.done_with(scheduled.name)
    return done.day if scheduled.step.repeat and done and done.day else case.day_of(scheduled.nominal)


def delays(
    telling: Telling, before: Campaign | None, after: Campaign, scheduled: ScheduledStep | None, case: Case
) -> Iterator[Delay]:
    """In order of time. Empty: it is sent at the time that the policy gives.

    `before` and `after`: the campaign before and after the decision. `scheduled`: the scheduled step, if it has a day.
    """
    is_between_steps = isinstance(telling.cause, Relapse | Resumed | BrokenPromise) or telling.to_new_owner
    if isinstance(telling.cause, HeldBack):
        yield OwnerFirst(telling.cause.owner_told_on)
        if before and is_word_new(before, case):
            yield ReportedUntil(case.today)
    elif scheduled and not is_between_steps:
        planned = planned_day(after, scheduled, case)
        if planned == case.day_of(scheduled.nominal):
            yield from _of_its_day(scheduled, case)
        elif case.send_time(morning := case.morning(planned)) > morning:
            yield _quiet_hours(morning, case)
        if before and before.is_open and after.is_moved_from(before):
            yield SetLater(case.today, case.frozen_from is not None)
        else:
            yield from _since_it_was_due(before, planned, scheduled, case)
    if telling.not_before > case.now:
        yield _quiet_hours(case.now, case, goes_out_at=telling.not_before)


def _of_its_day(scheduled: ScheduledStep, case: Case) -> Iterator[Delay]:
    """Reasons why the step has another day or a later hour than the policy gives."""
    deprecation = case.exposure.deprecation
    announced = deprecation.announced
    if case.freeze and scheduled.step.at.days < 0:
        yield Frozen(case.freeze.begin, case.freeze.name)
    first_at = case.exposure.first_at
    public_at = utc_midnight(announced) if announced else first_at
    if first_at >= public_at and scheduled.nominal < first_at:
        yield CalledLater(first_at)
    elif announced and case.day_of(scheduled.nominal) < announced:
        yield AnnouncedLater(announced, deprecation.is_reported)
    ready = max(scheduled.nominal, first_at, public_at)
    if scheduled.due > ready:
        yield _quiet_hours(ready, case)


def _since_it_was_due(before: Campaign | None, planned: date, scheduled: ScheduledStep, case: Case) -> Iterator[Delay]:
    due = max(scheduled.due, case.send_time(case.morning(planned))) if scheduled.step.repeat else scheduled.due
    if case.now - due < LATE_AFTER:
        return
    if before and is_word_new(before, case):
        yield ReportedUntil(case.today)
    elif before and before.in_force and was_paused(before, case, due):
        yield AskedToWait(ActInForce.of(before.in_force))
    else:
        yield LookedLater(due, case.now)


def is_word_new(before: Campaign, case: Case) -> bool:
    """Whether the end of the campaign's plan was only reported, and is more by now."""
    return before.is_reported and not case.is_only_reported


def _quiet_hours(at: datetime, case: Case, goes_out_at: datetime | None = None) -> QuietHours:
    calendar, day = case.owner.calendar, case.day_of(at)
    return QuietHours(
        at=at,
        day=day,
        holiday_of=calendar.country if calendar.is_holiday(day) else None,
        hours=(calendar.work_starts, calendar.work_ends) if calendar.is_business_day(day) else None,
        zone=calendar.zone.key,
        goes_out_at=goes_out_at,
    )
