"""What may stand around a record, and the limits of opening it."""

import base64
import gzip
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import zstandard

from service.core.usage import Decoded
from service.formats.decoder import Decoder, decode
from service.formats.envelopes.compression import MAX_BYTES
from service.formats.envelopes.json_text import MAX_ITEMS
from service.formats.opening import MAX_VALUES, OVER_BUDGET
from tests.builders import make_record
from tests.calls import events_of

BARE: dict[str, Any] = {"provider": "openai", "model": "gpt-4"}
CALL = BARE | {"time": "2025-06-30T09:14:03Z", "service": "billing-api"}
LINE = msgspec.json.encode(CALL)
CLOUD_EVENT = {
    "specversion": "1.0",
    "type": "call",
    "source": "/services/billing-api",
    "id": "1",
    "time": "2025-06-30T09:14:07Z",
}
POD = {"labels": {"app": "billing-api"}, "namespace_name": "payments"}
NESTED_TEXT = msgspec.json.encode(msgspec.json.encode(msgspec.json.encode(LINE.decode()).decode()).decode())
CONTAINER = "2026-11-19T07:02:11.216004000Z stdout F " + LINE.decode()


def calls(value: Any) -> int:
    decoded = decode(make_record(value))
    assert not decoded.rejections
    return len(events_of(decoded))


def reasons(value: Any) -> list[str]:
    decoded = decode(make_record(value))
    assert not events_of(decoded)
    return [rejection.reason for rejection in decoded.rejections]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param(b"\n  " + LINE + b"\r\n", 1, id="space around it"),
        pytest.param(b"\xef\xbb\xbf" + LINE, 1, id="UTF-8 mark"),
        pytest.param(LINE.decode().encode("utf-16"), 1, id="UTF-16"),
        pytest.param(gzip.compress(LINE), 1, id="gzip"),
        pytest.param(gzip.compress(LINE + b"\n") + gzip.compress(LINE), 2, id="two gzip members"),
        pytest.param(zstandard.compress(LINE), 1, id="zstd"),
        pytest.param(zstandard.compress(LINE + b"\n") + zstandard.compress(LINE), 2, id="two zstd frames"),
        pytest.param(zstandard.compress(gzip.compress(LINE)), 1, id="zstd around gzip"),
        pytest.param(b"\0\0\0\0\7" + LINE, 1, id="Schema Registry's JSON"),
        pytest.param(b"[" + LINE + b", " + LINE + b"]", 2, id="array"),
        pytest.param(b"[\n" + LINE + b",\n" + LINE + b"\n]", 2, id="array over several lines"),
        pytest.param(b"[]", 0, id="empty array"),
        pytest.param(LINE + b"\n\n" + LINE + b"\n", 2, id="lines"),
        pytest.param(b"[" + LINE + b"]\n[" + LINE + b"]", 2, id="lines of arrays"),
        pytest.param(msgspec.json.format(LINE, indent=2), 1, id="printed over several lines"),
        pytest.param(NESTED_TEXT, 1, id="JSON text three times over"),
        pytest.param({"schema": {"type": "struct"}, "payload": CALL}, 1, id="Kafka Connect"),
        pytest.param(CLOUD_EVENT | {"data": CALL}, 1, id="CloudEvent"),
        pytest.param(CLOUD_EVENT | {"data": LINE.decode()}, 1, id="CloudEvent with text"),
        pytest.param(CLOUD_EVENT | {"data_base64": base64.b64encode(gzip.compress(LINE)).decode()}, 1, id="base64"),
        pytest.param({"@timestamp": 1.7, "log": LINE.decode() + "\n"}, 1, id="Fluent Bit"),
        pytest.param({"@timestamp": 1.7, "log": "not JSON", "log_processed": CALL}, 1, id="Fluent Bit's parser"),
        pytest.param({"source_type": "file", "message": CONTAINER}, 1, id="Vector, with a container's prefix"),
        pytest.param({"@timestamp": "x", "agent": {}, "message": LINE.decode()}, 1, id="Filebeat"),
    ],
)
def test_wrapping_is_taken_off(value: Any, number: int) -> None:
    assert calls(value) == number


@pytest.mark.parametrize(
    ("value", "service", "second"),
    [
        pytest.param(CLOUD_EVENT | {"data": BARE}, "billing-api", 7, id="CloudEvent"),
        pytest.param(
            {"log": BARE, "kubernetes": POD, "@timestamp": "2025-06-30T09:14:08Z"}, "billing-api", 8, id="pod"
        ),
        pytest.param(
            {"message": BARE, "fields": {"service": "x"}, "@timestamp": "2025-06-30T09:14:09Z"},
            "x",
            9,
            id="Filebeat's fields",
        ),
        pytest.param(
            {"message": CALL, "kubernetes": {"labels": {"app": "x"}}}, "billing-api", 3, id="the record's own win"
        ),
    ],
)
def test_wrapper_fills_in_what_the_record_leaves_out(value: Any, service: str, second: int) -> None:
    (event,) = events_of(decode(make_record(value)))
    assert (event.service, event.at) == (service, datetime(2025, 6, 30, 9, 14, second, tzinfo=UTC))


def test_binary_cloud_event_has_its_attributes_in_headers() -> None:
    headers = (("ce_source", b"/services/billing-api"), ("ce_time", b"2025-06-30T09:14:07Z"), ("trace", b"\xff\x00"))
    record = make_record(BARE, headers=headers)
    (event,) = events_of(decode(record))
    assert (event.service, event.at) == ("billing-api", datetime(2025, 6, 30, 9, 14, 7, tzinfo=UTC))
    decoder = Decoder()
    assert decoder.decode(record) == decoder.decode(record) == decode(record)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"", "empty", id="no bytes"),
        pytest.param(b" \n", "empty", id="space"),
        pytest.param(gzip.compress(b""), "empty", id="nothing compressed"),
        pytest.param(CLOUD_EVENT, "empty", id="CloudEvent without data"),
        pytest.param(b"x" * 10_000_000, "too_large", id="10 MB"),
        pytest.param(gzip.compress(b" " * 50_000_000), "too_large", id="gzip bomb"),
        pytest.param(zstandard.compress(b" " * 50_000_000), "too_large", id="zstd bomb"),
        pytest.param(gzip.compress(gzip.compress(b" " * 50_000_000)), "too_large", id="bomb in a bomb"),
        pytest.param(gzip.compress(b"") * 1000, "too_large", id="a thousand empty members"),
        pytest.param(gzip.compress(LINE)[:-9], "bad_compression", id="gzip cut short"),
        pytest.param(b"\x1f\x8b\x08garbage", "bad_compression", id="no gzip"),
        pytest.param(zstandard.compress(LINE)[:-3], "bad_compression", id="zstd cut short"),
        pytest.param(b"\x28\xb5\x2f\xfdgarbage", "bad_compression", id="no zstd"),
        pytest.param(b"\xff\xfe{", "bad_encoding", id="half a UTF-16 character"),
        pytest.param(b"\x80\x81\x82", "bad_encoding", id="binary"),
        pytest.param(CLOUD_EVENT | {"data_base64": "!"}, "bad_encoding", id="no base64"),
        pytest.param(LINE[:-1], "bad_json", id="JSON cut short"),
        pytest.param(b'{"model": NaN}', "bad_json", id="NaN"),
        pytest.param(b"[1, 2", "bad_json", id="array cut short"),
        pytest.param(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep", id="nested 10,000 deep"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, "too_deep", id="arrays 10,000 deep"),
        pytest.param(msgspec.json.encode(NESTED_TEXT.decode()), "too_deep", id="JSON text four times over"),
        pytest.param(b"null", "unknown_format", id="JSON null"),
        pytest.param(b"GET / 200", "unknown_format", id="plain text"),
        pytest.param({}, "unknown_format", id="empty object"),
        pytest.param({"message": "Server started", "agent": {}}, "unknown_format", id="an ordinary log line"),
        pytest.param(b"\n\x05hello", "unknown_format", id="a line feed and text"),
    ],
)
def test_poison_costs_one_rejection(value: Any, reason: str) -> None:
    assert reasons(value) == [reason]


def test_number_of_400_digits_is_unknown_and_costs_nothing_else() -> None:
    (event,) = events_of(decode(make_record(LINE[:-1] + b',"input_tokens":' + b"9" * 400 + b"}")))
    assert (event.requested_id, event.input_tokens) == ("gpt-4", None)


def test_number_of_5000_digits_costs_nothing_but_itself() -> None:
    (event,) = events_of(decode(make_record(LINE[:-1] + b',"input_tokens":' + b"9" * 5000 + b"}")))
    assert event.input_tokens is None


def test_name_that_is_not_text_costs_nothing() -> None:
    (event,) = events_of(decode(make_record(LINE[:-1] + b',"\xff":1}')))
    assert event.requested_id == "gpt-4"


def test_bad_line_costs_itself_and_not_the_others() -> None:
    decoded = decode(make_record(LINE + b'\n{"model"\n' + LINE))
    assert (len(events_of(decoded)), [r.reason for r in decoded.rejections]) == (2, ["bad_json"])


@pytest.mark.parametrize("start", [b'rvice":"a"}', b'{"model":"gp'], ids=["its end", "its beginning"])
def test_part_of_a_line_before_whole_ones_costs_itself(start: bytes) -> None:
    decoded = decode(make_record(b"\n".join([start, LINE, LINE, LINE, b""])))
    assert (len(events_of(decoded)), len(decoded.rejections)) == (3, 1)


def test_bytes_that_are_no_text_cost_the_word_they_stand_in() -> None:
    record = make_record(
        b'{"call_type": "acompletion", "model_group": 1, "model": "gpt-4", "error_str": "caf\xc3", "id": "\xff"}'
    )
    (event,) = events_of(decode(record))
    assert (event.requested_id, event.request_id) == ("gpt-4", None)


def test_values_of_one_layer_are_limited_before_they_take_memory() -> None:
    tracemalloc.start()
    try:
        assert reasons(b"[" + b"0," * (MAX_VALUES + 1) + b"0]") == ["too_large"]
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_items_of_one_value_are_limited() -> None:
    assert reasons(b"[" + b"{}," * MAX_ITEMS + b"{}]") == ["too_large"]
    assert reasons(b"{}\n" * (MAX_ITEMS + 1)) == ["too_large"]


def test_bomb_does_not_fill_the_memory() -> None:
    bombs = [make_record(pack(b" " * 200_000_000)) for pack in (gzip.compress, zstandard.compress)]
    tracemalloc.start()
    for bomb in bombs:
        decode(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_BYTES


def test_fixed_format_is_not_second_guessed() -> None:
    (rejection,) = Decoder({"llm-requests": "kong"}).decode(make_record(CALL)).rejections
    assert (rejection.reason, rejection.format) == ("bad_field", "kong")
    assert [r.reason for r in decode(make_record(b"hello"), "otlp_traces").rejections] == ["bad_protobuf"]


def test_record_without_any_time_is_rejected() -> None:
    assert [r.reason for r in decode(make_record(BARE, timestamp=-1)).rejections] == ["bad_time"]
    assert [r.reason for r in decode(make_record(BARE, timestamp=10**30)).rejections] == ["bad_time"]


def cloud_event(data: bytes) -> bytes:
    event = {"specversion": "1.0", "type": "t", "source": "s", "id": "1"}
    return json.dumps(event | {"data_base64": base64.b64encode(data).decode()}).encode()


def noise(size: int) -> bytes:
    """A line that does not compress, so that what stands beside it may compress the more."""
    return json.dumps({"noise": base64.b64encode(hashlib.shake_256(b"noise").digest(size)).decode()}).encode()


@pytest.mark.parametrize(
    ("inner", "times"),
    [
        pytest.param(b"\n".join([LINE] * 6000), 10, id="items"),
        pytest.param(LINE + b" " * (7 * 1024 * 1024), 6, id="bytes"),
        pytest.param(b"\n".join([b"{}"] * 9000), 2000, id="both, many times over"),
    ],
)
def test_bounds_hold_for_all_layers_together(inner: bytes, times: int) -> None:
    one = cloud_event(zstandard.compress(inner + b"\n" + noise(len(inner) // 150)))
    assert decode(make_record(one)).rejections[0].reason != "too_large"
    bomb = b"\n".join([LINE, *[one] * times])
    assert decode(make_record(bomb)) == Decoded(rejections=(OVER_BUDGET,))


def test_calls_of_all_parts_together_are_bounded() -> None:
    span = {
        "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "m"}}],
        "startTimeUnixNano": "1751274843120000000",
    }
    request = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span] * 30_000}]}]}, separators=(",", ":"))
    packed = cloud_event(gzip.compress(request.encode() + b"\n" + noise(len(request) // 150)))
    assert len(events_of(decode(make_record(packed)))) == 30_000
    several = b"\n".join([packed] * 3)
    assert decode(make_record(several)) == Decoded(rejections=(OVER_BUDGET,))


def test_tombstone_is_neither_call_nor_rejection() -> None:
    decoded = decode(make_record(None))
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [passed.kind for passed in decoded.passed] == ["tombstone"]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        pytest.param(rb'"service": "a", "prompt": "abc\ud83d"', "a", id="half a character at the end of a text"),
        pytest.param(rb'"service": "a", "prompt": "\ude00abc"', "a", id="the other half"),
        pytest.param(rb'"service": "a\ud83d\ude00", "x": "\ud83d"', "a\U0001f600", id="beside a whole one"),
        pytest.param(rb'"service": "a", "x": "\\ud83d", "y": "\udbff"', "a", id="beside an escaped backslash"),
    ],
)
def test_text_cut_inside_a_character_costs_no_call(text: bytes, service: str) -> None:
    line = b'{"time": 1751274843, "provider": "openai", "model": "gpt-4", ' + text + b"}"
    (event,) = events_of(decode(make_record(line)))
    assert event.service == service


def test_texts_one_behind_the_other_are_records() -> None:
    assert calls(LINE + LINE + b"\n" + LINE) == 3
    assert calls(gzip.compress(LINE + LINE)) == 2
    assert reasons(b'{"a": {}}{"b') == ["unknown_format", "bad_json"]
