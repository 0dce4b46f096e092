"""Whether what people asked of a campaign still holds. The clock ends it, never a read nor a new event."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core import words
from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import Committed, Hold, Snoozed, Waived


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing is told now, because somebody asked for it."""

    hold: Hold
    until: datetime | None
    """When to look again; the hold may go on then. None: only a new call ends it."""
    reason: str


def held_by(campaign: Campaign, case: Case) -> Quiet | None:
    """The hold that is in force. None: there is none, it has ended, or it is a promise that is not believed."""
    hold, now = campaign.hold, case.now
    if hold is None or ((end := _end_of(hold, case)) and now >= end):
        return None
    match hold:
        case Snoozed():
            return Quiet(hold, end, f"snoozed by {hold.by} until {words.day(hold.until)}")
        case Waived():
            return Quiet(hold, end, f"waived by {hold.by} until {words.day(hold.until)}: {hold.reason}")
        case Committed() if is_believed(hold, case):
            look = min(filter(None, (_next_look(hold, case), end)), default=None)
            return Quiet(hold, look, f"{hold.by} has promised to be done by {words.day(hold.on)}")
        case Committed():
            return None


def is_believed(promise: Committed, case: Case) -> bool:
    """For the first half of its time, whatever the calls do; then as long as the forecast has them end by its day.

    Once the day is past nothing is forecast any more: it is judged on the next business day, by the calls since.
    """
    if case.today > promise.on:
        return case.now < judged_at(promise, case) or not calls_after(promise, case)
    return case.now < _half_way(promise, case) or case.forecast.is_believable(promise.on + timedelta(days=1))


def calls_after(promise: Committed, case: Case) -> bool:
    return case.day_of(case.exposure.last_at) > promise.on


def judged_at(promise: Committed, case: Case) -> datetime:
    """The morning of the first business day after the day that was promised."""
    return case.morning(case.owner.calendar.add_business_days(promise.on, 1))


def is_broken(campaign: Campaign, case: Case) -> bool:
    """Whether there is a promise whose day is past, and calls after it."""
    promise = campaign.hold
    return isinstance(promise, Committed) and calls_after(promise, case) and case.now >= judged_at(promise, case)


def _end_of(hold: Hold, case: Case) -> datetime | None:
    """No snooze and no promise outlives the shutdown; an accepted risk does."""
    shutdown = None if case.deadline is None else utc_midnight(case.deadline)
    match hold:
        case Waived():
            return case.morning(hold.until)
        case Snoozed():
            return min(filter(None, (case.morning(hold.until), shutdown)))
        case Committed():
            return shutdown


def _half_way(promise: Committed, case: Case) -> datetime:
    begun = case.day_of(promise.at)
    return case.morning(begun + (promise.on - begun) / 2)


def _next_look(promise: Committed, case: Case) -> datetime | None:
    """None: a new call alone can break it."""
    if case.today > promise.on:
        return judged_at(promise, case) if calls_after(promise, case) else None
    if case.now < (half := _half_way(promise, case)):
        return half
    return next(at for n in (0, 1) if (at := case.morning(case.today + timedelta(days=n))) > case.now)  # a new forecast


def acknowledged_until(campaign: Campaign, case: Case, step: str) -> datetime | None:
    """When the acknowledgement of `step` expires. None: there is none in force."""
    by = campaign.acknowledged
    return by.until if by and by.step == step and case.now < by.until else None


def standing(campaign: Campaign, case: Case) -> str | None:
    """What is in force, as a clause."""
    if quiet := held_by(campaign, case):
        return quiet.reason
    by = campaign.acknowledged
    if by and case.now < by.until:
        return f"acknowledged by {by.by} on {words.day(case.day_of(by.at))}, until {words.day(case.day_of(by.until))}"
    return None


def resumes_at(campaign: Campaign, case: Case) -> datetime | None:
    """When steps are told again if nothing changes. None: nothing holds them."""
    quiet = held_by(campaign, case)
    if quiet is None:
        return None
    end = _end_of(quiet.hold, case)
    if isinstance(quiet.hold, Committed):
        return min(filter(None, (judged_at(quiet.hold, case), end)))
    return end
