"""Two plans held against each other, by hand."""

from datetime import UTC, datetime
from typing import Any

from service.core.escalation.plan import Planned
from service.core.escalation.plan_diff import Moved, compare


def message(day: int, **given: Any) -> Planned:
    """Ada hears at nine on a day of July of the step -7d."""
    values: dict[str, Any] = {
        "at": datetime(2025, 7, day, 9, tzinfo=UTC),
        "service": "search-api",
        "environment": "production",
        "platform": "openai-api",
        "model": "gpt-4.5-preview",
        "id": "gpt-4.5-preview",
        "step": "-7d",
        "repeat_days": None,
        "destination": "user:ada@example.com",
        "audience": "owner",
        "status": "foreseen",
        "reason": "by policy default",
    }
    return Planned(**(values | given))


def test_same_step_at_another_time_has_moved() -> None:
    diff = compare([message(7)], [message(8)])
    assert diff.moved == (Moved(message(7), message(8)),)
    assert (diff.added, diff.dropped, diff.unchanged) == ((), (), ())


def test_other_destination_is_another_message() -> None:
    manager = message(7, destination="user:mia@example.com", audience="manager")
    diff = compare([message(7)], [message(7), manager])
    assert (diff.added, diff.unchanged) == ((manager,), (message(7),))


def test_same_hour_by_another_name_of_the_step_is_the_same_message() -> None:
    renamed = message(7, step="-5bd", reason="by policy calm")
    assert compare([message(7)], [renamed]).unchanged == (renamed,)


def test_other_step_at_another_time_is_dropped_and_added() -> None:
    diff = compare([message(7)], [message(9, step="-5d")])
    assert (diff.added, diff.dropped, diff.moved) == ((message(9, step="-5d"),), (message(7),), ())


def test_repeat_of_another_day_is_another_one() -> None:
    daily = [message(day, step="+1d", repeat_days=1) for day in (15, 16, 17)]
    other = [message(day, step="+1d", repeat_days=2) for day in (15, 17, 19)]
    diff = compare(daily, other)
    assert ([one.at.day for one in diff.unchanged], diff.moved) == ([15, 17], ())
    assert ([one.at.day for one in diff.dropped], [one.at.day for one in diff.added]) == ([16], [19])


def test_exposures_are_told_apart_by_environment() -> None:
    staging = message(7, environment="staging")
    diff = compare([message(7)], [staging])
    assert (diff.added, diff.dropped) == ((staging,), (message(7),))
