"""A rehearsal of one day: what breaks, and for whom, by the calls of the last four weeks, if nobody acts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import floor
from typing import Literal

from service.core.calendar import Calendar, utc_midnight
from service.core.catalog.lifecycle import AfterShutdown
from service.core.escalation.case import Case
from service.core.exposure import State
from service.core.ownership import Channels, destinations

Duty = Literal["at work", "outside working hours", "weekend", "holiday"]
"""Kind of an hour for an owner; "outside working hours" is on a business day."""
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The weekly pattern of a service's calls."""

    calls: Mapping[tuple[int, int], int]
    """By (weekday, UTC hour), Monday as 0: sums over the last four weeks."""

    def on(self, day: date, *, weeks: int) -> tuple[float, ...]:
        """Expected calls in each UTC hour of `day`, for a service with calls in so many of the weeks. Not rounded, so
        that small numbers add up."""
        return tuple(self.calls.get((day.weekday(), hour), 0) / weeks for hour in range(24))


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A service in one environment that calls a model that is gone by the day."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    """As requests on that platform spell it."""
    shutdown_on: date
    replacements: tuple[str, ...]
    after_shutdown: AfterShutdown
    state: State
    """As of now."""
    team: str | None
    people: tuple[str, ...]
    on_call: tuple[str, ...]
    """Addresses of on-call, or of its replacement."""
    calls: tuple[float, ...]
    """Expected calls in each UTC hour of the day; one call in four weeks is a quarter."""
    begins_at: datetime
    """Time of the first expected call; without one, the start of the day."""
    begins_local: str
    """`begins_at` in the owner's time zone: `Mon 02:00 Europe/Berlin`."""
    duty: Duty
    """Kind of that hour."""
    forecast: str | None
    """The forecast in words. None: no verdict."""

    @property
    def breaks(self) -> bool:
        """False: another model answers, or the provider continues to answer."""
        return self.after_shutdown == "error"

    @property
    def calls_a_day(self) -> int:
        """Rounded; at least 1 if any calls are expected."""
        return whole(sum(self.calls))

    @property
    def peak_hour(self) -> int | None:
        """The first hour with the maximum, UTC. None: no calls expected."""
        return max(range(24), key=self.calls.__getitem__) if any(self.calls) else None


def whole(calls: float) -> int:
    """Rounds half up; at least 1 if `calls` is not 0."""
    return max(floor(calls + 0.5), 1) if calls else 0


def at_risk(cases: Iterable[tuple[Case, Rhythm]], channels: Channels, *, on: date) -> tuple[AtRisk, ...]:
    """Uses that still call a model whose shutdown is on that day or earlier. Broken ones first, most calls first."""
    found = [_of_case(case, rhythm, channels, on) for case, rhythm in cases if _is_gone(case, on)]
    return tuple(
        sorted(
            found,
            key=lambda one: (not one.breaks, -one.calls_a_day, one.service, one.environment, one.id, one.platform),
        )
    )


def _is_gone(case: Case, on: date) -> bool:
    deadline = case.exposure.deadline
    return deadline is not None and deadline <= on and case.state != "quiet"


def _of_case(case: Case, rhythm: Rhythm, channels: Channels, on: date) -> AtRisk:
    exposure, owner = case.exposure, case.owner
    deprecation = exposure.deprecation
    called_for = (case.now - exposure.first_at) // timedelta(weeks=1) + 1
    calls = rhythm.on(on, weeks=min(WEEKS, called_for))
    first = next((hour for hour, expected in enumerate(calls) if expected), 0)
    begins_at = utc_midnight(on) + timedelta(hours=first)
    return AtRisk(
        *exposure.key,
        id=deprecation.id,
        shutdown_on=exposure.deadline or on,
        replacements=tuple(one.id for one in deprecation.replacements),
        after_shutdown=deprecation.after_shutdown,
        state=case.state,
        team=owner.team,
        people=owner.people,
        on_call=tuple(to.address for to in destinations(owner, ("oncall",), channels)),
        calls=calls,
        begins_at=begins_at,
        begins_local=f"{begins_at.astimezone(owner.zone):%a %H:%M} {owner.zone.key}",
        duty=duty_at(begins_at, owner.calendar),
        forecast=case.forecast.in_words(exposure.deadline or on),
    )


def duty_at(moment: datetime, calendar: Calendar) -> Duty:
    day = calendar.day_of(moment)
    if calendar.is_holiday(day):
        return "holiday"
    if not calendar.is_business_day(day):
        return "weekend"
    return "at work" if calendar.next_working(moment) == moment else "outside working hours"
