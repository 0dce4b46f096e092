"""OTLP/JSON, as the Collector's Kafka exporter writes it with `otlp_json`: a request of 1..N resources, scopes, spans.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from service.core.usage import Decoded, UsageEvent
from service.formats import genai, otlp, times, tolerant
from service.formats.genai import Caller
from service.formats.reading import Hints
from service.formats.rejecting import UnreadableError


class _Value(msgspec.Struct, gc=False, rename="camel"):
    """Scalars only: lists and maps are no place for what is read here."""

    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None


class _Attribute(msgspec.Struct, gc=False):
    key: str | None = None
    value: _Value | None = None


class _Resource(msgspec.Struct, gc=False):
    attributes: list[_Attribute] | None = None


class _Scope(msgspec.Struct, gc=False):
    name: Any = None


class _ScopeSpans(msgspec.Struct, gc=False):
    scope: _Scope | None = None
    library: _Scope | None = msgspec.field(name="instrumentationLibrary", default=None)
    spans: list[msgspec.Raw] | None = None


class _ResourceSpans(msgspec.Struct, gc=False, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None
    instrumentation_library_spans: list[_ScopeSpans] | None = None
    """`scope_spans` before OTLP 0.15."""


class _Traces(msgspec.Struct, gc=False, rename="camel"):
    resource_spans: list[_ResourceSpans] | None


class _ScopeLogs(msgspec.Struct, gc=False, rename="camel"):
    scope: _Scope | None = None
    library: _Scope | None = msgspec.field(name="instrumentationLibrary", default=None)
    log_records: list[msgspec.Raw] | None = None


class _ResourceLogs(msgspec.Struct, gc=False, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None
    instrumentation_library_logs: list[_ScopeLogs] | None = None


class _Logs(msgspec.Struct, gc=False, rename="camel"):
    resource_logs: list[_ResourceLogs] | None


class _ShapedLogs(_Logs, gc=False, rename="camel"):
    """With the mark of traces, which `detect` asks for first."""

    resource_spans: Any = msgspec.UNSET


class _Status(msgspec.Struct, gc=False):
    code: Any = None
    message: Any = None


class _Event(msgspec.Struct, gc=False):
    name: Any = None
    attributes: list[_Attribute] | None = None


class _Span(msgspec.Struct, gc=False):
    trace_id: Any = msgspec.field(name="traceId", default=None)
    span_id: Any = msgspec.field(name="spanId", default=None)
    start: Any = msgspec.field(name="startTimeUnixNano", default=None)
    end: Any = msgspec.field(name="endTimeUnixNano", default=None)
    attributes: list[_Attribute] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _LogRecord(msgspec.Struct, gc=False):
    time: Any = msgspec.field(name="timeUnixNano", default=None)
    observed: Any = msgspec.field(name="observedTimeUnixNano", default=None)
    event_name: Any = msgspec.field(name="eventName", default=None)
    attributes: list[_Attribute] | None = None
    trace_id: Any = msgspec.field(name="traceId", default=None)
    span_id: Any = msgspec.field(name="spanId", default=None)


_NO_STATUS = _Status()
_TRACES = msgspec.json.Decoder(_Traces)
_LOGS = msgspec.json.Decoder(_Logs)
_SHAPED_LOGS = msgspec.json.Decoder(_ShapedLogs)
_SPAN = msgspec.json.Decoder(_Span)
_LOG_RECORD = msgspec.json.Decoder(_LogRecord)


Item = tuple[Caller, str, msgspec.Raw]
"""One span or log record, with its process and its reporter."""


def read_traces(body: bytes, hints: Hints) -> Decoded:
    return otlp.gather("otlp_traces", _spans(tolerant.decode(_TRACES, body)), lambda item: _span(item, hints))


def read_logs(body: bytes, hints: Hints) -> Decoded:
    return _calls_in_logs(tolerant.decode(_LOGS, body), hints)


def read_logs_if_shaped(body: bytes, hints: Hints) -> Decoded:
    """`read_logs` of what holds no traces. Raises UnreadableError for any other."""
    logs = _SHAPED_LOGS.decode(body)
    if logs.resource_spans is not msgspec.UNSET:
        raise UnreadableError("unknown_format")
    return _calls_in_logs(logs, hints)


def _calls_in_logs(logs: _Logs, hints: Hints) -> Decoded:
    return otlp.gather("otlp_logs", _log_records(logs), lambda item: _log_record(item, hints))


def _spans(traces: _Traces) -> Iterator[Item]:
    for resource in traces.resource_spans or ():
        caller = _caller(resource.resource)
        for scope in (*(resource.scope_spans or ()), *(resource.instrumentation_library_spans or ())):
            reporter = otlp.reporter(_name(scope))
            for raw in scope.spans or ():
                yield caller, reporter, raw


def _log_records(logs: _Logs) -> Iterator[Item]:
    for resource in logs.resource_logs or ():
        caller = _caller(resource.resource)
        for scope in (*(resource.scope_logs or ()), *(resource.instrumentation_library_logs or ())):
            reporter = otlp.log_reporter(_name(scope))
            for raw in scope.log_records or ():
                yield caller, reporter, raw


def _name(scope: _ScopeSpans | _ScopeLogs) -> Any:
    described = scope.scope or scope.library
    return described.name if described is not None else None


def _span(item: Item, hints: Hints) -> UsageEvent | None:
    caller, reporter, raw = item
    span = tolerant.decode(_SPAN, raw)
    attributes = _scalars(span.attributes)
    if not genai.is_call(attributes):
        return None
    start, end = otlp.nanoseconds(span.start), otlp.nanoseconds_or_zero(span.end)
    status = span.status or _NO_STATUS
    return genai.event_of(
        genai.Telemetry(
            format="otlp_traces",
            reporter=reporter,
            caller=caller,
            at=times.from_nanoseconds(start) if start else hints.time(),
            attributes=attributes,
            latency_ms=otlp.latency_ms(start, end),
            failed=status.code in otlp.ERROR,
            message=status.message,
            exception=_exception(span.events),
            trace=otlp.trace(span.trace_id, span.span_id),
        )
    )


def _log_record(item: Item, hints: Hints) -> UsageEvent | None:
    caller, reporter, raw = item
    record = tolerant.decode(_LOG_RECORD, raw)
    attributes = _scalars(record.attributes)
    if (record.event_name or attributes.get(genai.EVENT_NAME)) != genai.INFERENCE_EVENT or not genai.is_call(
        attributes
    ):
        return None
    time = otlp.nanoseconds(record.time) or otlp.nanoseconds(record.observed)
    return genai.event_of(
        genai.Telemetry(
            format="otlp_logs",
            reporter=reporter,
            caller=caller,
            at=times.from_nanoseconds(time) if time else hints.time(),
            attributes=attributes,
            trace=otlp.trace(record.trace_id, record.span_id),
        )
    )


def _caller(resource: _Resource | None) -> Caller:
    attributes = resource.attributes if resource is not None else None
    return genai.caller({a.key or "": a.value.string_value for a in attributes or () if a.value is not None})


def _scalars(attributes: list[_Attribute] | None) -> dict[str, Any]:
    return {a.key: _scalar(a.value) for a in attributes or () if a.value is not None and a.key in genai.WANTED}


def _scalar(value: _Value) -> Any:
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return value.int_value
    return value.bool_value if value.bool_value is not None else value.double_value


def _exception(events: list[_Event] | None) -> dict[str, Any]:
    for event in events or ():
        if event.name == "exception":
            return _scalars(event.attributes)
    return {}
