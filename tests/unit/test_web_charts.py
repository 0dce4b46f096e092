"""The charts of the pages, as SVG text."""

from datetime import date, timedelta

from service.adapters.queries.exposures import DayCalls
from service.adapters.queries.lifecycle import Lifecycle
from service.adapters.queries.overview import AheadAnswer
from service.entrypoints.web.horizon import horizon
from service.entrypoints.web.show import sparkline, urgency

TODAY = date(2025, 7, 2)


def make_lifecycle(days_left: int | None, name: str = "gpt-4.5-preview") -> Lifecycle:
    on = None if days_left is None else TODAY + timedelta(days=days_left)
    return Lifecycle(platform="openai-api", model=name, id=name, shutdown_on=on, precision="exact", days_left=days_left)


def make_days(*calls_and_errors: tuple[int, int]) -> list[DayCalls]:
    first = TODAY - timedelta(days=len(calls_and_errors) - 1)
    return [
        DayCalls(day=first + timedelta(days=index), calls=calls, errors=errors)
        for index, (calls, errors) in enumerate(calls_and_errors)
    ]


def test_the_busiest_day_fills_the_chart_and_failures_fill_their_share_of_it() -> None:
    chart = sparkline(make_days((0, 0), (50, 0), (100, 50)))

    assert '<rect x="5" y="15" width="4" height="13"/>' in chart
    assert '<rect x="10" y="2" width="4" height="26"/>' in chart
    assert '<rect class="failed" x="10" y="15" width="4" height="13"/>' in chart
    assert 'aria-label="150 calls in 3 days, 100 on the busiest"' in chart


def test_a_single_call_beside_a_busy_day_can_still_be_seen() -> None:
    assert 'height="2"' in sparkline(make_days((1, 0), (1_000_000, 0)))


def test_a_chart_without_calls_has_no_bars() -> None:
    assert "<rect" not in sparkline(make_days((0, 0), (0, 0)))


def test_urgency_follows_the_days_that_are_left() -> None:
    given = (-1, 0, 7, 8, 30, 31, None)

    assert [urgency(make_lifecycle(left)) for left in given] == [
        "past", "near", "near", "soon", "soon", "later", "open",
    ]  # fmt: skip


def make_ahead(days_left: int, name: str, callers: int = 1) -> AheadAnswer:
    return AheadAnswer(**make_lifecycle(days_left, name).model_dump(), callers=callers)


def test_models_that_go_on_one_day_share_a_dot() -> None:
    line = horizon([make_ahead(5, "one", 40), make_ahead(5, "two", 2), make_ahead(90, "<three>")], TODAY)

    assert line.count("<circle") == 2
    assert "in 5 days, one and two: 42 callers" in line
    assert "&lt;three&gt;" in line
    assert ">today<" in line
    assert ">Aug<" in line


def test_no_firm_day_ahead_draws_nothing() -> None:
    assert horizon([], TODAY) == ""
