"""Business days and working hours in the owner's zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from service.core.calendar import Calendar, Freeze

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


YEARS_END = Freeze(date(2025, 12, 19), date(2026, 1, 6), "year's end")
BAVARIA = Calendar(ZoneInfo("Europe/Berlin"), country="DE", region="BY", freezes=(YEARS_END,))
HAMBURG = Calendar(ZoneInfo("Europe/Berlin"), country="DE", region="HH")
TEL_AVIV = Calendar(ZoneInfo("Asia/Jerusalem"), country="IL", workdays=frozenset({6, 0, 1, 2, 3}))


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        pytest.param(BAVARIA, "2026-01-06", False, id="Epiphany in Bavaria"),
        pytest.param(HAMBURG, "2026-01-06", True, id="no Epiphany in Hamburg"),
        pytest.param(HAMBURG, "2025-12-26", False, id="a holiday on a Friday"),
        pytest.param(BERLIN, "2025-12-26", True, id="without a country there are no holidays"),
        pytest.param(BAVARIA, "2025-12-22", True, id="people work in a freeze"),
        pytest.param(TEL_AVIV, "2026-01-04", True, id="a Sunday in Tel Aviv"),
        pytest.param(TEL_AVIV, "2026-01-02", False, id="a Friday in Tel Aviv"),
        pytest.param(TEL_AVIV, "2026-04-02", False, id="Pesach on a Thursday"),
    ],
)
def test_business_days_are_the_owners(calendar: Calendar, day: str, works: bool) -> None:
    assert calendar.is_business_day(date.fromisoformat(day)) is works


def test_business_days_before_a_shutdown_leave_holidays_out() -> None:
    assert HAMBURG.add_business_days(date(2026, 1, 5), -5) == date(2025, 12, 24)


@pytest.mark.parametrize(
    ("calendar", "deadline", "effective"),
    [
        pytest.param(BAVARIA, "2026-01-02", "2025-12-19", id="within the freeze"),
        pytest.param(BAVARIA, "2026-01-07", "2025-12-19", id="the day after the freeze"),
        pytest.param(BAVARIA, "2026-01-08", "2026-01-08", id="one day is left for changes"),
        pytest.param(BAVARIA, "2026-01-05", "2025-12-19", id="a Monday within it"),
        pytest.param(BAVARIA, "2025-12-19", "2025-12-19", id="the day on which it begins"),
        pytest.param(BAVARIA, "2025-12-18", "2025-12-18", id="before it"),
        pytest.param(HAMBURG, "2026-01-02", "2026-01-02", id="no freeze"),
    ],
)
def test_freeze_that_leaves_no_day_for_changes_pulls_the_end_forward(
    calendar: Calendar, deadline: str, effective: str
) -> None:
    assert calendar.effective_deadline(date.fromisoformat(deadline)) == date.fromisoformat(effective)


def test_holidays_between_freeze_and_shutdown_are_no_days_for_changes() -> None:
    until_saturday = Freeze(date(2025, 12, 20), date(2025, 12, 24), "advent")
    calendar = Calendar(country="DE", freezes=(until_saturday,))
    assert calendar.effective_deadline(date(2025, 12, 29)) == date(2025, 12, 20)
    assert calendar.effective_deadline(date(2025, 12, 30)) == date(2025, 12, 30)


def test_freezes_that_follow_each_other_count_as_one() -> None:
    one = Freeze(date(2025, 11, 24), date(2025, 12, 5), "black week")
    other = Freeze(date(2025, 12, 8), date(2026, 1, 6), "year's end")
    calendar = Calendar(freezes=(other, one))
    assert calendar.freeze_before(date(2026, 1, 2)) == one


def test_working_hours_are_the_owners() -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"), time(10), time(16))
    assert calendar.next_working(_utc("2025-06-16T07:30")) == _utc("2025-06-16T08:00")
    assert calendar.next_working(_utc("2025-06-16T13:59")) == _utc("2025-06-16T13:59")
    assert calendar.next_working(_utc("2025-06-16T14:00")) == _utc("2025-06-17T08:00")


def test_thursday_evening_waits_for_sunday_where_that_is_worked() -> None:
    assert TEL_AVIV.next_working(_utc("2026-01-01T17:00")) == _utc("2026-01-04T07:00")


def test_hour_that_the_clock_skips_begins_when_the_clock_goes_on() -> None:
    night = Calendar(ZoneInfo("America/New_York"), time(2, 30), time(6), workdays=frozenset(range(7)))
    assert night.next_working(_utc("2026-03-08T05:00")) == _utc("2026-03-08T07:30")


def test_work_does_not_begin_after_hours_that_the_clock_skipped() -> None:
    """From 2:30 to 3:00 there is no moment on the day on which 2:00 is 3:00."""
    night = Calendar(ZoneInfo("America/New_York"), time(2, 30), time(3), workdays=frozenset(range(7)))
    assert night.next_working(_utc("2026-03-08T05:00")) == _utc("2026-03-09T06:30")


def test_day_that_a_zone_left_out_is_nobodys_working_day() -> None:
    """Samoa had no Friday, 30 December 2011."""
    samoa = Calendar(ZoneInfo("Pacific/Apia"))
    assert samoa.next_working(_utc("2011-12-30T09:00")) == _utc("2012-01-01T19:00")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
