"""Records of log shippers as they really look, and Schema Registry's framing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import Rejection
from service.formats.decoder import Decoder, decode
from tests.builders import make_record
from tests.calls import events_of

CALL = {"time": "2026-11-19T07:02:11Z", "service": "billing-api", "provider": "openai", "model": "gpt-4"}
BARE = {"provider": "openai", "model": "gpt-4"}
LINE = json.dumps(CALL)
FILEBEAT: dict[str, Any] = {
    "@timestamp": "2026-11-19T07:02:12.118Z",
    "@metadata": {"beat": "filebeat", "type": "_doc", "version": "8.17.0"},
    "log": {"offset": 48211, "file": {"path": "/var/log/llm/requests.log"}},
    "message": LINE,
    "input": {"type": "filestream"},
    "agent": {"type": "filebeat", "version": "8.17.0", "id": "3f0a", "name": "vm-17"},
    "ecs": {"version": "8.0.0"},
    "host": {"name": "vm-17"},
}
FLUENT_BIT: dict[str, Any] = {
    "@timestamp": 1795071732.118,
    "stream": "stdout",
    "_p": "F",
    "log": LINE + "\n",
    "kubernetes": {"pod_name": "p", "namespace_name": "payments", "labels": {"app": "billing-api"}},
}
VECTOR: dict[str, Any] = {
    "source_type": "kubernetes_logs",
    "timestamp": "2026-11-19T07:02:12.118Z",
    "file": "/var/log/pods/x.log",
    "message": LINE,
    "kubernetes": {"pod_namespace": "payments", "pod_labels": {"app.kubernetes.io/name": "billing-api"}},
}


def services(value: Any) -> list[str | None]:
    decoded = decode(make_record(value))
    assert not decoded.rejections
    return [event.service for event in events_of(decoded)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(FILEBEAT, id="Filebeat: the line is in message, and log says where it lay"),
        pytest.param(
            {**FILEBEAT, "log": {"file": {"path": "/x"}, "flags": ["multiline"]}}, id="Filebeat, joined lines"
        ),
        pytest.param({"@metadata": {"beat": "filebeat"}, "message": LINE}, id="Filebeat, cut down by its processors"),
        pytest.param({"agent": {"type": "filebeat"}, "message": LINE}, id="Elastic Agent"),
        pytest.param({**FILEBEAT, "message": CALL}, id="Filebeat with a decoded line"),
        pytest.param(
            {key: part for key, part in FILEBEAT.items() if key != "message"} | {"json": CALL},
            id="Filebeat that decoded the line",
        ),
        pytest.param({**FILEBEAT, "message": "done", "json": CALL}, id="the same, where the line has a message"),
        pytest.param(FLUENT_BIT, id="Fluent Bit"),
        pytest.param({**FLUENT_BIT, "log": CALL}, id="Fluent Bit with a decoded line"),
        pytest.param({"date": 1795071732.118, "log": LINE}, id="Fluent Bit with nothing but a date"),
        pytest.param({**FLUENT_BIT, **CALL}, id="Fluent Bit that lifted the line's fields up"),
        pytest.param({**FLUENT_BIT, **CALL, "message": "done"}, id="the same, where the line has a message"),
        pytest.param(VECTOR, id="Vector"),
        pytest.param(
            {**VECTOR, "message": "2026-11-19T07:02:12.1Z stderr P " + LINE}, id="Vector, a container's prefix"
        ),
        pytest.param({**VECTOR, "log": "x"}, id="Vector with a log of its own"),
        pytest.param({"message": LINE, "timestamp": "2026-11-19T07:02:12Z"}, id="some other shipper"),
        pytest.param({"message": json.dumps(FLUENT_BIT), "agent": {}}, id="a shipper behind a shipper"),
    ],
)
def test_line_of_a_shipper_is_a_record(value: Any) -> None:
    assert services(value) == ["billing-api"]


@pytest.mark.parametrize(
    ("value", "service", "second"),
    [
        pytest.param({**FILEBEAT, "message": BARE}, None, 12, id="a host's name is no caller"),
        pytest.param({**FILEBEAT, "message": BARE, "fields": {"service": "x"}}, "x", 12, id="Filebeat's own field"),
        pytest.param({**FLUENT_BIT, "log": BARE}, "billing-api", 12, id="the pod's label"),
        pytest.param({**VECTOR, "message": BARE}, "billing-api", 12, id="the pod's label, under Vector's names"),
        pytest.param({**FLUENT_BIT, "log": BARE, "kubernetes": {"labels": []}}, None, 12, id="labels that are none"),
        pytest.param({**FLUENT_BIT, "log": BARE, "kubernetes": "x"}, None, 12, id="a pod that is text"),
        pytest.param(
            {**FLUENT_BIT, "@timestamp": "soon", "time": "2026-11-19T07:02:13Z", "log": BARE},
            "billing-api",
            13,
            id="a bad time is as good as none",
        ),
    ],
)
def test_shipper_fills_in_caller_and_time(value: Any, service: str | None, second: int) -> None:
    (event,) = events_of(decode(make_record(value)))
    assert event.service == service
    assert event.at.replace(microsecond=0) == datetime(2026, 11, 19, 7, 2, second, tzinfo=UTC)


def test_nearer_envelope_goes_before_the_farther_one() -> None:
    inner = {**FLUENT_BIT, "log": BARE, "@timestamp": "2026-11-19T07:02:14Z"}
    outer = {**VECTOR, "message": json.dumps(inner), "kubernetes": {"pod_labels": {"app": "collector"}}}
    (event,) = events_of(decode(make_record(outer)))
    assert (event.service, event.at) == ("billing-api", datetime(2026, 11, 19, 7, 2, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param({**FILEBEAT, "message": "Server started on port 8080"}, "unknown_format", id="an ordinary line"),
        pytest.param({**FILEBEAT, "message": ""}, "empty", id="an empty line"),
        pytest.param({**FILEBEAT, "message": None}, "unknown_format", id="no line"),
        pytest.param({**FILEBEAT, "message": LINE[:-1]}, "bad_json", id="a line cut short"),
        pytest.param({"log": LINE, "x": 1}, "unknown_format", id="a log that no shipper wrote"),
    ],
)
def test_line_that_is_no_record_is_one_rejection(value: Any, reason: str) -> None:
    decoded = decode(make_record(value))
    assert (decoded.calls, [one.reason for one in decoded.rejections]) == ((), [reason])


@pytest.mark.parametrize("value", [FILEBEAT, FLUENT_BIT, VECTOR], ids=["Filebeat", "Fluent Bit", "Vector"])
def test_shippers_line_reads_the_same_with_memory(value: Any) -> None:
    decoder = Decoder()
    records = [make_record(one) for one in (value, {**value, "kubernetes": []}, value, CALL, value)]
    for record in (*records, *records):
        assert decoder.decode(record) == decode(record)


def framed(content: bytes, schema: int = 7) -> bytes:
    return b"\0" + schema.to_bytes(4, "big") + content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LINE.encode(), id="an object"),
        pytest.param(b" \n" + LINE.encode(), id="space before it"),
        pytest.param(b"[" + LINE.encode() + b"]", id="an array"),
        pytest.param(json.dumps(FLUENT_BIT).encode(), id="a shipper's record"),
    ],
)
def test_json_behind_a_schemas_number_is_read(content: bytes) -> None:
    assert services(framed(content)) == ["billing-api"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x02\x0abilling-api", id="Avro"),
        pytest.param(b"\0\x0a\x05gpt-4", id="Protobuf, its first message"),
        pytest.param(b"\x02\x02\x0a\x05gpt-4", id="Protobuf, a nested message"),
        pytest.param(b'"gpt-4"', id="JSON that is no object"),
        pytest.param(b"   ", id="space"),
    ],
)
def test_what_needs_a_schema_is_rejected_and_says_which(content: bytes) -> None:
    expected = Rejection("needs_schema", "schema 100042: write JSON instead, or JSON Schema")
    assert decode(make_record(framed(content, 100_042))).rejections == (expected,)
    assert decode(make_record(framed(content, 100_042)), "litellm").rejections == (expected,)


@pytest.mark.parametrize("value", [b"\0", b"\0\0\0\0\7"], ids=["a zero", "a number and nothing after it"])
def test_frame_without_content_is_no_format(value: bytes) -> None:
    assert [one.reason for one in decode(make_record(value)).rejections] == ["unknown_format"]


@pytest.mark.parametrize(
    ("value", "environment"),
    [
        pytest.param({**FILEBEAT, "fields": {"environment": "Production"}}, "production", id="Filebeat's own field"),
        pytest.param({**FILEBEAT, "fields": {"env": "staging"}}, "staging", id="a short one"),
        pytest.param(
            {**FLUENT_BIT, "kubernetes": {"labels": {"app": "billing-api", "environment": "staging"}}},
            "staging",
            id="a pod's label",
        ),
        pytest.param(
            {**FILEBEAT, "message": json.dumps(CALL | {"environment": "qa"}), "fields": {"environment": "staging"}},
            "qa",
            id="the record's own goes first",
        ),
        pytest.param(FILEBEAT, None, id="none"),
    ],
)
def test_environment_of_the_line_is_the_records(value: Any, environment: str | None) -> None:
    (event,) = events_of(decode(make_record(value)))
    assert event.environment == environment
