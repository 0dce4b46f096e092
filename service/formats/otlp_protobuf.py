"""OTLP/protobuf, the Collector's default: `ExportTraceServiceRequest` and `ExportLogsServiceRequest`."""

from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from service.core.usage import Decoded, Format, UsageEvent
from service.formats import genai, otlp, times
from service.formats.genai import Caller
from service.formats.reading import Hints
from service.formats.rejecting import UnreadableError

_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})
FIRST_BYTE = 0x0A
"""Field 1, length-delimited: how every request that holds anything begins. It is a line feed too."""


def detect(body: bytes) -> Format | None:
    """The signal, from the fields that only it has in that place. None: another signal, or no OTLP at all."""
    if _has_spans(body):
        return "otlp_traces"
    return "otlp_logs" if _has_log_records(body) else None


def _has_spans(body: bytes) -> bool:
    try:
        traces = TracesData.FromString(body)
    except DecodeError:
        return False
    return any(
        len(span.trace_id) == 16 and len(span.span_id) == 8
        for resource in traces.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


def _has_log_records(body: bytes) -> bool:
    try:
        logs = LogsData.FromString(body)
    except DecodeError:
        return False
    return any(
        record.time_unix_nano or record.observed_time_unix_nano
        for resource in logs.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    )


def read_traces(body: bytes, hints: Hints) -> Decoded:
    try:
        traces = TracesData.FromString(body)
    except DecodeError as error:
        raise UnreadableError("bad_protobuf") from error
    return otlp.gather("otlp_traces", _spans(traces), lambda item: _span(*item, hints))


def read_logs(body: bytes, hints: Hints) -> Decoded:
    try:
        logs = LogsData.FromString(body)
    except DecodeError as error:
        raise UnreadableError("bad_protobuf") from error
    return otlp.gather("otlp_logs", _log_records(logs), lambda item: _log_record(*item, hints))


def _spans(traces: TracesData) -> Iterator[tuple[Caller, str, Span]]:
    for resource in traces.resource_spans:
        caller = _caller(resource.resource)
        for scope in resource.scope_spans:
            reporter = otlp.reporter(scope.scope.name)
            for span in scope.spans:
                yield caller, reporter, span


def _log_records(logs: LogsData) -> Iterator[tuple[Caller, str, LogRecord]]:
    for resource in logs.resource_logs:
        caller = _caller(resource.resource)
        for scope in resource.scope_logs:
            reporter = otlp.log_reporter(scope.scope.name)
            for record in scope.log_records:
                yield caller, reporter, record


def _span(caller: Caller, reporter: str, span: Span, hints: Hints) -> UsageEvent | None:
    attributes = _scalars(span.attributes)
    if not genai.is_call(attributes):
        return None
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    return genai.event_of(
        genai.Telemetry(
            format="otlp_traces",
            reporter=reporter,
            caller=caller,
            at=times.from_nanoseconds(start) if start else hints.time(),
            attributes=attributes,
            latency_ms=otlp.latency_ms(start, end),
            failed=span.status.code in otlp.ERROR,
            message=span.status.message,
            exception=_exception(span.events),
            trace=otlp.trace(span.trace_id.hex(), span.span_id.hex()),
        )
    )


def _log_record(caller: Caller, reporter: str, record: LogRecord, hints: Hints) -> UsageEvent | None:
    attributes = _scalars(record.attributes)
    if (record.event_name or attributes.get(genai.EVENT_NAME)) != genai.INFERENCE_EVENT or not genai.is_call(
        attributes
    ):
        return None
    time = record.time_unix_nano or record.observed_time_unix_nano
    return genai.event_of(
        genai.Telemetry(
            format="otlp_logs",
            reporter=reporter,
            caller=caller,
            at=times.from_nanoseconds(time) if time else hints.time(),
            attributes=attributes,
            trace=otlp.trace(record.trace_id.hex(), record.span_id.hex()),
        )
    )


def _caller(resource: Resource) -> Caller:
    return genai.caller({a.key: a.value.string_value for a in resource.attributes})


def _scalars(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    wanted = genai.WANTED
    return {key: _scalar(a.value) for a in attributes if (key := a.key) in wanted}


def _scalar(value: AnyValue) -> Any:
    text = value.string_value  # most are text, and asking which of them it is costs as much as reading it
    if text:
        return text
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in _SCALARS else None


def _exception(events: Iterable[Span.Event]) -> dict[str, Any]:
    for event in events:
        if event.name == "exception":
            return _scalars(event.attributes)
    return {}
