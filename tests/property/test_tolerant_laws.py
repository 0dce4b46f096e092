"""A field that does not fit costs itself: no other field is read another way beside it."""

import json
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.formats import tolerant
from service.formats.dialects.otlp_json import LogRecord, Scope, Span
from service.formats.recognition import FORMS

SHAPES = sorted(
    {form.shape for form in FORMS if not any(one.required for one in msgspec.structs.fields(form.shape))}
    | {LogRecord, Scope, Span},
    key=lambda shape: (shape.__module__, shape.__name__),
)
words = [
    [],
    {},
    [[]],
    [{}],
    {"a": {}},
    1,
    1.5,
    True,
    None,
    "x",
    [{"key": 5}],
    [{"key": "a", "value": {"intValue": []}}],
]
parts = st.sampled_from(words) | st.recursive(
    st.sampled_from(words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=3),
    max_leaves=4,
)


def values(shape: type[msgspec.Struct], tree: dict[str, Any]) -> dict[str, Any]:
    found = tolerant.decode(shape, json.dumps(tree))
    return {one.encode_name: getattr(found, one.name) for one in msgspec.structs.fields(shape)}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.__module__.rpartition('.')[2]}.{shape.__name__}")
@given(data=st.data())
@settings(max_examples=25)
def test_each_field_is_read_as_if_it_stood_alone(shape: type[msgspec.Struct], data: st.DataObject) -> None:
    keys = [one.encode_name for one in msgspec.structs.fields(shape)]
    tree = data.draw(st.dictionaries(st.sampled_from(keys), parts, max_size=5))
    alone = {key: values(shape, {key: part})[key] for key, part in tree.items()}
    assert values(shape, tree) == values(shape, {}) | alone


def test_error_names_the_field_that_must_be_there_and_not_another_that_does_not_fit() -> None:
    class Record(msgspec.Struct):
        must: str
        other: int = 0

    with pytest.raises(msgspec.ValidationError, match=r"`\$\.must`"):
        tolerant.decode(Record, '{"other": "x", "must": 5}')


def test_bytes_that_are_no_text_cost_nothing_beside_a_field_that_does_not_fit() -> None:
    span = tolerant.decode(Span, b'{"name": 5, "kind": "caf\xc3", "traceId": "\xff"}')
    assert (span.name, span.kind, span.trace_id) == (None, "caf\ufffd", "\ufffd")


@pytest.mark.parametrize("number", ["1e999", "[1e999]", '{"a": 1e999}'])
def test_number_out_of_range_costs_nothing_beside_it(number: str) -> None:
    span = tolerant.decode(Span, f'{{"name": {number}, "kind": 3, "attributes": [5, {number}, {{"key": "a"}}]}}')
    assert (span.name, span.kind) == (None, 3)
    assert [attribute.key for attribute in span.attributes or ()][-1] == "a"


def test_type_without_a_rule_of_its_own_is_read_as_msgspec_reads_it() -> None:
    class Record(msgspec.Struct):
        kind: Literal["a", "b"] = "a"
        amount: float | None = None
        other: int | None = None

    found = tolerant.decode(Record, '{"kind": "b", "amount": 5, "other": 1.5}')
    assert (found.kind, found.amount, type(found.amount), found.other) == ("b", 5.0, float, None)
    assert tolerant.decode(Record, '{"kind": "c", "other": 5}') == Record(other=5)
