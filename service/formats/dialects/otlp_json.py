"""Shapes of OTLP/JSON, by the names that protobuf's messages have as well. Items are decoded one by one."""

from typing import Any

import msgspec

from service.formats import tolerant


class _Value(msgspec.Struct, gc=False, rename="camel"):
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
    name: str | None = None


class _Scoped(msgspec.Struct, gc=False, rename="camel"):
    own_scope: _Scope | None = msgspec.field(name="scope", default=None)
    library: _Scope | None = msgspec.field(name="instrumentationLibrary", default=None)
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None

    @property
    def scope(self) -> _Scope | None:
        return self.own_scope or self.library


class _ResourceSpans(msgspec.Struct, gc=False, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_Scoped] | None = None
    instrumentation_library_spans: list[_Scoped] | None = None
    """`scope_spans` before OTLP 0.15."""


class Traces(msgspec.Struct, gc=False, rename="camel"):
    resource_spans: list[_ResourceSpans] | None


class _ResourceLogs(msgspec.Struct, gc=False, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_Scoped] | None = None
    instrumentation_library_logs: list[_Scoped] | None = None


class Logs(msgspec.Struct, gc=False, rename="camel"):
    resource_logs: list[_ResourceLogs] | None


class _Status(msgspec.Struct, gc=False):
    code: Any = None
    message: Any = None


class _Event(msgspec.Struct, gc=False):
    name: Any = None
    attributes: list[_Attribute] | None = None


class _Span(msgspec.Struct, gc=False, rename="camel"):
    trace_id: Any = None
    span_id: Any = None
    parent_span_id: Any = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: Any = None
    end_time_unix_nano: Any = None
    attributes: list[_Attribute] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _LogRecord(msgspec.Struct, gc=False, rename="camel"):
    time_unix_nano: Any = None
    observed_time_unix_nano: Any = None
    event_name: Any = None
    body: _Value | None = None
    attributes: list[_Attribute] | None = None
    trace_id: Any = None
    span_id: Any = None


def span(item: Any) -> Any:
    """A span of either encoding. Raises what msgspec raises."""
    return tolerant.decode(_Span, item) if isinstance(item, msgspec.Raw) else item


def log_record(item: Any) -> Any:
    return tolerant.decode(_LogRecord, item) if isinstance(item, msgspec.Raw) else item
