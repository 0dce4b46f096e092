"""OTLP requests in protobuf, and their detection."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from service.formats.dialects.protobuf_text import with_whole_text

_FIRST_BYTE = b"\n"
"""Field 1, length-delimited: every non-empty request begins with it."""
_Message = TypeVar("_Message", bound=Message)


def parse_traces(body: bytes) -> TracesData | None:
    """Other bytes may parse by chance, but hardly with ids of the right length in the right fields."""
    traces = _parsed(TracesData, body)
    if traces is None:
        return None
    spans = (span for one in traces.resource_spans for scope in one.scope_spans for span in scope.spans)
    return traces if any(len(span.trace_id) == 16 and len(span.span_id) == 8 for span in spans) else None


def parse_logs(body: bytes) -> LogsData | None:
    logs = _parsed(LogsData, body)
    if logs is None:
        return None
    records = (record for one in logs.resource_logs for scope in one.scope_logs for record in scope.log_records)
    return logs if any(record.time_unix_nano or record.observed_time_unix_nano for record in records) else None


def _parsed(message: type[_Message], body: bytes) -> _Message | None:
    if body[:1] != _FIRST_BYTE:
        return None
    try:
        return message.FromString(body)
    except DecodeError:
        mended = with_whole_text(body, message.DESCRIPTOR)
    try:
        return message.FromString(mended) if mended is not None and mended != body else None
    except DecodeError:
        return None
