"""Records rebuilt from public reports: how many calls they are, how many failed, which name no model, which say "gone".

`calls` is a volume: of several reporters of one call the largest counts.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.core.cleaning import cleaned
from service.core.rollup import Rollup
from service.core.usage import Call
from service.core.volume import calls_of
from service.formats.decoder import Decoder, decode
from service.formats.files import read_records

CASES = Path(__file__).parents[1] / "samples" / "cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "EXPECTED.json").read_text())


@pytest.fixture(scope="module")
def shipped() -> LoadedCatalog:
    return load_catalog()


def calls_in(name: str) -> list[Call]:
    decoded = [decode(record) for record in read_records(CASES / name)]
    assert not [rejection for one in decoded for rejection in one.rejections]
    return [call for one in decoded for call in one.calls]


def volume(calls: Iterable[Call], shipped: LoadedCatalog) -> int:
    rollup = Rollup()
    for call in calls:
        rollup.add(call)
    return calls_of(rollup, shipped.resolver)


def names_no_model(call: Call, shipped: LoadedCatalog) -> bool:
    models = shipped.resolver.identify_words(cleaned(call.who).series)
    return models.requested_model is None and models.served_model is None


def test_every_case_has_an_answer() -> None:
    assert {path.name for path in CASES.glob("*.jsonl")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_case_has_its_calls(name: str, shipped: LoadedCatalog) -> None:
    calls = calls_in(name)
    found = {
        "calls": volume(calls, shipped),
        "errors": volume([call for call in calls if cleaned(call.who).failed], shipped),
        "model_unknown": volume([call for call in calls if names_no_model(call, shipped)], shipped),
        "end_of_life": volume([call for call in calls if cleaned(call.who).end_of_life], shipped),
    }
    expected = {key: number for key, number in EXPECTED[name].items() if key in found}
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_memory_changes_no_answer_to_a_case(name: str) -> None:
    decoder = Decoder()
    records = list(read_records(CASES / name))
    for record in (*records, *records):
        assert decoder.decode(record) == decode(record)
