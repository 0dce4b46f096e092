"""Spans and log records of OTLP: real ones, of which ids, times, tokens, models and callers change."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from bench import calls
from bench.rows.row import Row, sample

_SPANS = 20
"""Of a batch as an exporter sends it."""


def rows() -> Iterator[Row]:
    traces, logs = msgspec.json.Decoder(_Traces).decode, msgspec.json.Decoder(_Logs).decode
    yield Row("OTLP JSON, a span", _spans(1), traces)
    yield Row(f"OTLP JSON, {_SPANS} spans", _spans(_SPANS), traces, _SPANS)
    yield Row("OTLP JSON, a log record", _log_record(), logs)
    yield Row("OTLP protobuf, a span", _protobuf(1), TracesData.FromString)
    yield Row(f"OTLP protobuf, {_SPANS} spans", _protobuf(_SPANS), TracesData.FromString, _SPANS)


class _Value(msgspec.Struct, gc=False):
    string: str | None = msgspec.field(name="stringValue", default=None)
    integer: str | None = msgspec.field(name="intValue", default=None)


class _Attribute(msgspec.Struct, gc=False):
    key: str
    value: _Value


class _Resource(msgspec.Struct, gc=False):
    attributes: list[_Attribute]


class _Scope(msgspec.Struct, gc=False):
    name: str


class _Item(msgspec.Struct, gc=False):
    """A span or a log record."""

    attributes: list[_Attribute]
    start: str | None = msgspec.field(name="startTimeUnixNano", default=None)
    time: str | None = msgspec.field(name="timeUnixNano", default=None)


class _Spans(msgspec.Struct, gc=False):
    scope: _Scope
    spans: list[_Item]


class _LogRecords(msgspec.Struct, gc=False):
    scope: _Scope
    records: list[_Item] = msgspec.field(name="logRecords")


class _ResourceSpans(msgspec.Struct, gc=False):
    resource: _Resource
    scopes: list[_Spans] = msgspec.field(name="scopeSpans")


class _ResourceLogs(msgspec.Struct, gc=False):
    resource: _Resource
    scopes: list[_LogRecords] = msgspec.field(name="scopeLogs")


class _Traces(msgspec.Struct, gc=False):
    resources: list[_ResourceSpans] = msgspec.field(name="resourceSpans")


class _Logs(msgspec.Struct, gc=False):
    resources: list[_ResourceLogs] = msgspec.field(name="resourceLogs")


def _spans(many: int) -> Callable[[int], bytes]:
    traces = sample("otel_genai_traces_otlp_json")
    (resource,) = traces["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    (first,) = scope["spans"]
    scope["spans"] = [json.loads(json.dumps(first)) for _ in range(many)]

    def build(number: int) -> bytes:
        _name_service(resource, number)
        for at, span in enumerate(scope["spans"], number):
            start = int(calls.moment(at).timestamp() * 1e9)
            span.update(traceId=_id(at, 16).hex(), spanId=_id(at, 8).hex(), name=f"chat {calls.model_of(at)}")
            span.update(startTimeUnixNano=str(start), endTimeUnixNano=str(start + 1_500_000_000))
            _describe(span["attributes"], at)
        return msgspec.json.encode(traces)

    return build


def _log_record() -> Callable[[int], bytes]:
    logs = sample("otel_genai_logs_otlp_json")
    (resource,) = logs["resourceLogs"]
    (record,) = resource["scopeLogs"][0]["logRecords"]

    def build(number: int) -> bytes:
        _name_service(resource, number)
        end = int(calls.moment(number).timestamp() * 1e9)
        record.update(traceId=_id(number, 16).hex(), spanId=_id(number, 8).hex())
        record.update(timeUnixNano=str(end), observedTimeUnixNano=str(end + 3_000_000))
        _describe(record["attributes"], number)
        return msgspec.json.encode(logs)

    return build


def _id(number: int, length: int) -> bytes:
    return random.Random(number).randbytes(length)  # noqa: S311  no secret


def _name_service(resource: Any, number: int) -> None:
    resource["resource"]["attributes"][0]["value"]["stringValue"] = calls.service_of(number)


def _describe(attributes: Any, number: int) -> None:
    said = {
        "gen_ai.request.model": {"stringValue": calls.model_of(number)},
        "gen_ai.response.model": {"stringValue": calls.model_of(number)},
        "gen_ai.response.id": {"stringValue": f"chatcmpl-{number:016x}"},
        "gen_ai.usage.input_tokens": {"intValue": str(calls.input_tokens(number))},
        "gen_ai.usage.output_tokens": {"intValue": str(calls.output_tokens(number))},
    }
    for attribute in attributes:
        attribute["value"] = said.get(attribute["key"], attribute["value"])


def _protobuf(many: int) -> Callable[[int], bytes]:
    """The same as `_spans` gives, in the other encoding."""
    as_json = _spans(many)

    def build(number: int) -> bytes:
        data = TracesData()
        for resource in json.loads(as_json(number))["resourceSpans"]:
            mine = data.resource_spans.add()
            _copy_attributes(resource["resource"]["attributes"], mine.resource.attributes)
            for scope in resource["scopeSpans"]:
                spans = mine.scope_spans.add()
                spans.scope.name, spans.scope.version = scope["scope"]["name"], scope["scope"]["version"]
                for span in scope["spans"]:
                    one = spans.spans.add(name=span["name"], kind=span["kind"])
                    one.trace_id, one.span_id = bytes.fromhex(span["traceId"]), bytes.fromhex(span["spanId"])
                    one.start_time_unix_nano = int(span["startTimeUnixNano"])
                    one.end_time_unix_nano = int(span["endTimeUnixNano"])
                    _copy_attributes(span["attributes"], one.attributes)
        return data.SerializeToString()

    return build


def _copy_attributes(attributes: Any, into: Any) -> None:
    for attribute in attributes:
        one = into.add(key=attribute["key"])
        for kind, value in attribute["value"].items():
            if kind == "stringValue":
                one.value.string_value = value
            elif kind == "intValue":
                one.value.int_value = int(value)
            else:
                for inner in value["values"]:
                    one.value.array_value.values.add(string_value=inner["stringValue"])
