"""Projections of an exposure to later times, as input of `decide`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from msgspec import structs

from service.core.calendar import utc_midnight
from service.core.catalog.lifecycle import Deprecation
from service.core.exposure import DayOfUse, Exposure, Summary, quiet_at

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class _DayAhead(NamedTuple):
    use: DayOfUse | None
    """None: no calls on this day."""
    summary: Summary | None
    """Summary of all days of use up to this one. None: there are none."""


class Outlook(Protocol):
    def as_of(self, now: datetime) -> Exposure | None:
        """None: there are no calls yet."""

    def next_call(self, after: datetime, *, only_abnormal: bool = False) -> datetime | None:
        """First call on a UTC day after the day of `after`; None: there is none. `only_abnormal`: within a week, on a
        day with calls that report that the model is gone, or that another model answers."""

    def next_change(self, after: datetime) -> datetime | None:
        """Next time at which the provider changes its dates. None: never."""


@dataclass(frozen=True)
class ProjectLastWeek:
    """Projects a stored exposure from the week before `start`. From the shutdown on, its calls fail, or another model
    answers, as the catalog says."""

    exposure: Exposure
    """As of `start`."""
    start: datetime
    known_until: datetime | None = None
    """Time up to which `exposure` has all calls. None: `start`."""

    def as_of(self, now: datetime) -> Exposure:
        if now <= self.start or self._has_ended:
            return self.exposure
        ahead = self._ahead_until(now.date())
        days, summary = tuple(one.use for one in ahead if one.use), ahead[-1].summary
        if not days or summary is None:
            return self.exposure
        use = structs.replace(summary, last_at=max(self.exposure.last_at, last_call(days[-1].day, now)))
        return replace(self.exposure, use=use, days=self._before + days)

    def next_call(self, after: datetime, *, only_abnormal: bool = False) -> datetime | None:
        days = () if self._has_ended else (after.date() + n * DAY for n in range(1, 8))
        uses = (use for day in days if (use := self._use_on(day)))
        return next((utc_midnight(use.day) for use in uses if not only_abnormal or is_abnormal(use)), None)

    def next_change(self, after: datetime) -> None:
        return None

    @cached_property
    def _has_ended(self) -> bool:
        return quiet_at(self.exposure) <= min(self.start, self.known_until or self.start)

    @cached_property
    def _before(self) -> tuple[DayOfUse, ...]:
        return tuple(use for use in self.exposure.days if use.day < self.start.date())

    def _ahead_until(self, day: date) -> Sequence[_DayAhead]:
        """The days from `start` to `day`, cached: a plan asks for the same days repeatedly."""
        length = (day - self.start.date()).days + 1
        for n in range(len(self._days_ahead), length):
            self._days_ahead.append(self._day_ahead(self.start.date() + n * DAY))
        return self._days_ahead[:length]

    @cached_property
    def _days_ahead(self) -> list[_DayAhead]:
        """Cache of `_ahead_until`."""
        return []

    def _day_ahead(self, day: date) -> _DayAhead:
        exposure, use = self.exposure, self._use_on(day)
        after = exposure.deprecation.errors_count_after
        summary = self._days_ahead[-1].summary if self._days_ahead else self._before_start
        if use is None:
            return _DayAhead(None, summary)
        if summary is None:
            first = Summary.of([use], after, first_at=exposure.first_at, last_at=exposure.last_at)
            return _DayAhead(use, first)
        return _DayAhead(use, summary.then(use, after, last_at=exposure.last_at))

    @property
    def _before_start(self) -> Summary | None:
        """Summary without the calls on the day of `start`. None: there were no earlier calls."""
        use, last, days = self.exposure.use, self.exposure.days[-1], self._before
        if not days or days[-1] == last:
            return use if days else None
        after = self.exposure.deprecation.errors_count_after
        known = Summary.of(days, after, first_at=use.first_at, last_at=use.last_at)
        return structs.replace(known, longest_gap=use.longest_gap, calls=use.calls - last.calls)

    def _use_on(self, day: date) -> DayOfUse | None:
        """Calls of a day. The first day is incomplete: the larger of its calls so far and the expected calls."""
        expected, known = self._by_weekday.get(day.weekday()), self.exposure.days[-1]
        if known.day == day and (expected is None or known.calls >= expected.calls):
            return known
        return expected and as_answered(structs.replace(expected, day=day), self.exposure.deprecation)

    @cached_property
    def _by_weekday(self) -> dict[int, DayOfUse]:
        """The last complete week. Without a complete week with calls, the last day of use counts for every day."""
        today, days = self.start.date(), self.exposure.days
        week = {use.day.weekday(): use for use in days if today - WEEK <= use.day < today}
        return week if week and days[0].day <= today - WEEK else dict.fromkeys(range(7), days[-1])


def is_abnormal(use: DayOfUse) -> bool:
    return bool(use.end_of_life or use.redirected)


def last_call(day: date, now: datetime) -> datetime:
    """Time of the last call by `now` on a day with calls at all hours."""
    return min(now, utc_midnight(day + DAY) - timedelta(seconds=1))


def as_answered(use: DayOfUse, deprecation: Deprecation) -> DayOfUse:
    """The calls of a day with the provider's response: before the shutdown it answers them."""
    calls = use.calls
    deadline = deprecation.shutdown.deadline
    after = deprecation.after_shutdown if deadline is not None and use.day >= deadline else "unsupported_but_served"
    match after:
        case "error":
            return structs.replace(use, errors=calls, end_of_life=calls, redirected=0)
        case "redirect":
            return structs.replace(use, errors=0, end_of_life=0, redirected=calls)
        case "unsupported_but_served":
            return use
