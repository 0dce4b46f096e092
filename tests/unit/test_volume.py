"""The calls of several reporters that may be the same ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from service.adapters.catalog.files import load_catalog
from service.core import volume
from service.core.rollup import Rollup
from service.core.usage import Call
from service.core.volume import Volume, calls_of
from tests.calls import make_call

AT = datetime(2025, 6, 2, 10, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
RESOLVER = load_catalog().resolver


def count(events: Sequence[Call]) -> int:
    rollup = Rollup()
    for event in events:
        rollup.add(event)
    return calls_of(rollup, RESOLVER)


def test_call_that_two_reporters_wrote_down_counts_once() -> None:
    assert count([make_call(at=AT, reporter="gateway"), make_call(at=AT, reporter="sdk")]) == 1


def test_each_hour_has_a_largest_reporter_of_its_own() -> None:
    """The gateway sees 2 + 4 calls, the SDK 3 + 1."""
    events = [make_call(at=AT, reporter="gateway")] * 2 + [make_call(at=AT, reporter="sdk")] * 3
    events += [make_call(at=LATER, reporter="gateway")] * 4 + [make_call(at=LATER, reporter="sdk")]
    assert count(events) == 7


def test_two_spellings_of_one_model_by_one_reporter_are_added_up() -> None:
    spellings = ("gpt-4.5-preview", "gpt-4.5-preview-2025-02-27")
    assert count([make_call(at=AT, requested_id=spelled, served_id=None) for spelled in spellings]) == 2


def test_reporters_that_spell_the_model_differently_describe_the_same_calls() -> None:
    spellings = {"gateway": "openai/gpt-4.5-preview", "sdk": "gpt-4.5-preview-2025-02-27"}
    events = [make_call(at=AT, reporter=who, requested_id=spelled) for who, spelled in spellings.items()]
    assert count(events) == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"service": "mail"}, id="service"),
        pytest.param({"environment": "staging"}, id="environment"),
        pytest.param({"provider": "azure.ai.openai"}, id="platform"),
        pytest.param({"requested_id": "gpt-4o", "served_id": "gpt-4o"}, id="model"),
        pytest.param({"requested_id": "made-up", "served_id": None}, id="a model that nobody knows"),
    ],
)
def test_reporters_of_different_uses_describe_different_calls(other: dict[str, str | None]) -> None:
    assert count([make_call(at=AT, reporter="gateway"), make_call(at=AT, reporter="sdk", **other)]) == 2


def test_nothing_reported_is_no_call() -> None:
    assert Volume().calls == 0


def test_uses_beyond_the_bound_are_closed_hour_by_hour_and_stay_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume, "REMEMBERED", 3)
    counted = Volume()
    for hour in range(10):
        for use in ("search", "mail"):
            for reporter, calls in (("gateway", 4), ("sdk", 5)):
                counted.add(use, hour, reporter, calls)
    assert counted.calls == 100
    for number in range(10):
        counted.add(number, 10, "sdk")
    assert counted.calls == 110
