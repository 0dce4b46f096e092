"""Hypothetical use: callers, models, volumes, and moves of the provider's dates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal

from service.core.calendar import utc_midnight
from service.core.catalog.lifecycle import Deprecation, Shutdown
from service.core.escalation.outlook import DAY, WEEK, as_answered, is_abnormal, last_call
from service.core.exposure import DayOfUse, Exposure

Shape = Literal["flat", "linear", "weekly"]
"""flat: constant. linear: from `calls` on the first day to `then` on the last. weekly: none on weekends."""
AFTER_THE_END = timedelta(weeks=2)
"""Time after the last shutdown for which open-ended use is planned."""


@dataclass(frozen=True, slots=True)
class CallSpan:
    """Calls per day from `since` to `until`, both included."""

    calls: int
    since: date
    until: date | None = None
    shape: Shape = "flat"
    then: int = 0

    def calls_on(self, day: date) -> int:
        if day < self.since or (self.until is not None and day > self.until):
            return 0
        match self.shape:
            case "flat":
                return self.calls
            case "weekly":
                return self.calls if day.weekday() < 5 else 0
            case "linear":
                length = ((self.until or self.since) - self.since).days
                return round(self.calls + (self.then - self.calls) * (day - self.since).days / max(1, length))


@dataclass(frozen=True, slots=True)
class PublicDeprecation:
    """The public deprecation from a day on."""

    since: date
    deprecation: Deprecation


def lifecycle(record: Deprecation, moves: Sequence[tuple[date, date]]) -> tuple[PublicDeprecation, ...]:
    """The catalog's record, then one entry per (day, shutdown) at which the provider changes the shutdown. If nothing
    was announced before, the first one is the announcement."""
    known = [PublicDeprecation(date.min, record)]
    for on, shutdown in moves:
        before = known[-1].deprecation
        announced = before.announced if before.announced and before.announced <= on else on
        known.append(PublicDeprecation(on, replace(before, announced=announced, shutdown=Shutdown(shutdown, "exact"))))
    return tuple(known)


@dataclass(frozen=True)
class Use:
    """One service's calls of one model in one environment: an `Outlook` from its first call on, with calls at all
    hours."""

    service: str
    environment: str
    spans: tuple[CallSpan, ...]
    """Not empty. Calls of overlapping spans add up."""
    lifecycle: tuple[PublicDeprecation, ...]
    """Not empty, oldest first."""

    @property
    def platform(self) -> str:
        return self.lifecycle[0].deprecation.platform

    @property
    def first_day(self) -> date:
        return min(span.since for span in self.spans)

    @property
    def last_shutdown(self) -> date | None:
        return self.lifecycle[-1].deprecation.shutdown.deadline

    def as_of(self, now: datetime) -> Exposure | None:
        today = now.date()
        begin = self.first_day
        days = tuple(use for n in range((today - begin).days + 1) if (use := self._use_on(begin + n * DAY)))
        if not days:
            return None
        return Exposure.of(
            self.service,
            self.environment,
            self._known_on(today),
            days,
            first_at=utc_midnight(days[0].day),
            last_at=last_call(days[-1].day, now),
        )

    def next_call(self, after: datetime, *, only_abnormal: bool = False) -> datetime | None:
        tomorrow = after.date() + DAY
        # A span without an end has calls within any week of it.
        last = max(span.until or max(span.since, tomorrow) + WEEK for span in self.spans)
        days = (tomorrow + n * DAY for n in range((last - tomorrow).days + 1))
        uses = (use for day in days if (use := self._use_on(day)))
        return next((utc_midnight(use.day) for use in uses if not only_abnormal or is_abnormal(use)), None)

    def next_change(self, after: datetime) -> datetime | None:
        return next((at for one in self.lifecycle[1:] if (at := utc_midnight(one.since)) > after), None)

    def _use_on(self, day: date) -> DayOfUse | None:
        if day not in self._uses:
            calls = sum(span.calls_on(day) for span in self.spans)
            answered = DayOfUse(day, calls, 0, 0, 0, 0, 0, 0)
            self._uses[day] = as_answered(answered, self._known_on(day)) if calls else None
        return self._uses[day]

    @cached_property
    def _uses(self) -> dict[date, DayOfUse | None]:
        """Cache: `as_of` is called for the same days repeatedly."""
        return {}

    def _known_on(self, day: date) -> Deprecation:
        return next(one.deprecation for one in reversed(self.lifecycle) if one.since <= day)


@dataclass(frozen=True, slots=True)
class Scenario:
    uses: tuple[Use, ...]
    """Not empty."""

    @property
    def first_day(self) -> date:
        return min(use.first_day for use in self.uses)

    @property
    def last_day(self) -> date:
        """Two weeks after the last shutdown, or after the first day of a use that starts later or has no shutdown."""
        days = (max(use.first_day, use.last_shutdown or use.first_day) for use in self.uses)
        return max(days) + AFTER_THE_END
