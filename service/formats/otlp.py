"""What OTLP's two encodings have in common, and the choice between them."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from service.core.usage import Decoded, Format, Rejection, UsageEvent
from service.formats import values
from service.formats.reading import NOTHING
from service.formats.rejecting import READ_ERRORS, UnreadableError, rejection

ERROR = (2, "STATUS_CODE_ERROR")
"""A span's status code. Unset and Ok are no statement about HTTP."""
MAX_ITEMS = 50_000
"""Spans or log records of one request. The Collector's batches are of 8,192."""
_Item = TypeVar("_Item")


def gather(format_: Format, items: Iterable[_Item], read: Callable[[_Item], UsageEvent | None]) -> Decoded:
    """An item that cannot be read costs itself, not its batch."""
    events: list[UsageEvent] = []
    rejections: list[Rejection] = []
    for number, item in enumerate(items):
        if number == MAX_ITEMS:
            rejections.append(Rejection("too_large", f"more than {MAX_ITEMS} spans or log records", format_))
            break
        try:
            if (event := read(item)) is not None:
                events.append(event)
        except READ_ERRORS as error:
            rejections.append(rejection(error, format_))
    return Decoded(tuple(events), tuple(rejections)) if events or rejections else NOTHING


def reporter(scope: Any) -> str:
    return values.text(scope) or "opentelemetry"


def log_reporter(scope: Any) -> str:
    """A span and a log event of one call come from one scope: two reporters, or the call would count twice."""
    return f"{reporter(scope)} (logs)"


def nanoseconds(value: Any) -> int:
    """Unix nanoseconds; text in JSON, numbers accepted; 0 is "not set"."""
    if type(value) is int:
        return value
    if value is None or value == "":
        return 0
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    raise UnreadableError("bad_time", "not a number of nanoseconds")


def nanoseconds_or_zero(value: Any) -> int:
    """For a time without which the call still counts."""
    try:
        return nanoseconds(value)
    except UnreadableError:
        return 0


def latency_ms(start: int, end: int) -> float | None:
    """None when either is not set, or the end lies beyond what 64 bits hold."""
    return values.milliseconds((end - start) / 1_000_000) if start and 0 < end < 2**64 else None


def trace(trace_id: Any, span_id: Any) -> str | None:
    """A call's identity where the provider gave none, from ids in hex."""
    if not (isinstance(trace_id, str) and isinstance(span_id, str) and trace_id and span_id):
        return None
    return values.text(f"{trace_id}/{span_id}") if len(trace_id) == 32 and len(span_id) == 16 else None
