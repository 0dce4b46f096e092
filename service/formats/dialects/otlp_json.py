"""Shapes of OTLP/JSON, with the names of protobuf's messages. A list is decoded at once, and item by item if one does
not fit."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from service.formats import tolerant
from service.formats.contract import NULL
from service.formats.rejecting import READ_ERRORS


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


class Scope(msgspec.Struct, gc=False, rename="camel"):
    """A scope with its spans or log records."""

    own_scope: _Scope | None = msgspec.field(name="scope", default=None)
    library: _Scope | None = msgspec.field(name="instrumentationLibrary", default=None)
    spans: msgspec.Raw = NULL
    log_records: msgspec.Raw = NULL

    @property
    def scope(self) -> _Scope | None:
        return self.own_scope or self.library


class Resource(msgspec.Struct, gc=False, rename="camel"):
    """A resource with its scopes; `instrumentation_library_*` before OTLP 0.15."""

    resource: _Resource | None = None
    scope_spans: msgspec.Raw = NULL
    instrumentation_library_spans: msgspec.Raw = NULL
    scope_logs: msgspec.Raw = NULL
    instrumentation_library_logs: msgspec.Raw = NULL


class Traces(msgspec.Struct, gc=False, rename="camel"):
    resource_spans: msgspec.Raw


class Logs(msgspec.Struct, gc=False, rename="camel"):
    resource_logs: msgspec.Raw


class _Status(msgspec.Struct, gc=False):
    code: Any = None
    message: Any = None


class _Event(msgspec.Struct, gc=False):
    name: Any = None
    attributes: list[_Attribute] | None = None


class Span(msgspec.Struct, gc=False, rename="camel"):
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


class LogRecord(msgspec.Struct, gc=False, rename="camel"):
    time_unix_nano: Any = None
    observed_time_unix_nano: Any = None
    event_name: Any = None
    body: _Value | None = None
    attributes: list[_Attribute] | None = None
    trace_id: Any = None
    span_id: Any = None


@cache
def _list_of(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(list[shape] | None)


def each(items: Any, shape: Any) -> Iterable[Any]:
    """Items of a list in either encoding. An unreadable item or list is replaced by its exception."""
    if items is NULL:
        return ()
    if not isinstance(items, msgspec.Raw):
        return items  # type: ignore[no-any-return]  # protobuf's list
    found: list[Any] | None
    try:
        found = _list_of(shape).decode(items)
    except READ_ERRORS:
        return _each_by_itself(items, shape)
    return found or ()


def _each_by_itself(items: msgspec.Raw, shape: Any) -> Iterator[Any]:
    try:
        found = _list_of(msgspec.Raw).decode(items) or ()
    except READ_ERRORS as error:
        yield error
        return
    for item in found:
        try:
            yield tolerant.decode(shape, item)
        except READ_ERRORS as error:
            yield error
