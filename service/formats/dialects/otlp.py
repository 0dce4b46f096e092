"""OTLP traces and logs, as the Collector's Kafka exporter writes them: a request of 1..N resources, scopes, items.

JSON and protobuf have the same names here, so one function reads both.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Container, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from service.core.usage import OF_LOGS, Call, Decoded, Format, PassedOver, Rejection
from service.core.values import milliseconds, text
from service.formats import times
from service.formats.contract import Context, Dialect, mark
from service.formats.dialects import coding_agents, genai, inference
from service.formats.dialects.otlp_json import LogRecord as LogRecordJson
from service.formats.dialects.otlp_json import Logs, Resource, Scope, Traces, each
from service.formats.dialects.otlp_json import Span as SpanJson
from service.formats.dialects.otlp_protobuf import parse_logs, parse_traces
from service.formats.dialects.wrappers import PlacedSpan, without_wrappers
from service.formats.rejecting import READ_ERRORS, UnreadableError, rejection

INFERENCE_EVENT = "gen_ai.client.inference.operation.details"
"""The only log event of the conventions that is a call. Events of single messages (gen_ai.user.message, gen_ai.choice)
are not."""
_EVENT_NAME = "event.name"
_ERROR = (2, "STATUS_CODE_ERROR")
"""A span's status code. Unset and Ok say nothing about HTTP."""
MAX_ITEMS = 50_000
"""Maximum number of spans or log records in one request. The Collector's batches have 8,192."""
_SPAN_ATTRIBUTES = genai.WANTED
_LOG_ATTRIBUTES = genai.WANTED | coding_agents.WANTED | {_EVENT_NAME}
_PROTOBUF_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


class _Kind(NamedTuple):
    """Names of a signal's items in both encodings."""

    scopes: tuple[str, str]
    items: str
    item: type[Any]


_SPANS = _Kind(("scope_spans", "instrumentation_library_spans"), "spans", SpanJson)
_RECORDS = _Kind(("scope_logs", "instrumentation_library_logs"), "log_records", LogRecordJson)


class _Item(NamedTuple):
    resource: int
    """Number of the item in the request."""
    caller: genai.Caller
    scope: str
    content: Any


def _read_traces(traces: Any, context: Context) -> Decoded:
    found = _Results("otlp_traces", "other_spans")
    seen: set[tuple[str, str]] = set()
    spans: list[PlacedSpan] = []
    for item in found.limited(_items(traces.resource_spans, _SPANS)):
        ids = _hex(item.content.trace_id), _hex(item.content.span_id)
        if ids in seen:
            continue
        try:
            spans.append(_span(item, *ids, context))
        except READ_ERRORS as error:
            found.reject(error)
            continue
        if ids[1]:
            seen.add(ids)
    for call in without_wrappers(spans):
        found.add(call)
    return found.decoded()


def _span(item: _Item, trace: str, own: str, context: Context) -> PlacedSpan:
    raw = item.content
    attributes = _attributes(raw.attributes, _SPAN_ATTRIBUTES)
    call = None
    if inference.is_call(attributes, name=raw.name, kind=raw.kind, scope=item.scope):
        start, end = _nanoseconds(raw.start_time_unix_nano), _nanoseconds_or_zero(raw.end_time_unix_nano)
        status, events = raw.status, raw.events
        telemetry = genai.Telemetry(
            "otlp_traces",
            item.scope or "opentelemetry",
            item.caller,
            times.from_nanoseconds(start) if start else context.time(),
            attributes,
            latency_ms=_latency(start, end),
            failed=status is not None and status.code in _ERROR,
            message=status.message if status is not None else None,
            exception=_exception(events) if events else {},
            trace=_identity(trace, own),
        )
        call = genai.call_of(telemetry)
    return PlacedSpan(
        trace, own, _hex(raw.parent_span_id), (item.resource, item.scope), inference.is_tool(attributes), call
    )


def _read_logs(logs: Any, context: Context) -> Decoded:
    found = _Results("otlp_logs", "other_events")
    for item in found.limited(_items(logs.resource_logs, _RECORDS)):
        try:
            found.add(_log_record(item, context))
        except READ_ERRORS as error:
            found.reject(error)
    return found.decoded()


def _log_record(item: _Item, context: Context) -> Call | None:
    raw = item.content
    attributes = _attributes(raw.attributes, _LOG_ATTRIBUTES)
    event = raw.event_name or attributes.get(_EVENT_NAME)
    body = _scalar(raw.body) if raw.body is not None else None
    agent = coding_agents.full_name(event, body, item.scope)
    if agent is None and (event != INFERENCE_EVENT or not inference.is_call(attributes)):
        return None
    if agent is not None and not coding_agents.is_call(attributes):
        return None
    time = _nanoseconds(raw.time_unix_nano) or _nanoseconds(raw.observed_time_unix_nano)
    telemetry = genai.Telemetry(
        format="otlp_logs",
        reporter=f"{item.scope or 'opentelemetry'}{OF_LOGS}",
        caller=item.caller,
        at=times.from_nanoseconds(time) if time else context.time(),
        attributes=attributes,
        trace=_identity(_hex(raw.trace_id), _hex(raw.span_id)),
    )
    return coding_agents.call_of(agent, telemetry) if agent is not None else genai.call_of(telemetry)


class _Results:
    """Results for the items of a request. An unreadable item does not affect the others."""

    def __init__(self, format_: Format, others: str) -> None:
        self._format = format_
        self._others = others
        self._calls: list[Call] = []
        self._rejections: list[Rejection] = []
        self._passed = 0

    def add(self, call: Call | None) -> None:
        if call is not None:
            self._calls.append(call)
        else:
            self._passed += 1

    def reject(self, error: BaseException) -> None:
        self._rejections.append(rejection(error, self._format))

    def limited(self, items: Iterable[_Item | BaseException]) -> Iterator[_Item]:
        for number, item in enumerate(items):
            if number == MAX_ITEMS:
                self.reject(UnreadableError("too_large", f"more than {MAX_ITEMS} spans or log records"))
                return
            if isinstance(item, BaseException):
                self.reject(item)
            else:
                yield item

    def decoded(self) -> Decoded:
        passed = (PassedOver(self._others, self._format, self._passed),) if self._passed else ()
        return Decoded(tuple(self._calls), tuple(self._rejections), passed)


def _items(resources: Any, kind: _Kind) -> Iterator[_Item | BaseException]:
    """Items; an unreadable one, at any level, is replaced by its exception."""
    for number, resource in enumerate(each(resources, Resource)):
        if number == MAX_ITEMS:
            yield UnreadableError("too_large", f"more than {MAX_ITEMS} resources")
            return
        if isinstance(resource, BaseException):
            yield resource
            continue
        attributes = resource.resource.attributes if resource.resource is not None else None
        caller = genai.caller(
            {a.key: a.value.string_value for a in attributes or () if a.key in genai.CALLER and a.value is not None}
        )
        for scope in chain.from_iterable(each(getattr(resource, name, ()), Scope) for name in kind.scopes):
            if isinstance(scope, BaseException):
                yield scope
                continue
            named = text(scope.scope.name) if scope.scope is not None else None
            for item in each(getattr(scope, kind.items), kind.item):
                yield item if isinstance(item, BaseException) else _Item(number, caller, named or "", item)


def _attributes(attributes: Any, wanted: Container[str]) -> dict[str, Any]:
    return {a.key: _scalar(a.value) for a in attributes or () if a.key in wanted and a.value is not None}


def _scalar(value: Any) -> Any:
    """Lists and maps are not read."""
    found = value.string_value  # most are text; in protobuf, checking the type costs as much as reading
    if found:
        return found
    if type(value) is AnyValue:
        kind = value.WhichOneof("value")
        return getattr(value, kind) if kind in _PROTOBUF_SCALARS else None
    if found is None and (found := value.int_value) is None and (found := value.bool_value) is None:
        found = value.double_value
    return found


def _exception(events: Any) -> dict[str, Any]:
    return next((_attributes(event.attributes, genai.WANTED) for event in events if event.name == "exception"), {})


def _hex(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else (value if isinstance(value, str) else "")


def _identity(trace: str, span_id: str) -> str | None:
    """Id of a call without a provider's id."""
    return f"{trace}/{span_id}" if len(trace) == 32 and len(span_id) == 16 else None


def _nanoseconds(value: Any) -> int:
    """Unix nanoseconds: text in JSON, numbers accepted; 0 means "not set"."""
    if type(value) is int:
        return value
    if value is None or value == "":
        return 0
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    raise UnreadableError("bad_time", "not a number of nanoseconds")


def _nanoseconds_or_zero(value: Any) -> int:
    """For an optional time: the call counts without it."""
    try:
        return _nanoseconds(value)
    except UnreadableError:
        return 0


def _latency(start: int, end: int) -> float | None:
    """None: one of them is not set, or the end is beyond 64 bits."""
    return milliseconds((end - start) / 1_000_000) if start and 0 < end < 2**64 else None


TRACES = Dialect(
    "otlp_traces",
    "OTLP spans, protobuf or JSON: GenAI conventions old and new, OpenLLMetry, OpenInference",
    Traces,
    (mark("resourceSpans"),),
    _read_traces,
    parse_traces,
    passes={
        "other_spans": "other spans, or spans that repeat the calls below them. To see calls, let the SDK's "
        "instrumentation write spans with `gen_ai.request.model`"
    },
)
LOGS = Dialect(
    "otlp_logs",
    "OTLP log events of calls: `gen_ai.client.inference.operation.details`, and those of coding agents",
    Logs,
    (mark("resourceLogs"),),
    _read_logs,
    parse_logs,
    passes={
        "other_events": "log records that are not calls. To see calls, send the traces too, or let the"
        f" instrumentation write `{INFERENCE_EVENT}`"
    },
)
