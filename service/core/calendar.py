"""Day arithmetic on dates in the owner's zone, never on instants. Business days are Monday to Friday."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WORK_STARTS = time(9)
WORK_ENDS = time(18)


def is_business_day(day: date) -> bool:
    return day.weekday() < 5


def add_business_days(day: date, count: int) -> date:
    """The `count`-th business day after `day`, or before it when negative. Zero is the day itself, whatever it is."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_business_day(day):
            day += step
    return day


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def work_start(day: date, zone: ZoneInfo) -> datetime:
    """9:00 in `zone` on `day`, as an instant in UTC."""
    return datetime.combine(day, WORK_STARTS, zone).astimezone(UTC)


def next_working(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` itself in working hours, else 9:00 of the next business day in `zone`."""
    local = moment.astimezone(zone)
    day = local.date()
    if is_business_day(day) and local.time() < WORK_ENDS:
        return max(moment, work_start(day, zone))
    return work_start(add_business_days(day, 1), zone)


def one_business_day_after(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same time of the day on the next business day in `zone`."""
    local = moment.astimezone(zone)
    return datetime.combine(add_business_days(local.date(), 1), local.time(), zone).astimezone(UTC)
