"""State of an exposure from its days of use and now. GPT-4.5 Preview ends on 2025-07-14."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.core.exposure import DayOfUse, State, quiet_at, quiet_period, state_of
from tests.builders import make_day, make_deprecation, make_exposure


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(["2025-06-02"], 3, id="one day tells no rhythm"),
        pytest.param(["2025-06-02", "2025-06-03", "2025-06-04"], 3, id="daily"),
        pytest.param(["2025-06-06", "2025-06-09"], 6, id="not on weekends"),
        pytest.param(["2025-06-02", "2025-06-09", "2025-06-16"], 14, id="weekly"),
        pytest.param(["2025-04-30", "2025-05-31"], 35, id="month-end job: never more than 35"),
    ],
)
def test_quiet_period_is_twice_the_longest_gap(days: list[str], expected: int) -> None:
    assert quiet_period(_day(day) for day in days) == timedelta(days=expected)


def test_month_end_job_is_not_migrated_on_the_twentieth() -> None:
    exposure = make_exposure(days=(date(2025, 4, 30), date(2025, 5, 31)))
    assert state_of(exposure, datetime(2025, 6, 20, tzinfo=UTC)) == "active"


def test_caller_becomes_quiet_at_the_end_of_its_quiet_period() -> None:
    exposure = make_exposure(until=date(2025, 5, 1))
    assert quiet_at(exposure) == datetime(2025, 5, 4, 12, tzinfo=UTC)
    assert state_of(exposure, datetime(2025, 5, 4, 11, 59, tzinfo=UTC)) == "active"
    assert state_of(exposure, datetime(2025, 5, 4, 12, tzinfo=UTC)) == "quiet"


FAILS = {"errors": 3}
GONE = {"errors": 3, "end_of_life": 3}


def _gone(errors: int, *, of: int) -> dict[str, int]:
    return {"calls": of, "errors": errors, "end_of_life": errors}


@pytest.mark.parametrize(
    ("last", "use", "expected"),
    [
        pytest.param("2025-07-13", {}, "active", id="day before"),
        pytest.param("2025-07-13", GONE, "active", id="failing before the day is no proof of the end"),
        pytest.param("2025-07-14", {}, "active", id="day 0 is not yet past"),
        pytest.param("2025-07-14", FAILS, "active", id="day 0 with errors that may be anything"),
        pytest.param("2025-07-14", GONE, "broken", id="day 0 with errors that say gone"),
        pytest.param("2025-07-15", {}, "overdue", id="past and answered"),
        pytest.param("2025-07-15", {"errors": 1}, "overdue", id="past, answered, with an ordinary error"),
        pytest.param("2025-07-15", {"errors": 2}, "broken", id="past, and most calls fail"),
        pytest.param("2025-07-15", {"errors": 1, "end_of_life": 1}, "broken", id="past, and one of 3 was told gone"),
        pytest.param("2025-07-15", _gone(1, of=10), "broken", id="past, and a tenth was told gone"),
        pytest.param("2025-07-15", _gone(9, of=100), "overdue", id="past, and less than a tenth was told gone"),
        pytest.param("2025-07-14", _gone(1, of=5_000), "active", id="day 0 with one misspelt id among thousands"),
    ],
)
def test_state_around_the_shutdown(last: str, use: dict[str, int], expected: State) -> None:
    exposure = make_exposure(days=(date(2025, 7, 12), _day(last, **use)))
    assert state_of(exposure, datetime.fromisoformat(f"{last}T20:00+00:00")) == expected


@pytest.mark.parametrize("precision", ["no_sooner_than", "unknown"])
def test_no_firm_date_is_never_past(precision: str) -> None:
    exposure = make_exposure(deprecation=make_deprecation(precision=precision), days=(_day("2025-08-01", **FAILS),))
    assert state_of(exposure, datetime(2025, 8, 1, 20, tzinfo=UTC)) == "active"


def _day(day: str, **use: Any) -> DayOfUse:
    return make_day(date.fromisoformat(day), **use)
