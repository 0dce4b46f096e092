"""OTLP requests for the tests, in JSON and protobuf."""

from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

START = 1751274843120000000
TRACE = "310c741e95cbdc97ba7e3d122bbe62b8"
SPAN = "8525e863812f10ef"
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.5-preview",
    "gen_ai.response.model": "gpt-4.5-preview-2025-02-27",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 1240,
    "gen_ai.usage.output_tokens": 310,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.request.stream": True,
    "gen_ai.input.messages": "secret prompt",
    "server.address": "api.openai.com",
}
RESOURCE = {"service.name": "billing-api", "service.namespace": "payments", "deployment.environment.name": "Production"}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.system": "openai",
    "llm.invocation_parameters": '{"model": "gpt-4o", "stream": true}',
    "input.value": '{"messages": [{"content": "secret prompt"}], "model": "from-input"}',
}
GONE = (
    "Error code: 404 - {'error': {'message': 'The model `gpt-4.5-preview` has been deprecated, learn more here: "
    "https://platform.openai.com/docs/deprecations', 'type': 'invalid_request_error', 'code': 'model_not_found'}}"
)


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": key, "value": {kinds[type(value)]: str(value) if type(value) is int else value}}
        for key, value in values.items()
    ]


def make_span(values: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 4_180_500_000),
        "attributes": attributes(values),
    } | given


def make_traces(*spans: Any, resource: dict[str, Any] = RESOURCE, scope: str = "my.scope") -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }


def make_logs(values: dict[str, Any], **given: Any) -> dict[str, Any]:
    record = {"timeUnixNano": str(START), "traceId": TRACE, "spanId": SPAN, "attributes": attributes(values)} | given
    scope = {"scope": {"name": "my.scope"}, "logRecords": [record]}
    return {"resourceLogs": [{"resource": {"attributes": attributes(RESOURCE)}, "scopeLogs": [scope]}]}


def span_event(values: dict[str, Any], **given: Any) -> UsageEvent:
    (event,) = events_of(decode(make_record(make_traces(make_span(values, **given)))))
    return event


def calls_of(values: dict[str, Any]) -> int:
    decoded = decode(make_record(make_traces(make_span(values))))
    assert not decoded.rejections
    return len(events_of(decoded))


def decode_all(body: dict[str, Any]) -> tuple[UsageEvent, ...]:
    decoded = decode(make_record(body))
    assert not decoded.rejections
    return events_of(decoded)


def to_protobuf(message: TracesData | LogsData, body: dict[str, Any]) -> bytes:
    """OTLP/JSON has ids in hex where protobuf's own JSON has base64."""
    kind = "Spans" if "resourceSpans" in body else "Logs"
    json_format.ParseDict(body, message)
    for resource in getattr(message, f"resource_{kind.lower()}"):
        for scope in getattr(resource, f"scope_{kind.lower()}"):
            for item in scope.spans if kind == "Spans" else scope.log_records:
                item.trace_id, item.span_id = bytes.fromhex(TRACE), bytes.fromhex(SPAN)
    return message.SerializeToString()
