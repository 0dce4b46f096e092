"""Why a step is told now and no earlier: clauses for people, worked out with the decision that tells it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from service.core import words
from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decision import Telling
from service.core.escalation.hold import Committed, Hold, Snoozed, Waived
from service.core.escalation.holding import was_to_wait
from service.core.escalation.ladder import Rung

BETWEEN_LOOKS = timedelta(hours=1)
"""Longer than between two looks of a lastcall that runs."""


def planned_day(campaign: Campaign, rung: Rung, case: Case) -> date:
    """Of the step by the policy alone, in the owner's zone; of one that repeats, of the repeat that is told."""
    done = campaign.done_with(rung.name)
    return done.day if rung.step.repeat and done and done.day else case.day_of(rung.nominal)


def waited(telling: Telling, before: Campaign | None, after: Campaign, rung: Rung | None, case: Case) -> Iterator[str]:
    """In the order of time. Nothing: it goes out at the time that its step has by the policy.

    `before` and `after`: the campaign without and with the decision; `rung` is the step's, where it has a day.
    """
    holding = before.holds_back if before else None
    if holding and (holding.step, holding.held) == (telling.step, telling.audiences):
        told_at = (before.owner_told_at if before else None) or holding.at
        yield f"held back until the owner, told on {words.day(case.day_of(told_at))}, had a business day"
    elif rung and not _is_between_steps(telling):
        planned = planned_day(after, rung, case)
        if planned == case.day_of(rung.nominal):
            yield from _of_its_day(rung, case)
        elif case.go_out_at(morning := case.morning(planned)) > morning:
            yield _closed_at(morning, case)
        if before and before.is_open and before.plan_version != after.plan_version:
            yield f"the day of {case.end_in_words} was set only on {words.day(case.today)}"
        else:
            yield from _since_it_was_due(before, planned, rung, case)
    if telling.not_before > case.now:
        yield f"{_closed_at(case.now, case)}, so it goes out on {words.moment(telling.not_before)}"


def _is_between_steps(telling: Telling) -> bool:
    """Something else than the step's own day brings it: a relapse, a new owner, a promise that was not kept."""
    return telling.reopened or telling.handed_over or telling.occurrence.startswith("promised")


def _of_its_day(rung: Rung, case: Case) -> Iterator[str]:
    """What makes the step's day another one than the policy counts, or its hour a later one."""
    deadline, deprecation = case.deadline, case.exposure.deprecation
    announced = deprecation.announced
    freeze = case.owner.calendar.freeze_before(deadline) if deadline and rung.step.at.days < 0 else None
    if freeze:
        yield f"counted from {words.day(freeze.begin)}, when changes are frozen up to the shutdown ({freeze.name})"
    first_at = case.exposure.first_at
    public_at = utc_midnight(announced) if announced else first_at
    if first_at >= public_at and rung.nominal < first_at:
        yield f"the first call on record is of {words.moment(first_at)}"
    elif announced and case.day_of(rung.nominal) < announced:
        who = "it was reported" if deprecation.second_hand else "the provider announced it"
        yield f"{who} only on {words.day(announced)}"
    ready = max(rung.nominal, first_at, public_at)
    if rung.due > ready:
        yield _closed_at(ready, case)


def _since_it_was_due(before: Campaign | None, planned: date, rung: Rung, case: Case) -> Iterator[str]:
    due = max(rung.due, case.go_out_at(case.morning(planned))) if rung.step.repeat else rung.due
    if case.now - due < BETWEEN_LOOKS:
        return
    if before and before.hold and was_to_wait(before, case, due):
        yield _asked(before.hold)
    else:
        yield f"it was due on {words.moment(due)}, and was looked at only on {words.moment(case.now)}"


def _asked(hold: Hold) -> str:
    match hold:
        case Snoozed():
            return f"snoozed by {hold.by} until {words.day(hold.until)}"
        case Waived():
            return f"waived by {hold.by} until {words.day(hold.until)}: {hold.reason}"
        case Committed():
            return f"it waited for what {hold.by} had promised: to be done by {words.day(hold.on)}"


def _closed_at(moment: datetime, case: Case) -> str:
    """`Sat 14 Jun 2025 is no working day`"""
    calendar, day = case.owner.calendar, case.day_of(moment)
    if calendar.is_holiday(day):
        return f"{words.day(day)} is a public holiday ({calendar.country})"
    if not calendar.is_business_day(day):
        return f"{words.day(day)} is no working day"
    hours = f"{calendar.work_starts:%H:%M} to {calendar.work_ends:%H:%M} in {calendar.zone.key}"
    return f"{words.moment(moment)} is outside of the owner's working hours, {hours}"
