"""The burndown and its interval. Today is Sunday 29 June 2025; GPT-4.5 Preview ends on Monday 14 July 2025."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from bench.forecast import cases, tallied
from service.core.exposure import DayOfUse
from service.core.forecast import Pace, forecast
from tests.builders import make_day

TODAY, DEADLINE = date(2025, 6, 29), date(2025, 7, 14)


def _falling(age: int) -> int:
    """20 calls a day less each day: 220 yesterday, none on 9 July."""
    return 20 * (age + 10)


def test_line_is_followed_to_its_zero() -> None:
    found = forecast(_days(_falling), TODAY)
    assert (found.earliest, found.zero, found.latest) == (date(2025, 7, 7), date(2025, 7, 9), date(2025, 7, 13))
    assert (found.basis, found.calls_a_day, found.change_a_week) == ("weeks", 280, -140)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        pytest.param(date(2025, 7, 14), "in_time", id="the late end is the day before"),
        pytest.param(date(2025, 7, 13), "unclear", id="the late end is the day itself"),
        pytest.param(date(2025, 7, 8), "unclear", id="the early end is the day before"),
        pytest.param(date(2025, 7, 7), "late", id="the early end is the day itself"),
    ],
)
def test_pace_is_said_only_when_the_whole_interval_agrees(deadline: date, expected: Pace) -> None:
    assert forecast(_days(_falling), TODAY).against(deadline) == expected


def test_promise_is_believable_from_the_earliest_zero_day_on() -> None:
    found = forecast(_days(_falling), TODAY)
    assert found.is_believable(date(2025, 7, 7))
    assert not found.is_believable(date(2025, 7, 6))


def test_weekends_without_calls_change_nothing() -> None:
    workdays = [use for use in _days(_falling) if use.day.weekday() < 5]
    assert forecast(workdays, TODAY).zero == date(2025, 7, 9)
    assert forecast(workdays, TODAY).against(DEADLINE) == "in_time"


@pytest.mark.parametrize(
    "disturbed",
    [
        pytest.param({17: 4_000}, id="a burst weeks ago"),
        pytest.param({11: 3_000, 12: 3_000, 13: 2_500}, id="a burst of three days"),
        pytest.param({4: 2_000}, id="a burst in the last week"),
        pytest.param({9: 0}, id="a missing day"),
        pytest.param({5: 0}, id="a missing day in the last week"),
        pytest.param({29: 5_000}, id="a month-end load"),
    ],
)
def test_single_days_move_the_zero_day_by_two_days_at_most(disturbed: dict[int, int]) -> None:
    found = forecast(_days(lambda age: disturbed.get(age, _falling(age))), TODAY)
    assert found.zero is not None
    assert abs((found.zero - date(2025, 7, 9)).days) <= 2


def test_burst_weeks_ago_is_not_part_of_the_interval() -> None:
    burst = forecast(_days(lambda age: {17: 4_000}.get(age, _falling(age))), TODAY)
    assert burst.latest == date(2025, 7, 13)
    assert burst.earliest is not None
    assert abs((burst.earliest - date(2025, 7, 7)).days) <= 1


def test_today_does_not_count_before_it_is_over() -> None:
    assert forecast([*_days(_falling), make_day(TODAY, calls=1)], TODAY) == forecast(_days(_falling), TODAY)


@pytest.mark.parametrize(
    ("history", "expected"),
    [pytest.param(13, "unclear", id="too short to say"), pytest.param(14, "late", id="two weeks")],
)
def test_flat_use_is_late_after_two_weeks(history: int, expected: Pace) -> None:
    found = forecast(_days(lambda _: 500, since=history), TODAY)
    assert found.against(DEADLINE) == expected
    assert found.is_believable(DEADLINE) == (expected == "unclear")


def test_two_weeks_are_too_few_to_be_in_time() -> None:
    found = forecast(_days(_falling, since=14), TODAY)
    assert found.latest is None
    assert found.against(DEADLINE) == "unclear"


@pytest.mark.parametrize(
    ("days_since", "expected"),
    [
        pytest.param(7, "unclear", id="one week shows no pace"),
        pytest.param(14, "late", id="two weeks show that it stays"),
        pytest.param(28, "late", id="four weeks"),
    ],
)
def test_what_a_step_leaves_over_is_not_on_its_way_to_zero(days_since: int, expected: Pace) -> None:
    rest = forecast(_days(lambda age: 20 if age <= days_since else 1_000), TODAY)
    assert rest.against(DEADLINE) == expected


def test_half_of_a_step_migration_is_not_in_time() -> None:
    assert forecast(_days(lambda age: 500 if age <= 10 else 1_000), TODAY).latest is None


def test_stall_takes_the_latest_day_away() -> None:
    stalled = forecast(_days(lambda age: 20 * max(age + 3, 10)), TODAY)
    assert stalled.latest is None


def test_relapse_counts_more_than_the_fall_before_it() -> None:
    assert forecast(_days(lambda age: 700 if age <= 7 else 20 * (age - 4)), TODAY).against(DEADLINE) == "late"


def test_tail_that_halves_each_week_has_no_latest_day() -> None:
    assert forecast(_days(lambda age: round(1_000 * 2 ** (age / 7))), TODAY).latest is None


def test_fall_that_slows_down_has_no_latest_day() -> None:
    """From 80 calls a week to 60; then it would be 45, 34 and so on, which never adds up to the 700 that are left."""
    slowing = _days(lambda age: round(700 + 60 / 7 * (age - 4) + max(0, 20 / 7 * (age - 11))))
    assert forecast(slowing, TODAY).latest is None
    assert forecast(_days(lambda age: round(700 + 60 / 7 * (age - 4))), TODAY).latest is not None


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param({29: 900, 60: 1_000}, "late", id="it ran as ever"),
        pytest.param({29: 90, 60: 1_000, 90: 1_000}, "unclear", id="it ran with less, perhaps for the last time"),
        pytest.param({29: 900}, "unclear", id="one run tells nothing"),
    ],
)
def test_month_end_job_is_known_by_its_runs(runs: dict[int, int], expected: Pace) -> None:
    found = forecast([_day(age, runs[age]) for age in sorted(runs, reverse=True)], TODAY)
    assert found.against(DEADLINE) == expected
    assert found.is_believable(date(2025, 7, 1))


@pytest.mark.parametrize(
    ("calls", "deadline", "said"),
    [
        pytest.param(
            _falling,
            DEADLINE,
            "at this pace the calls reach zero on Wed 9 Jul 2025, 5 days before the end",
            id="in time",
        ),
        pytest.param(
            _falling,
            date(2025, 7, 9),
            "at this pace the calls reach zero on Wed 9 Jul 2025, on the day of the end",
            id="on the very day",
        ),
        pytest.param(
            _falling,
            date(2025, 7, 1),
            "at this pace the calls reach zero on Wed 9 Jul 2025, 8 days after the end",
            id="late, on a day that can be named",
        ),
        pytest.param(
            lambda age: 20 * (age + 24),
            date(2025, 8, 10),
            "at this pace the calls reach zero between Sat 19 Jul 2025 and Wed 30 Jul 2025, "
            "11 days before the end at the latest",
            id="a wide interval",
        ),
        pytest.param(lambda _: 500, DEADLINE, "at this pace the calls do not reach zero before the end", id="flat"),
        pytest.param(lambda _: 500, TODAY, "at this pace the calls do not reach zero", id="flat, and the day has come"),
        pytest.param(
            lambda age: _falling(age) if age <= 14 else 0,
            DEADLINE,
            "at this pace the calls reach zero on Mon 7 Jul 2025 at the earliest, perhaps not before the end",
            id="two weeks",
        ),
        pytest.param(lambda age: 20 if age <= 7 else 1_000, DEADLINE, None, id="any day, or none"),
    ],
)
def test_forecast_is_said_in_plain_words(calls: Callable[[int], int], deadline: date, said: str | None) -> None:
    assert forecast(_days(calls), TODAY).in_words(deadline) == said


def test_nothing_is_said_of_a_new_caller() -> None:
    found = forecast(_days(_falling, since=10), TODAY)
    assert found.in_words(DEADLINE) is None
    assert forecast([], TODAY).against(DEADLINE) == "unclear"


def test_back_test_beats_the_last_week_and_is_seldom_wrong_about_in_time() -> None:
    mix = tallied(list(cases(seed=2_025, each=20)))["the mix"]
    assert mix.forced_right > mix.naive_right
    assert mix.right / mix.said > 0.85
    assert mix.false_in_time / mix.misses < 0.04


def _days(calls: Callable[[int], int], since: int = 35) -> Sequence[DayOfUse]:
    """The calls of each day by its age: yesterday's is 1."""
    return [_day(age, calls(age)) for age in range(since, 0, -1) if calls(age)]


def _day(age: int, calls: int) -> DayOfUse:
    return make_day(TODAY - timedelta(days=age), calls=calls)
