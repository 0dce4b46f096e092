"""State of an exposure from its days of use and now. GPT-4.5 Preview ends on 2025-07-14."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.core.exposure import DayOfUse, Redirection, State, quiet_at, redirection, state_of
from tests.builders import make_day, make_deprecation, make_exposure


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(["2025-06-02"], 3, id="one day tells no rhythm"),
        pytest.param(["2025-06-02", "2025-06-03", "2025-06-04"], 3, id="daily"),
        pytest.param(["2025-06-06", "2025-06-09"], 6, id="not on weekends"),
        pytest.param(["2025-06-02", "2025-06-09", "2025-06-16"], 14, id="weekly"),
        pytest.param(["2025-04-30", "2025-05-31"], 35, id="month-end job: never more than 35"),
        pytest.param(["2025-03-31", "2025-06-30"], 35, id="quarter-end job: all gaps are long"),
        pytest.param(["2025-02-28", "2025-05-31", "2025-06-01", "2025-06-02"], 35, id="away for long once"),
        pytest.param(["2024-03-01", "2024-03-11", "2024-03-12", "2024-03-13"], 20, id="a gap of long ago counts"),
        pytest.param(["2025-05-01", "2025-05-18", "2025-05-19"], 34, id="longest, and not the latest"),
        pytest.param(["2025-05-01", "2025-05-19", "2025-05-20"], 35, id="twice 18 is more than 35"),
    ],
)
def test_quiet_period_is_twice_the_longest_gap(days: list[str], expected: int) -> None:
    exposure = make_exposure(days=[_day(day) for day in days])
    assert exposure.quiet_period == timedelta(days=expected)


def test_summer_time_does_not_move_the_quiet_period() -> None:
    """Days are UTC days: the week in which Europe's clocks change is as long as any other."""
    exposure = make_exposure(days=(date(2025, 3, 28), date(2025, 3, 31)))
    assert quiet_at(exposure) == datetime(2025, 4, 6, 12, tzinfo=UTC)


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
        pytest.param("2025-07-13", FAILS, "active", id="failing before the day is no proof of the end"),
        pytest.param("2025-07-12", GONE, "broken", id="early death: told gone before the day"),
        pytest.param("2025-07-12", _gone(1, of=10), "broken", id="brownout: a tenth was told gone before the day"),
        pytest.param("2025-07-12", _gone(9, of=100), "active", id="before the day, less than a tenth"),
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
        pytest.param("2025-07-13", {"redirected": 3}, "redirected", id="before the day: an alias moved, or a fallback"),
        pytest.param("2025-07-15", {"redirected": 3}, "redirected", id="past: the provider redirects"),
        pytest.param("2025-07-13", {"calls": 10, "redirected": 5}, "redirected", id="half of the answers"),
        pytest.param("2025-07-13", {"calls": 10, "redirected": 4}, "active", id="less than half of the answers"),
        pytest.param("2025-07-15", {"calls": 10, "redirected": 4}, "overdue", id="past, less than half of the answers"),
        pytest.param(
            "2025-07-13", {"calls": 10, "errors": 4, "redirected": 3}, "redirected", id="errors are no answers"
        ),
        pytest.param("2025-07-13", _gone(5, of=10) | {"redirected": 5}, "broken", id="a gateway tries it, falls back"),
        pytest.param(
            "2025-07-13", _gone(1, of=20) | {"redirected": 19}, "redirected", id="a gateway that seldom tries it"
        ),
        pytest.param(
            "2025-07-13", _gone(10, of=10) | {"redirected": 10}, "broken", id="two reporters: one sees the tries"
        ),
        pytest.param(
            "2025-07-13", {"calls": 3, "errors": 3, "redirected": 2}, "redirected", id="two reporters, other errors"
        ),
    ],
)
def test_state_around_the_shutdown(last: str, use: dict[str, int], expected: State) -> None:
    exposure = make_exposure(days=(date(2025, 7, 12), _day(last, **use)))
    assert state_of(exposure, datetime.fromisoformat(f"{last}T20:00+00:00")) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        pytest.param(FAILS, "overdue", id="failures that may be an outage"),
        pytest.param(GONE, "broken", id="failures that say gone"),
    ],
)
def test_reported_day_that_is_past_proves_nothing_by_itself(use: dict[str, int], expected: State) -> None:
    reported = make_deprecation(standing="reported")
    exposure = make_exposure(deprecation=reported, days=(_day("2025-07-15", **use),))
    assert state_of(exposure, datetime(2025, 7, 15, 20, tzinfo=UTC)) == expected


@pytest.mark.parametrize("precision", ["no_sooner_than", "unknown"])
def test_no_firm_date_is_never_past(precision: str) -> None:
    exposure = make_exposure(deprecation=make_deprecation(precision=precision), days=(_day("2025-08-01", **FAILS),))
    assert state_of(exposure, datetime(2025, 8, 1, 20, tzinfo=UTC)) == "active"


@pytest.mark.parametrize("precision", ["no_sooner_than", "unknown"])
def test_model_without_a_firm_date_can_be_gone(precision: str) -> None:
    exposure = make_exposure(deprecation=make_deprecation(precision=precision), days=(_day("2025-06-01", **GONE),))
    assert state_of(exposure, datetime(2025, 6, 1, 20, tzinfo=UTC)) == "broken"


@pytest.mark.parametrize("use", [GONE, {"redirected": 3}, {}], ids=["gone", "redirected", "answered"])
def test_silence_wins_over_what_became_of_the_last_calls(use: dict[str, int]) -> None:
    exposure = make_exposure(days=(_day("2025-07-16", **use),))
    assert state_of(exposure, datetime(2025, 7, 19, 12, tzinfo=UTC)) == "quiet"


def test_brownout_is_over_with_the_first_day_of_answers() -> None:
    exposure = make_exposure(days=(_day("2025-06-10", **GONE), _day("2025-06-11")))
    assert state_of(exposure, datetime(2025, 6, 11, 20, tzinfo=UTC)) == "active"


def test_redirection_says_how_much_and_since_when() -> None:
    other = {"calls": 10, "redirected": 6}
    days = (_day("2025-06-09", **other), _day("2025-06-10"), *(_day(f"2025-06-{n}", **other) for n in (11, 13)))
    exposure = make_exposure(days=(*days, _day("2025-06-16", calls=10, errors=2, redirected=7)))
    assert redirection(exposure) == Redirection(date(2025, 6, 16), answered=8, redirected=7, since=date(2025, 6, 11))


def test_model_that_answers_itself_has_no_redirection() -> None:
    assert redirection(make_exposure(days=(_day("2025-06-09", redirected=3), _day("2025-06-10")))) is None


def _day(day: str, **use: Any) -> DayOfUse:
    return make_day(date.fromisoformat(day), **use)
