"""Business days and working hours in the owner's zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.core.calendar import Calendar

BERLIN = Calendar(ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param("2025-07-14", -1, "2025-07-11", id="back over a weekend"),
        pytest.param("2025-07-14", -7, "2025-07-03", id="seven back from a Monday"),
        pytest.param("2025-07-11", 1, "2025-07-14", id="on over a weekend"),
        pytest.param("2025-07-13", 1, "2025-07-14", id="from a Sunday"),
        pytest.param("2025-07-13", 0, "2025-07-13", id="nothing to add"),
    ],
)
def test_business_days_are_counted_without_weekends(day: str, count: int, expected: str) -> None:
    assert BERLIN.add_business_days(date.fromisoformat(day), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2025-06-16T08:30", "2025-06-16T08:30", id="in working hours"),
        pytest.param("2025-06-16T05:00", "2025-06-16T07:00", id="early morning waits for nine"),
        pytest.param("2025-06-16T16:00", "2025-06-17T07:00", id="evening waits for the next day"),
        pytest.param("2025-06-13T17:00", "2025-06-16T07:00", id="Friday evening waits for Monday"),
        pytest.param("2025-06-14T10:00", "2025-06-16T07:00", id="Saturday waits for Monday"),
        pytest.param("2025-03-28T20:00", "2025-03-31T07:00", id="nine stays nine over the change to summer time"),
        pytest.param("2025-10-24T20:00", "2025-10-27T08:00", id="nine stays nine over the change to winter time"),
    ],
)
def test_quiet_hours_delay_until_the_next_working_hour(moment: str, expected: str) -> None:
    assert BERLIN.next_working(_utc(moment)) == _utc(expected)


def test_day_starts_by_the_owners_clock() -> None:
    assert Calendar(ZoneInfo("Asia/Kolkata")).work_start(date(2025, 7, 14)) == _utc("2025-07-14T03:30")


def test_business_day_after_friday_ends_on_monday_at_the_same_time() -> None:
    assert BERLIN.business_day_after(_utc("2025-07-04T12:00")) == _utc("2025-07-07T12:00")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
