"""When the steps of a policy stand, worked out from what the words say, step by step, to compare with the ladder."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from service.core.calendar import Calendar, utc_midnight
from service.core.escalation.policy import Policy, Step
from service.core.ownership import ABOVE_OWNER

DAY = timedelta(days=1)
LAST_DAYS = 3


@dataclass(frozen=True)
class DatedStep:
    """A step on its day."""

    step: Step
    day: date
    begins: datetime
    """The morning of its day where the owner lives; the first moment of it in UTC where it speaks of failing calls."""


@lru_cache(maxsize=65536)
def dated_steps(
    policy: Policy, calendar: Calendar, announced: date | None, deadline: date | None
) -> tuple[DatedStep, ...]:
    """Those that have a day, lowest first."""
    found = []
    for step in policy.steps:
        day = day_of_step(step, calendar, announced, deadline)
        if day is not None:
            found.append(DatedStep(step, day, utc_midnight(day) if step.at.while_failing else morning(calendar, day)))
    return tuple(sorted(found, key=lambda one: one.begins))


def day_of_step(step: Step, calendar: Calendar, announced: date | None, deadline: date | None) -> date | None:
    if step.at.anchor == "announced":
        return announced
    if deadline is None:
        return None
    end = last_day_for_changes(calendar, deadline) if step.at.days < 0 else deadline
    if step.at.anchor == "days":
        return end + step.at.days * DAY
    one, left = (DAY if step.at.days > 0 else -DAY), abs(step.at.days)
    while left:
        end += one
        left -= calendar.is_business_day(end)
    return end


@lru_cache(maxsize=65536)
def last_day_for_changes(calendar: Calendar, deadline: date) -> date:
    """The deadline, or the first day of the earliest freeze from which on nothing can be changed before it."""
    starts = [freeze.begin for freeze in calendar.freezes if freeze.begin < deadline]
    return min(
        (start for start in starts if not any(map(calendar.is_changeable, _days(start, deadline)))), default=deadline
    )


def _days(first: date, end: date) -> list[date]:
    return [first + n * DAY for n in range((end - first).days)]


@lru_cache(maxsize=65536)
def morning(calendar: Calendar, day: date) -> datetime:
    return calendar.work_start(day)


def in_last_days(calendar: Calendar, deadline: date | None, moment: datetime) -> bool:
    if deadline is None:
        return False
    day = calendar.day_of(moment)
    before_freeze = (last_day_for_changes(calendar, deadline) - day).days
    return (deadline - day).days <= LAST_DAYS or 0 <= before_freeze <= LAST_DAYS


def send_now_at(calendar: Calendar, deadline: date | None, moment: datetime) -> datetime:
    """In working hours, and no later than the morning on which the last days begin; in these at once."""
    if deadline is None or in_last_days(calendar, deadline, moment):
        return moment if deadline else calendar.next_working(moment)
    begin = [end - LAST_DAYS * DAY for end in (deadline, last_day_for_changes(calendar, deadline))]
    ahead = [morning(calendar, day) for day in begin if day > calendar.day_of(moment)]
    return min([calendar.next_working(moment), *ahead])


def gentle(steps: tuple[DatedStep, ...]) -> tuple[DatedStep, ...]:
    """Of an end that is only reported: nobody above the owner is told, and nothing is repeated."""
    below = (replace(one, step=below_owner(one.step)) for one in steps)
    return tuple(one for one in below if one.step.tell)


def below_owner(step: Step) -> Step:
    tell = tuple(audience for audience in step.tell if audience not in ABOVE_OWNER)
    return step if step.at.while_failing else replace(step, tell=tell, repeat=None)


def is_working_time(calendar: Calendar, moment: datetime) -> bool:
    local = moment.astimezone(calendar.zone)
    at: time = local.time()
    return calendar.is_business_day(local.date()) and calendar.work_starts <= at < calendar.work_ends
