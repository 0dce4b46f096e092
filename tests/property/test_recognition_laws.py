"""The fast reader and the thorough one come to one answer, whatever keys an object has and what it is wrapped in."""

import json
from inspect import isgeneratorfunction
from itertools import product
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.usage import Decoded, Format
from service.formats.contract import AnyEnvelope, Context, Envelope
from service.formats.decoder import Decoder, decode
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES
from service.formats.envelopes.json_text import MAX_ITEMS
from service.formats.files import FileRecord
from service.formats.opening import Opening
from service.formats.recognition import FORMS, Form, recognise, recognise_row
from service.formats.route import Route
from tests.builders import make_record
from tests.wraps import WRAPS, wrapped

KEYS = sorted({key for form in FORMS for key in (*form.mark.keys, *form.known)} | {"x"})
MARKS = [sorted(form.mark.keys) for form in FORMS]
VALUES: tuple[Any, ...] = (None, 1, "x", [], {}, True)

parts = st.sampled_from(VALUES)
keys = st.lists(st.sampled_from(MARKS), max_size=3).map(lambda marks: {key for mark in marks for key in mark})
objects = st.tuples(keys, st.dictionaries(st.sampled_from(KEYS), parts, max_size=4), parts).map(
    lambda drawn: dict.fromkeys(sorted(drawn[0]), drawn[2]) | drawn[1]
)


def accepts(form: Form, text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=form.guarded)
    except msgspec.ValidationError:
        return False
    return True


@given(value=objects)
@settings(max_examples=400)
def test_guarded_decoder_never_takes_what_is_another_things(value: dict[str, Any]) -> None:
    form, text = recognise(value.keys()), json.dumps(value).encode()
    taken = {one.thing.name for one in FORMS if accepts(one, text)}
    assert taken <= ({form.thing.name} if form is not None else set())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.thing.name} by {'+'.join(sorted(form.mark.keys))}")
def test_object_of_a_mark_is_its_forms_and_is_taken(form: Form) -> None:
    assert recognise(form.mark.keys) is form
    values = product(VALUES, repeat=len(form.mark.keys))
    assert any(accepts(form, json.dumps(dict(zip(form.mark.keys, drawn, strict=True))).encode()) for drawn in values)


@given(value=objects)
def test_row_inside_an_envelope_is_recognised_as_if_no_envelope_were_there(value: dict[str, Any]) -> None:
    form, row = recognise(value.keys()), recognise_row(value.keys())
    assert row is None or not isinstance(row.thing, Envelope)
    assert isinstance(form.thing, Envelope) if form is not row and form is not None else form is row


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda envelope: envelope.name)
def test_envelope_tells_the_fast_reader_what_its_open_does(envelope: AnyEnvelope) -> None:
    assert envelope.several == isgeneratorfunction(envelope.open)
    types = {one.name: one.type for one in msgspec.structs.fields(envelope.shape)} if envelope.shape else {}
    assert envelope.body is None or types[envelope.body] is msgspec.Raw or str in get_args(types[envelope.body])


def test_every_envelope_has_a_wrap() -> None:
    assert WRAPS.keys() == {envelope.name for envelope in ENVELOPES}


TIME = "2026-11-19T07:02:11Z"
CALLS: tuple[dict[str, Any], ...] = (
    {"model": "gpt-4", "service": "a", "time": TIME, "provider": "openai"},
    {"model": "gpt-4", "service": "a", "ts": 1795071731, "extra": {"nested": [1]}},
    {"model": "gpt-4", "provider": "openai"},
    {"call_type": "acompletion", "model": "openai/gpt-4o", "startTime": 1795071731.2, "endTime": 1795071732.2},
    {"call_type": "acreate_file", "model": ""},
    {"latencies": {}, "started_at": 1795071731216, "ai": {"proxy": {"meta": {"request_model": "gpt-4o"}}}},
    {"latencies": [], "started_at": 1795071731216, "ai": []},
    {"schemaType": "ModelInvocationLog", "modelId": "m", "timestamp": TIME, "operation": "Converse"},
    {"resourceSpans": []},
    {
        "resourceSpans": [
            {
                "scopeSpans": [
                    {"spans": [{"attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4"}}]}]}
                ]
            }
        ]
    },
    {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": "x"}]}]}]},
    {"model": "gpt-4", "service": "a", "time": "soon"},
    {"model": "gpt-4", "service": ["a"], "time": TIME},
    {"op": "u", "source": {}, "after": {}},
    {"unknown": 1},
)

bodies = st.sampled_from(CALLS) | st.tuples(st.sampled_from(CALLS), objects).map(lambda pair: pair[0] | pair[1])
layers = st.lists(st.sampled_from(sorted(WRAPS)), max_size=3)


def record_of(bodies: list[dict[str, Any]], names: list[str]) -> FileRecord:
    """One body as it is, several as an array."""
    value = json.dumps(bodies[0] if len(bodies) == 1 else bodies).encode()
    for name in names:
        value = wrapped(value, name)
    return make_record(value)


@given(
    before=st.lists(st.lists(bodies, min_size=1, max_size=3), min_size=1, max_size=3),
    after=st.lists(st.lists(bodies, min_size=1, max_size=3), min_size=1, max_size=4),
    names=layers,
    others=layers,
)
@settings(max_examples=120)
def test_remembered_route_gives_the_answer_of_the_thorough_way(
    before: list[list[dict[str, Any]]], after: list[list[dict[str, Any]]], names: list[str], others: list[str]
) -> None:
    decoder = Decoder()
    for one in before:
        decoder.decode(record_of(one, names))
    for one in after:
        for way in (names, others):
            record = record_of(one, way)
            assert decoder.decode(record) == decode(record)


OBJECTS = ("cloudevents", "cloudwatch", "connect", "debezium", "debezium_row", "filebeat", "fluent_bit", "vector")


@given(
    items=st.lists(st.tuples(bodies, st.lists(st.sampled_from(OBJECTS), max_size=2)), min_size=2, max_size=6),
    fixed=st.none() | st.sampled_from([dialect.name for dialect in DIALECTS]),
)
def test_each_item_is_read_as_if_it_stood_alone(
    items: list[tuple[dict[str, Any], list[str]]], fixed: Format | None
) -> None:
    """The thorough reader tries the form of the item before."""
    values = [record_of([body], names).value or b"" for body, names in items]
    alone = [decode(make_record(value), fixed) for value in values]
    joined = Decoded(
        tuple(call for one in alone for call in one.calls),
        tuple(rejection for one in alone for rejection in one.rejections),
        tuple(passed for one in alone for passed in one.passed),
    )
    assert decode(make_record(b"[" + b",".join(values) + b"]"), fixed) == joined


@pytest.mark.parametrize("name", sorted(WRAPS))
@pytest.mark.parametrize("body", CALLS, ids=lambda body: "+".join(list(body)[:2]))
def test_each_record_in_each_envelope_reads_the_same_the_second_time(name: str, body: dict[str, Any]) -> None:
    decoder = Decoder()
    records = [record_of([body], [name]), record_of([body, body], [name]), record_of([body], [name, name])]
    for record in (*records, *records):
        assert decoder.decode(record) == decode(record)


ONE = json.dumps(CALLS[0]).encode()
EVENT = b'{"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data": %b}'
ROUTED = {name: wrapped(ONE, name) for name in WRAPS if name != "debezium_row"} | {
    "lines": ONE + b"\n" + ONE,
    "joined": ONE + ONE,
    "no envelope": ONE,
    "cloudevents, data": EVENT % ONE,
    "debezium in cloudevents": EVENT % wrapped(ONE, "debezium"),
    "lines of filebeat": wrapped(ONE, "filebeat") + b"\n" + wrapped(ONE, "filebeat"),
}
"""A row of Debezium is read by the thorough reader each time: it is a record itself."""


@pytest.mark.parametrize("value", ROUTED.values(), ids=ROUTED.keys())
def test_record_goes_the_route_that_the_thorough_reader_found(value: bytes) -> None:
    record = make_record(value)
    opening = Opening(None)
    decoded = opening.read(record)
    assert decoded.calls
    assert opening.steps is not None
    answer = Route(opening.steps).read(value, Context(record))
    assert (answer if isinstance(answer, Decoded) else Decoded((answer,))) == decoded


@pytest.mark.parametrize(
    ("number", "end", "calls"),
    [
        pytest.param(MAX_ITEMS, b"\n", MAX_ITEMS, id="as many as may be, with a newline at the end"),
        pytest.param(MAX_ITEMS + 1, b"", 0, id="one more"),
    ],
)
def test_very_many_lines_are_read_alike(number: int, end: bytes, calls: int) -> None:
    line = b'{"model":"m","service":"s","ts":1795071731}'
    decoder, record = Decoder(), make_record(b"\n".join([line] * number) + end)
    decoder.decode(make_record(line + b"\n" + line))
    plain = decode(record)
    assert (len(plain.calls), decoder.decode(record) == plain) == (calls, True)


def test_route_holds_to_the_bounds_of_a_whole_record() -> None:
    """Lines that are small in all, and hold far more than a record may."""

    def lines(number: int, space: int) -> FileRecord:
        one = wrapped(wrapped(json.dumps(CALLS[0]).encode() + b" " * space, "gzip"), "cloudevents")
        return make_record(b"\n".join([one] * number))

    decoder = Decoder()
    assert len(decoder.decode(lines(2, 0)).calls) == 2
    bomb = lines(700, 60_000)
    assert decode(bomb).calls == ()
    assert decoder.decode(bomb) == decode(bomb)


def test_text_with_a_million_commas_is_read_alike() -> None:
    decoder, call = Decoder(), json.dumps(CALLS[0])
    decoder.decode(make_record(call.encode()))
    record = make_record(f'{call[:-1]}, "note": "{"," * 1_100_000}"}}'.encode())
    assert decoder.decode(record) == decode(record)
