"""Laws of calendars, in any zone, country, week and working hours, over changes of the clock and freezes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.calendar import Calendar, Freeze
from service.core.public_holidays import countries, public_holidays, regions

DAYS = st.dates(date(2002, 1, 1), date(2034, 12, 31))
START = datetime(2002, 1, 1, tzinfo=UTC)
ANY_MOMENT = st.integers(0, 32 * 366 * 24 * 60).map(lambda minutes: START + _minutes(minutes))
COUNTRIES = sorted(set(countries().values()))
ZONES = sorted(available_timezones())
CHANGES = {
    "America/New_York": datetime(2026, 3, 8, 7, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    "America/Sao_Paulo": datetime(2018, 11, 4, 3, tzinfo=UTC),
    "Asia/Beirut": datetime(2024, 3, 30, 22, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 30, 10, tzinfo=UTC),
    "Africa/Casablanca": datetime(2026, 2, 15, 2, tzinfo=UTC),
}
"""When the clock was put on or back: by an hour, by half of one, at midnight, by a day, and for Ramadan."""


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


NEAR_A_CHANGE = st.builds(
    lambda change, minutes: change + _minutes(minutes),
    st.sampled_from(sorted(CHANGES.values())),
    st.integers(-2 * 24 * 60, 2 * 24 * 60),
)
MOMENTS = ANY_MOMENT | NEAR_A_CHANGE
EXAMPLES = settings(max_examples=200, deadline=None)


@st.composite
def freezes(draw: st.DrawFn) -> Freeze:
    begin = draw(st.dates(date(2025, 1, 1), date(2025, 12, 31)))
    return Freeze(begin, begin + timedelta(days=draw(st.integers(0, 40))), "freeze")


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    country = draw(st.none() | st.sampled_from(COUNTRIES))
    known = sorted(set(regions(country).values())) if country else []
    starts, ends = sorted(draw(st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2, unique=True)))
    return Calendar(
        zone=ZoneInfo(draw(st.sampled_from(sorted(CHANGES)) | st.sampled_from(ZONES))),
        work_starts=time(*divmod(starts, 60)),
        work_ends=time(*divmod(ends, 60)),
        country=country,
        region=draw(st.none() | st.sampled_from(known)) if known else None,
        workdays=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        freezes=tuple(draw(st.lists(freezes(), max_size=4))),
    )


@EXAMPLES
@given(calendars(), DAYS)
def test_business_day_is_a_workday_and_no_holiday(calendar: Calendar, day: date) -> None:
    free = calendar.country is not None and day in public_holidays(calendar.country, calendar.region, day.year)
    assert calendar.is_business_day(day) == (day.weekday() in calendar.workdays and not free)
    assert calendar.is_business_day(day) or not calendar.is_changeable(day)


@EXAMPLES
@given(calendars(), DAYS, st.integers(1, 60))
def test_business_days_added_and_taken_away_lead_back(calendar: Calendar, day: date, count: int) -> None:
    start = calendar.add_business_days(day, 1)
    there = calendar.add_business_days(start, count)
    assert calendar.is_business_day(there)
    assert calendar.add_business_days(there, -count) == start


@EXAMPLES
@given(calendars(), DAYS, st.integers(1, 60))
def test_as_many_business_days_lie_between_as_are_added(calendar: Calendar, day: date, count: int) -> None:
    there = calendar.add_business_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (there - day).days + 1)]
    assert sum(map(calendar.is_business_day, between)) == count


@EXAMPLES
@given(calendars(), DAYS)
def test_no_business_day_added_is_the_day_itself(calendar: Calendar, day: date) -> None:
    assert calendar.add_business_days(day, 0) == day


@EXAMPLES
@given(calendars(), MOMENTS)
def test_next_working_moment_is_its_own_next(calendar: Calendar, moment: datetime) -> None:
    at = calendar.next_working(moment)
    assert at >= moment
    assert calendar.is_business_day(calendar.day_of(at))
    assert calendar.next_working(at) == at


@EXAMPLES
@given(calendars(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=10)))
def test_who_waits_from_later_waits_no_less_long(calendar: Calendar, moment: datetime, later: timedelta) -> None:
    assert calendar.next_working(moment) <= calendar.next_working(moment + later)


@EXAMPLES
@given(calendars(), MOMENTS, st.integers(0, 4 * 24 * 6))
def test_moment_that_is_passed_over_is_not_in_working_hours(calendar: Calendar, moment: datetime, tens: int) -> None:
    passed = moment + timedelta(minutes=10 * tens)
    if passed < calendar.next_working(moment):
        day = calendar.day_of(passed)
        closes = datetime.combine(day, calendar.work_ends, calendar.zone).astimezone(UTC)
        assert not calendar.is_business_day(day) or passed < calendar.work_start(day) or passed >= closes


@EXAMPLES
@given(calendars(), MOMENTS)
def test_business_day_after_is_later_and_on_the_next_business_day(calendar: Calendar, moment: datetime) -> None:
    after = calendar.business_day_after(moment)
    assert after > moment
    day = calendar.add_business_days(calendar.day_of(moment), 1)
    assert timedelta() <= calendar.day_of(after) - day <= timedelta(days=1)


@EXAMPLES
@given(calendars(), st.dates(date(2025, 1, 1), date(2026, 2, 28)))
def test_only_a_freeze_pulls_the_end_forward_and_leaves_no_day_for_changes(calendar: Calendar, deadline: date) -> None:
    effective, freeze = calendar.effective_deadline(deadline), calendar.freeze_before(deadline)
    assert effective == (freeze.begin if freeze else deadline)
    assert freeze is None or freeze.begin < deadline
    assert not any(map(calendar.is_changeable, _days(effective, deadline)))
    for other in calendar.freezes:
        assert other.begin >= effective or any(map(calendar.is_changeable, _days(other.begin, deadline)))


def _days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((end - first).days)]
