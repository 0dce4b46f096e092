"""How long things are kept, and which months have hours of their own.

An hour of use is kept until its month is closed: hours go by whole months. What comes for a closed month later is kept
by hour as well, apart, and added to what the day had when it closed. `docs/operation.md` says what that means.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MONTHS_BEHIND, MONTHS_AHEAD = 24, 2
"""Around the current month: beyond them a clock is wrong, or a file very old, and a month is not worth a partition."""
SETTLING = timedelta(days=7)
"""A month that was made late, for an old file, is not closed before: its reporters are still being read."""


@dataclass(frozen=True, slots=True)
class Retention:
    """In days."""

    hourly: int = 42
    daily: int = 400
    notifications: int = 400
    rejections: int = 90
    conditions: int = 90

    def first_day(self, now: datetime) -> date:
        """Of the days of use that are kept."""
        return now.date() - timedelta(days=self.daily)

    def closable(self, made_at: Mapping[date, datetime], now: datetime) -> list[date]:
        """Of open months, by when each was made, those whose hours are not needed any more; the oldest first."""
        first_hour = now.date() - timedelta(days=self.hourly)
        return sorted(
            month for month, made in made_at.items() if month_after(month) <= first_hour and made + SETTLING <= now
        )


KEEP = Retention()


def month_of(day: date) -> date:
    """Its first day."""
    return date(day.year, day.month, 1)


def month_after(month: date) -> date:
    return month_of(month + timedelta(days=31))


def months_ahead(now: datetime) -> list[date]:
    """The current month and those that are made before they are needed."""
    months = [month_of(now.date())]
    for _ in range(MONTHS_AHEAD):
        months.append(month_after(months[-1]))
    return months


def within_reach(months: Iterable[date], now: datetime) -> set[date]:
    """Those that may have hours of their own."""
    return {month for month in months if -MONTHS_BEHIND <= _number(month) - _number(now.date()) <= MONTHS_AHEAD}


def _number(day: date) -> int:
    return day.year * 12 + day.month
