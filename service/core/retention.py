"""Retention periods, and the months that have a partition of hours.

Hours of use are deleted by whole months, when the month is closed. Later hours of a closed month are stored in separate
tables and added to the totals that the days had at the close. See `docs/operation.md`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MONTHS_BEHIND, MONTHS_AHEAD = 24, 2
"""Months around the current one that get a partition. Other times come from wrong clocks or very old files."""
SETTLING = timedelta(days=7)
"""Minimum age of a partition before it is closed: an old file may still be read."""


@dataclass(frozen=True, slots=True)
class Retention:
    """In days."""

    hourly: int = 42
    daily: int = 400
    notifications: int = 400
    rejections: int = 90
    conditions: int = 90

    def first_day(self, now: datetime) -> date:
        """First day of use that is kept."""
        return now.date() - timedelta(days=self.daily)

    def closable(self, made_at: Mapping[date, datetime], now: datetime) -> list[date]:
        """Open months whose hours are no longer needed, oldest first. `made_at`: open month -> its creation."""
        first_hour = now.date() - timedelta(days=self.hourly)
        return sorted(
            month for month, made in made_at.items() if month_after(month) <= first_hour and made + SETTLING <= now
        )


KEEP = Retention()


def month_of(day: date) -> date:
    """The first day of the month."""
    return date(day.year, day.month, 1)


def month_after(month: date) -> date:
    return month_of(month + timedelta(days=31))


def months_ahead(now: datetime) -> list[date]:
    """The current month and the following ones that are created in advance."""
    months = [month_of(now.date())]
    for _ in range(MONTHS_AHEAD):
        months.append(month_after(months[-1]))
    return months


def within_reach(months: Iterable[date], now: datetime) -> set[date]:
    """The months that may have a partition."""
    return {month for month in months if -MONTHS_BEHIND <= _number(month) - _number(now.date()) <= MONTHS_AHEAD}


def _number(day: date) -> int:
    return day.year * 12 + day.month
