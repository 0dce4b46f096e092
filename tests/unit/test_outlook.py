"""How a stored exposure goes on: as it went in its last week."""

from datetime import UTC, date, datetime, timedelta

from service.core.escalation.outlook import ProjectLastWeek
from service.core.exposure import DayOfUse, Exposure
from tests.builders import make_day, make_deprecation, make_exposure

THURSDAY = datetime(2025, 6, 26, 8, tzinfo=UTC)


def as_of(day: date, exposure: Exposure) -> dict[date, DayOfUse]:
    now = datetime.combine(day, datetime.min.time(), UTC)
    return {use.day: use for use in ProjectLastWeek(exposure, THURSDAY).as_of(now).days}


def office(today: int | None = None, since: date = date(2025, 6, 2)) -> Exposure:
    """100 calls on each working day; so many on the Thursday that has begun."""
    days = [since + timedelta(days=n) for n in range((date(2025, 6, 25) - since).days + 1)]
    used = [make_day(day, calls=100) for day in days if day.weekday() < 5]
    return make_exposure(days=used if today is None else [*used, make_day(date(2025, 6, 26), calls=today)])


def test_each_weekday_is_like_that_weekday() -> None:
    days = as_of(date(2025, 7, 4), office())
    assert [days[date(2025, 6, 26) + timedelta(days=n)].calls for n in (0, 1, 4, 5, 6, 7, 8)] == [100] * 7
    assert date(2025, 6, 28) not in days
    assert date(2025, 6, 29) not in days


def test_day_that_has_begun_is_not_taken_for_a_whole_one() -> None:
    days = as_of(date(2025, 6, 27), office(today=3))
    assert (days[date(2025, 6, 26)].calls, days[date(2025, 6, 27)].calls) == (100, 100)


def test_more_calls_than_expected_are_not_forgotten() -> None:
    assert as_of(date(2025, 6, 27), office(today=900))[date(2025, 6, 26)].calls == 900


def test_caller_of_less_than_a_week_calls_each_day() -> None:
    days = as_of(date(2025, 6, 29), office(since=date(2025, 6, 24)))
    assert [use.calls for use in days.values()] == [100] * 6


def test_who_has_stopped_does_not_begin_again() -> None:
    exposure = make_exposure(until=date(2025, 6, 20))
    going = ProjectLastWeek(exposure, THURSDAY)
    assert going.as_of(THURSDAY + timedelta(days=30)) == exposure
    assert going.next_call(THURSDAY) is None


def test_who_may_only_seem_to_have_stopped_goes_on() -> None:
    exposure = make_exposure(until=date(2025, 6, 20))
    going = ProjectLastWeek(exposure, THURSDAY, known_until=datetime(2025, 6, 21, tzinfo=UTC))
    assert going.next_call(THURSDAY) == datetime(2025, 6, 27, tzinfo=UTC)


def test_next_call_is_after_the_weekend() -> None:
    assert ProjectLastWeek(office(), THURSDAY).next_call(datetime(2025, 6, 27, 9, tzinfo=UTC)) == datetime(
        2025, 6, 30, tzinfo=UTC
    )


def test_from_the_shutdown_on_calls_end_as_the_catalog_says() -> None:
    for after, expected in (("error", (100, 100, 0)), ("redirect", (0, 0, 100)), ("unsupported_but_served", (0, 0, 0))):
        deprecation = make_deprecation(shutdown_on=date(2025, 6, 30), after_shutdown=after)
        days = as_of(date(2025, 7, 1), make_exposure(days=office().days, deprecation=deprecation))
        use = days[date(2025, 6, 30)]
        assert (use.errors, use.end_of_life, use.redirected) == expected
        assert days[date(2025, 6, 27)].errors == 0
