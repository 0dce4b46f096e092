"""ISO weeks in UTC, and when the digest of one is due."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
DUE_AT = timedelta(hours=9)
"""How long after its end, Monday 00:00 UTC, a week's digest is due."""
TOO_LATE = timedelta(hours=48)
"""A missed digest is not sent if the next one is due within this time."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """Monday to Sunday, as `2025-W27`."""

    monday: date

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, name: str) -> Self:
        """Raises ValueError for anything but the name of a week that exists."""
        match = _WEEK.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} is not an ISO week: write it as 2025-W27")
        return cls(date.fromisocalendar(int(match[1]), int(match[2]), 1))

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.monday, time(), UTC)

    @property
    def end(self) -> datetime:
        """The start of the next week."""
        return self.start + timedelta(days=7)

    @property
    def last_moment(self) -> datetime:
        return self.end - timedelta(microseconds=1)

    @property
    def due_at(self) -> datetime:
        return self.end + DUE_AT

    @property
    def before(self) -> "Week":
        return Week(self.monday - timedelta(days=7))


def due_week(now: datetime) -> Week | None:
    """The week whose digest may be sent at `now`: the newest that is due. None: it is too late for it."""
    newest = Week.of((now - DUE_AT).date()).before
    next_due_at = newest.due_at + timedelta(days=7)
    return None if next_due_at - now < TOO_LATE else newest
