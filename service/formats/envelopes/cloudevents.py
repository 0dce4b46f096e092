"""CloudEvents: structured mode as an object, binary mode as headers.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
https://debezium.io/documentation/reference/stable/integrations/cloudevents.html
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence

import msgspec

from service.core.usage import PassedOver, Rejection, Scalar
from service.formats.contract import NULL, Context, Envelope, Inner, mark, within
from service.formats.envelopes import debezium
from service.formats.record import Record
from service.formats.rejecting import UnreadableError


class _CloudEvent(msgspec.Struct, gc=False):
    source: Scalar = None
    time: Scalar = None
    data: msgspec.Raw = NULL
    data_base64: str | None = None
    debezium_operation: Scalar = msgspec.field(name="iodebeziumop", default=None)


def context_of(record: Record) -> Context:
    """In binary mode the attributes stand in headers, whose values can be any bytes, or None."""
    return _with_attributes(Context(record), record.headers) if record.headers else Context(record)


def _with_attributes(context: Context, headers: Sequence[tuple[str, bytes | None]]) -> Context:
    found = {name: content for name, content in headers if name in {"ce_time", "ce_source"} and content}
    if not found:
        return context
    source, time = (_text(found.get(name)) for name in ("ce_source", "ce_time"))
    return _within(context, source, time)


def _text(content: bytes | None) -> str | None:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else None


def _open(event: _CloudEvent, context: Context) -> Inner | PassedOver | Rejection:
    if event.debezium_operation is not None and event.debezium_operation not in debezium.WRITTEN:
        return debezium.ROW_CHANGED
    source = event.source if isinstance(event.source, str) else None
    context = _within(context, source, event.time if isinstance(event.time, str) else None)
    if event.data_base64 is not None:
        try:
            return Inner(b64decode(event.data_base64, validate=True), context)
        except (binascii.Error, ValueError) as error:
            raise UnreadableError("bad_encoding", "data_base64") from error
    return Inner(event.data, context) if event.data != NULL else Rejection("empty", "CloudEvent without data")


def _within(context: Context, source: str | None, time: str | None) -> Context:
    """The last segment of a source such as `/services/billing-api` names who wrote the event."""
    caller = source.rstrip("/").rpartition("/")[2] if source else None
    return within(context, time, caller)


STRUCTURED = Envelope(
    "cloudevents",
    "CloudEvents, structured; binary ones have their attributes in headers",
    (mark("specversion", "type", "source", "id"),),
    _open,
    _CloudEvent,
)
