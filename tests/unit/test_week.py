from datetime import UTC, date, datetime

import pytest

from service.core.week import Week, due_week


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_week_is_named_by_iso_and_runs_from_monday() -> None:
    week = Week.of(date(2025, 7, 6))
    assert str(week) == "2025-W27"
    assert week.monday == date(2025, 6, 30)
    assert week.end == at("2025-07-07T00:00")
    assert Week.parse("2025-W27") == week


def test_turn_of_the_year_belongs_to_the_iso_year() -> None:
    assert str(Week.of(date(2024, 12, 30))) == "2025-W01"
    assert str(Week.parse("2025-W01").before) == "2024-W52"
    assert str(Week.of(date(2021, 1, 3))) == "2020-W53"


@pytest.mark.parametrize("name", ["2025-27", "2025-W54", "2025-W00", "W27", "2025-W7", "2025-W27 "])
def test_what_names_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"week|Invalid"):
        Week.parse(name)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        pytest.param("2025-07-07T08:59:59", None, id="a minute early, and last week's is too late by now"),
        pytest.param("2025-07-07T09:00", "2025-W27", id="on the stroke of nine"),
        pytest.param("2025-07-09T13:00", "2025-W27", id="late, but in time"),
        pytest.param("2025-07-12T09:00", "2025-W27", id="48 hours before the next"),
        pytest.param("2025-07-12T09:00:01", None, id="less than 48 hours before the next"),
        pytest.param("2025-07-14T09:00", "2025-W28", id="the next"),
    ],
)
def test_due_week_at(now: str, week: str | None) -> None:
    due = due_week(at(now))
    assert (str(due) if due else None) == week
