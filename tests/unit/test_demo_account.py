"""The demo's account at the end: what the day found, with lastcall and without."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

from rich.console import Console

from service.adapters.queries.exposures import DayCalls, ExposureAnswer
from service.adapters.queries.notifications import Told
from service.entrypoints.demo.timeline import account, show_account

DAY = date(2025, 7, 14)


def use(service: str, *, state: str, last: date, calls: int, errors: int = 0) -> ExposureAnswer:
    """Called from 1 June on."""
    at = datetime(last.year, last.month, last.day, 9, tzinfo=UTC)
    values: dict[str, Any] = {
        "platform": "openai-api",
        "model": "gpt-4.5-preview",
        "id": "gpt-4.5-preview",
        "service": service,
        "environment": "production",
        "team": "search",
        "state": state,
        "first_at": datetime(2025, 6, 1, 9, tzinfo=UTC),
        "last_at": at,
        "calls_total": calls,
        "by_day": [DayCalls(day=last, calls=calls, errors=errors)],
        "told": Told(destination="#team-search", audience="owner", at=at, not_before=at, state="delivered"),
    }
    return ExposureAnswer.model_construct(**values)


def test_account_tells_migrated_silent_and_failing_apart() -> None:
    exposures = [
        use("gone", state="quiet", last=date(2025, 6, 10), calls=100),
        use("rare", state="active", last=date(2025, 6, 30), calls=60),
        use("late", state="broken", last=date(2025, 7, 15), calls=90, errors=7),
    ]
    written = StringIO()
    show_account(Console(file=written, width=200), account(exposures, [], "gpt-4.5-preview", DAY))
    lines = [" ".join(line.split()) for line in written.getvalue().splitlines() if line.strip()]

    assert lines[0] == "What Monday 14 July 2025 found"
    assert lines[2:5] == [
        "gone search 10 Jun 10 a day fail migrated in time",
        "rare search 30 Jun 60 at a time fail fell silent",
        "late search 15 Jul 2 a day fail 7 calls failed",
    ]
    assert "1 migrated before the day and 1 fell silent" in lines[5]
    assert "some 12 calls a day that would have failed" in " ".join(lines[5:])


def test_account_of_long_names_keeps_a_line_each_on_a_narrow_terminal() -> None:
    exposures = [use("checkout-assistant", state="quiet", last=date(2025, 6, 10), calls=15_000)]
    written = StringIO()
    show_account(Console(file=written, width=80), account(exposures, [], "gpt-4.5-preview", DAY))
    lines = [" ".join(line.split()) for line in written.getvalue().splitlines() if line.strip()]

    assert lines[2] == "checkout-assistant search 10 Jun 1,500 a day fail migrated in time"
