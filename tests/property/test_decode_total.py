"""Decoding is total: any bytes give a value, never an exception, and nothing unbounded or unprintable comes out."""

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.usage import Decoded, Format, UsageEvent
from service.core.values import MAX_TEXT
from service.formats.decoder import Decoder, decode
from service.formats.dialects import NAMES
from service.formats.files import read_records
from service.formats.recognition import FORMS
from tests.builders import make_record
from tests.calls import events_of
from tests.wraps import WRAPS, wrapped


def keys_of(tree: Any) -> set[str]:
    inner = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return set(tree if isinstance(tree, dict) else ()).union(*(keys_of(part) for part in inner))


SAMPLES = Path(__file__).parents[1] / "samples"
JSON_SAMPLES = [path for path in sorted(SAMPLES.glob("*.jsonl")) if (next(read_records(path)).value or b"")[:1] == b"{"]
VALUES = [record.value or b"" for path in sorted(SAMPLES.glob("*.jsonl")) for record in read_records(path)]
JSON_VALUES = [json.loads(value) for value in VALUES if value[:1] == b"{"]
WORDS = sorted(set().union(*(keys_of(tree) for tree in JSON_VALUES)))
LAYERS = sorted(WRAPS)

HUGE = 10**400
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([HUGE, -HUGE, 10**18, 1e308, 2**64])
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
)
keys = st.sampled_from(WORDS) | st.text(max_size=8)
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6))
formats = st.none() | st.sampled_from(NAMES)


def check(decoded: Decoded) -> None:
    for event in events_of(decoded):
        assert event.at.utcoffset() is not None
        assert 2015 <= event.at.year < 2100
        for name in UsageEvent.__struct_fields__:
            value = getattr(event, name)
            if isinstance(value, str):
                assert 0 < len(value) <= MAX_TEXT + len(" (logs)")
                assert value.isprintable()
            elif isinstance(value, int | float):
                assert 0 <= value < 2**53
    for rejection in decoded.rejections:
        assert len(rejection.detail) < 500


@given(value=st.none() | st.binary(max_size=400), format_=formats)
def test_any_bytes_give_a_value(value: bytes | None, format_: Format | None) -> None:
    check(decode(make_record(value), format_))


@given(value=trees, format_=formats)
@settings(max_examples=300)
def test_any_json_gives_a_value(value: Any, format_: Format | None) -> None:
    check(decode(make_record(json.dumps(value).encode()), format_))


@given(value=st.sampled_from(VALUES), data=st.data())
@settings(max_examples=300)
def test_any_damage_to_a_real_record_gives_a_value(value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(value)))
    cut = data.draw(st.integers(0, 20))
    damaged = value[:at] + data.draw(st.binary(max_size=6)) + value[at + cut :]
    check(decode(make_record(damaged)))
    check(Decoder().decode(make_record(gzip.compress(damaged))))


@given(value=st.sampled_from(JSON_VALUES), data=st.data())
@settings(max_examples=300)
def test_any_other_value_in_any_field_gives_a_value(value: Any, data: st.DataObject) -> None:
    changed = json.loads(json.dumps(value))
    place = changed
    while True:
        options = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not options:
            break
        key = data.draw(st.sampled_from(options))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(trees)
            break
        place = place[key]
    record = make_record(json.dumps(changed).encode())
    check(decode(record))
    decoder = Decoder()
    decoder.decode(make_record(json.dumps(value).encode()))
    assert decoder.decode(record) == decode(record)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def kind_of(path: tuple[Any, ...], tree: Any) -> tuple[Any, ...]:
    """The same for places that differ only in the number of a list's item, or of an item with the same `key`."""
    kind = []
    for step in path:
        tree = tree[step]
        kind.append(step if isinstance(step, str) else tree.get("key") if isinstance(tree, dict) else None)
    return tuple(kind)


def with_each_value_replaced(tree: Any, by: Any) -> Iterator[bytes]:
    """The tree as JSON, with one of its values of each kind, on every level, after the other replaced."""
    for *way, last in {kind_of(path, tree): path for path in places(tree)}.values():
        place = tree
        for key in way:
            place = place[key]
        kept, place[last] = place[last], by
        yield json.dumps(tree).encode()
        place[last] = kept


FIRSTS = [json.loads(next(read_records(path)).value or b"null") for path in JSON_SAMPLES]


@pytest.mark.parametrize("odd", [HUGE, -HUGE, {}, [], {"a": {}}, [[]], 1.5, True, "x"], ids=lambda odd: f"{odd!s:.12}")
@pytest.mark.parametrize("value", FIRSTS, ids=[path.stem for path in JSON_SAMPLES])
def test_odd_value_in_every_field_of_every_dialect_gives_a_value(value: Any, odd: Any) -> None:
    for changed in with_each_value_replaced(copy.deepcopy(value), odd):
        check(decode(make_record(changed)))


SHAPES = {key: part for value in JSON_VALUES for key, part in value.items()} | dict.fromkeys(
    sorted({key for form in FORMS for key in form.known} - {key for value in JSON_VALUES for key in value})
)
MARKS: dict[str, Any] = {key: SHAPES.get(key) for form in FORMS for key in sorted(form.mark.keys)}
"""Fields by which something is recognised, each with what stands there in a sample."""
PARTS = SHAPES | MARKS
SAMPLE = object()
"""In place of what stands in a sample under the same key."""
some_marks = st.lists(st.sampled_from([sorted(form.mark.keys) for form in FORMS]), max_size=3).map(
    lambda marks: [key for keys in marks for key in keys]
)
marked = st.tuples(some_marks, st.booleans()).map(
    lambda drawn: {key: MARKS[key] if drawn[1] else None for key in drawn[0]}
)
mixed = st.tuples(marked, st.dictionaries(st.sampled_from(sorted(PARTS)), st.just(SAMPLE) | scalars, max_size=8)).map(
    lambda drawn: drawn[0] | {key: PARTS[key] if part is SAMPLE else part for key, part in drawn[1].items()}
)


@given(
    before=st.lists(st.sampled_from(JSON_VALUES) | mixed | marked, max_size=4),
    value=mixed | marked | st.tuples(st.sampled_from(JSON_VALUES), marked).map(lambda pair: pair[0] | pair[1]),
)
@settings(max_examples=500)
def test_what_came_before_changes_no_answer(before: list[Any], value: Any) -> None:
    decoder = Decoder()
    for one in before:
        decoder.decode(make_record(json.dumps(one).encode()))
    record = make_record(json.dumps(value).encode())
    assert decoder.decode(record) == decode(record)


@given(before=st.sampled_from(VALUES), value=st.sampled_from(VALUES), data=st.data())
@settings(max_examples=300)
def test_what_came_before_changes_no_answer_to_damaged_bytes(before: bytes, value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(value)))
    record = make_record(value[:at] + data.draw(st.binary(min_size=1, max_size=3)) + value[at + 1 :])
    decoder = Decoder()
    decoder.decode(make_record(before))
    assert decoder.decode(record) == decode(record)


@given(value=st.sampled_from(VALUES), layers=st.lists(st.sampled_from(LAYERS), max_size=4))
def test_wrapping_changes_no_call(value: bytes, layers: list[str]) -> None:
    around = value
    for layer in layers:
        around = wrapped(around, layer)
    if layers.count("text") <= 3:
        assert strip(events_of(decode(make_record(around)))) == strip(events_of(decode(make_record(value))))


def strip(events: tuple[UsageEvent, ...]) -> list[UsageEvent]:
    return [msgspec.structs.replace(event, service=None) for event in events]


@pytest.mark.parametrize("text", ["\ud800", "\0", "\u202e", "x" * 300, "sk-" + "k" * 30], ids=ascii)
@pytest.mark.parametrize("name", ["litellm_standard_logging_payload.jsonl", "kong_kafka_log.jsonl"])
def test_hostile_text_in_every_place_comes_out_nowhere(name: str, text: str) -> None:
    def poison(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: poison(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [poison(value) for value in tree]
        return text if isinstance(tree, str) else tree

    for record in read_records(SAMPLES / name):
        poisoned = json.dumps(poison(json.loads(record.value or b""))).encode()
        decoded = decode(make_record(poisoned))
        check(decoded)
        assert text not in repr((events_of(decoded), decoded))
