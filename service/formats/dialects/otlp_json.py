"""Shapes of OTLP/JSON, by the names that protobuf's messages have as well. A list is decoded at once, and item by item
where one of them does not fit."""

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
    """Of spans or log records."""

    own_scope: _Scope | None = msgspec.field(name="scope", default=None)
    library: _Scope | None = msgspec.field(name="instrumentationLibrary", default=None)
    spans: msgspec.Raw = NULL
    log_records: msgspec.Raw = NULL

    @property
    def scope(self) -> _Scope | None:
        return self.own_scope or self.library


class Resource(msgspec.Struct, gc=False, rename="camel"):
    """With the scopes below it; `instrumentation_library_*` before OTLP 0.15."""

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
    """The items of a list in either encoding. What cannot be read, item or list, is replaced by what it raises."""
    if items is NULL:
        return ()
    if not isinstance(items, msgspec.Raw):
        return items  # type: ignore[no-any-return]  # a list of protobuf
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
