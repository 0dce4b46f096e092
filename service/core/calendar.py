"""An owner's calendar: business days, working hours, change freezes.

Day arithmetic is done on dates in the owner's zone, never on instants.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.core.public_holidays import public_holidays

UTC_ZONE = ZoneInfo("UTC")
MONDAY_TO_FRIDAY = frozenset(range(5))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days without changes, both ends included. People work and are notified."""

    begin: date
    end: date
    name: str

    def covers(self, day: date) -> bool:
        return self.begin <= day <= self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    zone: ZoneInfo = UTC_ZONE
    work_starts: time = time(9)
    work_ends: time = time(18)
    """Later than `work_starts`."""
    country: str | None = None
    """Two letters, as in `public_holidays.countries`. None: no holidays."""
    region: str | None = None
    workdays: frozenset[int] = MONDAY_TO_FRIDAY
    """Monday is 0. Never empty."""
    freezes: tuple[Freeze, ...] = ()

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def is_holiday(self, day: date) -> bool:
        return self.country is not None and day in public_holidays(self.country, self.region, day.year)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() in self.workdays and not self.is_holiday(day)

    def is_changeable(self, day: date) -> bool:
        """A business day on which a change may go out."""
        return self.is_business_day(day) and not any(freeze.covers(day) for freeze in self.freezes)

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, or before it when negative. Zero is any day itself."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def work_start(self, day: date) -> datetime:
        """Start of work on `day`, as an instant in UTC; later if a clock change skips that time."""
        return self._instant(day, self.work_starts)

    def next_working(self, moment: datetime) -> datetime:
        """`moment` if it is in working hours, else the start of the next working hours."""
        day = self.day_of(moment)
        while (opens := self._opens(day, moment)) is None:
            day += _DAY
        return opens

    def business_day_after(self, moment: datetime) -> datetime:
        """The same time of the day on the next business day."""
        local = moment.astimezone(self.zone)
        return self._instant(self.add_business_days(local.date(), 1), local.time())

    def freeze_before(self, deadline: date) -> Freeze | None:
        """The earliest freeze with no changeable day from its first day to before `deadline`."""
        return _freeze_before(self, deadline) if self.freezes else None

    def effective_deadline(self, deadline: date) -> date:
        """Last day for changes: `deadline`, or the first day of a freeze that lasts until it."""
        freeze = self.freeze_before(deadline)
        return freeze.begin if freeze else deadline

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def _opens(self, day: date, earliest: datetime) -> datetime | None:
        """First working time on `day`, from `earliest` on.

        A zone that crossed the date line has skipped days: their hours fall on the following day.
        """
        if not self.is_business_day(day):
            return None
        opens = max(earliest, self.work_start(day))
        return opens if opens < self._instant(day, self.work_ends) and self.day_of(opens) == day else None


DEFAULT_CALENDAR = Calendar()
"""Default of owners: UTC, Monday to Friday, 9:00 to 18:00, no holidays."""


@lru_cache(maxsize=4096)
def _freeze_before(calendar: Calendar, deadline: date) -> Freeze | None:
    found, ahead = None, deadline
    for freeze in sorted(calendar.freezes, key=lambda one: one.begin, reverse=True):
        if freeze.begin >= deadline:
            continue
        if any(calendar.is_changeable(freeze.begin + timedelta(days=n)) for n in range((ahead - freeze.begin).days)):
            break
        found, ahead = freeze, freeze.begin
    return found


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
