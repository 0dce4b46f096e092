"""What a header says of a model, by what becomes of its calls and how sure its day is. The day is Mon 14 Jul 2025."""

from datetime import date

import pytest

from service.core.catalog.lifecycle import Precision, Standing
from service.core.exposure import State
from service.core.wording.end import Timing, day_of_end, moved, reported_by
from service.core.wording.spans import Code, Spans, bold
from service.core.wording.to_text import plain

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


@pytest.mark.parametrize(
    ("state", "days_left", "phase"),
    [
        ("active", 1, "ahead"),
        ("active", 0, "this_month"),
        ("overdue", -1, "this_month"),
        ("overdue", -30, "this_month"),
        ("overdue", -31, "overdue"),
        ("redirected", -30, "this_month"),
        ("redirected", -31, "redirected"),
        ("broken", -5, "broken"),
    ],
)
def test_a_month_is_past_once_its_last_day_is(state: State, days_left: int, phase: str) -> None:
    assert Timing(date(2025, 7, 1), "month", days_left, state).phase == phase


def test_early_death_before_a_month_names_no_day() -> None:
    said = plain(Timing(date(2025, 7, 1), "month", 12, "broken").sentences(("x",)))
    assert said.startswith("x fails already, at least 12 days before the announced end in July 2025 (no day named): ")


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


@pytest.mark.parametrize(
    ("on", "precision", "standing", "said"),
    [
        (DAY, "exact", "provider", "Mon 14 Jul 2025"),
        (DAY, "exact", "reported", "Mon 14 Jul 2025, not confirmed"),
        (DAY, "exact", "inferred", "Mon 14 Jul 2025, expected"),
        (DAY, "month", "provider", "July 2025 (no day named)"),
        (DAY, "no_sooner_than", "provider", "not before Mon 14 Jul 2025"),
        (None, "unknown", "provider", "no day set"),
        (None, "no_sooner_than", "reported", "no day set"),
    ],
)
def test_day_of_an_end_is_said_with_how_certain_it_is(
    on: date | None, precision: Precision, standing: Standing, said: str
) -> None:
    assert day_of_end(on, precision, standing) == said


@pytest.mark.parametrize(
    ("precision", "days_left", "said"),
    [
        ("exact", 12, "Mon 14 Jul 2025, in 12 days"),
        ("month", 12, "July 2025 (no day named), in 12 days at the earliest"),
        ("month", -1, "July 2025 (no day named), any day now"),
        ("no_sooner_than", 12, "not before Mon 14 Jul 2025"),
    ],
)
def test_line_of_a_list_says_how_far_the_end_is(precision: Precision, days_left: int, said: str) -> None:
    assert Timing(DAY, precision, days_left, "active").brief == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (DAY, date(2025, 7, 13), ("moved from Mon 14 Jul 2025 to ", bold("Sun 13 Jul 2025"), ", 1 day earlier")),
        (None, DAY, ("had no day and now has one, ", bold("Mon 14 Jul 2025"))),
        (DAY, None, ("has no day any more: Mon 14 Jul 2025 no longer holds",)),
    ],
)
def test_move_is_said_with_both_days(before: date | None, after: date | None, said: Spans) -> None:
    assert moved(before, after) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("https://dev.to/a/post", "reported by dev.to, not confirmed by the provider", id="an address"),
        pytest.param(
            "https://github.com/BerriAI/litellm/blob/main/prices.json",
            "reported by BerriAI/litellm on GitHub, not confirmed by the provider",
            id="a project on GitHub",
        ),
        pytest.param(
            "https://github.com/", "reported by github.com, not confirmed by the provider", id="GitHub, no project"
        ),
        pytest.param(None, "reported by others, not confirmed by the provider", id="nothing"),
        pytest.param("https://[::1", "reported by others, not confirmed by the provider", id="no address"),
    ],
)
def test_source_that_only_reports_is_named(source: str | None, said: str) -> None:
    assert reported_by(source) == said
