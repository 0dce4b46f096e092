"""A rehearsal of one day: what breaks on it for whom, by the calls of the last four weeks, if nobody does anything."""

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
"""What an hour is to an owner; "outside working hours" of a business day."""
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a service calls."""

    calls: Mapping[tuple[int, int], int]
    """By weekday, Monday as 0, and UTC hour: those of the last four weeks, added up."""

    def on(self, day: date, *, weeks: int) -> tuple[float, ...]:
        """Calls to be expected in each UTC hour of `day`, of a service that has called for so many of the weeks: not
        rounded, as many that are few come to something."""
        return tuple(self.calls.get((day.weekday(), hour), 0) / weeks for hour in range(24))


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One service in one environment that calls a model which is gone by the day."""

    service: str
    environment: str
    platform: str
    model: str
    id: str
    """As a request on that platform spells it."""
    shutdown_on: date
    replacements: tuple[str, ...]
    after_shutdown: AfterShutdown
    state: State
    """As of now."""
    team: str | None
    people: tuple[str, ...]
    on_call: tuple[str, ...]
    """Where whoever is on call hears, or who stands in."""
    calls: tuple[float, ...]
    """To be expected in each UTC hour of the day; one call in four weeks is a quarter of one."""
    begins_at: datetime
    """When the first of them comes; where none is to be expected, when the day begins."""
    begins_local: str
    """The same by the owner's clock: `Mon 02:00 Europe/Berlin`."""
    duty: Duty
    """Of that hour."""
    forecast: str | None
    """When the calls end at their present pace; None: nothing can be said."""

    @property
    def breaks(self) -> bool:
        """Else another model answers, or the provider goes on answering for a while."""
        return self.after_shutdown == "error"

    @property
    def calls_a_day(self) -> int:
        """Rounded, but never to nothing what is something."""
        return whole(sum(self.calls))

    @property
    def peak_hour(self) -> int | None:
        """UTC, the first one of equals; None: no call is to be expected."""
        return max(range(24), key=self.calls.__getitem__) if any(self.calls) else None


def whole(calls: float) -> int:
    """Half a call and more is one, and so is anything but none."""
    return max(floor(calls + 0.5), 1) if calls else 0


def at_risk(cases: Iterable[tuple[Case, Rhythm]], channels: Channels, *, on: date) -> tuple[AtRisk, ...]:
    """Those that still call a model whose shutdown is `on` that day or before. The most calls first."""
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
