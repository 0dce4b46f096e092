"""What a header says of a model, by what becomes of its calls and how sure its day is. The day is Mon 14 Jul 2025."""

from datetime import date

import pytest

from service.core.catalog.lifecycle import Precision
from service.core.exposure import State
from service.core.wording.end import Timing
from service.core.wording.spans import Code, bold

DAY = date(2025, 7, 14)


@pytest.mark.parametrize(
    ("state", "precision", "days_left", "mark", "headline"),
    [
        pytest.param("active", "exact", 12, "🟠", "shuts down in 12 days", id="ahead"),
        pytest.param("waived", "exact", 12, "🟠", "shuts down in 12 days", id="an accepted risk changes no day"),
        pytest.param("redirected", "exact", 12, "🟠", "shuts down in 12 days", id="redirected: the day still comes"),
        pytest.param("redirected", "exact", 0, "🔴", "shuts down today", id="redirected on the day"),
        pytest.param(
            "redirected",
            "exact",
            -1,
            "🟠",
            "is past its shutdown day, and another model answers",
            id="redirected after",
        ),
        pytest.param("broken", "exact", 12, "🔴", "fails already, 12 days before the announced end", id="early death"),
        pytest.param("broken", "exact", 1, "🔴", "fails already, 1 day before the announced end", id="the day before"),
        pytest.param("broken", "exact", 0, "🔴", "is shut down, and calls fail", id="broken on the day"),
        pytest.param("broken", "exact", -3, "🔴", "is shut down, and calls fail", id="broken after it"),
        pytest.param(
            "broken", "no_sooner_than", -3, "🔴", "fails already, and no day is set for its end", id="a promise broken"
        ),
        pytest.param(
            "broken", "unknown", None, "🔴", "fails already, and no day is set for its end", id="no day known"
        ),
        pytest.param("overdue", "exact", -3, "🔴", "is past its shutdown day and still answers", id="overdue"),
    ],
)
def test_headline(state: State, precision: Precision, days_left: int | None, mark: str, headline: str) -> None:
    timing = Timing(DAY, precision, days_left, state)
    assert (timing.mark, timing.headline) == (mark, headline)


def test_what_fails_comes_before_what_is_late_and_that_before_what_is_answered_by_another() -> None:
    early = Timing(DAY, "exact", 12, "broken")
    overdue = Timing(DAY, "exact", -1, "overdue")
    redirected = Timing(DAY, "exact", -1, "redirected")
    ahead = Timing(DAY, "exact", 12, "redirected")
    assert sorted([ahead, redirected, overdue, early], key=lambda one: one.rank) == [early, overdue, redirected, ahead]


def test_early_death_is_told_with_the_announced_day() -> None:
    *said, more = Timing(DAY, "exact", 12, "broken").sentences((Code("x"), " on OpenAI API"))
    assert said == [
        Code("x"),
        " on OpenAI API fails ",
        bold("already"),
        ", 12 days before the announced end on ",
        bold("Mon 14 Jul 2025"),
    ]
    assert more.startswith(": calls are told that it is gone.")  # type: ignore[union-attr]
