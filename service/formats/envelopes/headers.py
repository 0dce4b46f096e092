"""Context from Kafka headers: attributes of a CloudEvent in binary mode, and the operation on a row.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
https://debezium.io/documentation/reference/stable/transformations/event-flattening.html
"""

from typing import Any

import msgspec

from service.formats.contract import Context
from service.formats.envelopes import cloudevents, debezium
from service.formats.record import Record
from service.formats.rejecting import MSGSPEC_ERRORS


class _WithSchema(msgspec.Struct, gc=False):
    payload: Any = None


_JSON = msgspec.json.Decoder(_WithSchema | str)


def context_of(record: Record) -> Context | None:
    """None: a header reports a changed row, whose call was counted when it was written. Values can be any bytes, or
    None."""
    source, time, operation = _attributes(record)
    if operation and _operation(operation) in debezium.CHANGED:
        return None
    if not source and not time:
        return Context(record)
    return Context(record, _text(time), cloudevents.caller_of(_text(source)))


def words_of(record: Record) -> Any:
    """What the words of `context_of` depend on, hashable. None as there."""
    source, _, operation = _attributes(record)
    if operation and _operation(operation) in debezium.CHANGED:
        return None
    return source or ()


def _attributes(record: Record) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Source and time of a CloudEvent, and the operation."""
    source = time = operation = None
    for name, content in record.headers:
        if name == "ce_source":
            source = content or source
        elif name == "ce_time":
            time = content or time
        elif name == "__op":
            operation = content
    return source, time, operation


def _text(content: bytes | None) -> str | None:
    return content.decode("utf-8", "replace") if type(content) is bytes else None


def _operation(content: bytes) -> Any:
    """The operation, plain or in Kafka Connect's JSON with or without a schema. None: unknown."""
    try:
        said = _JSON.decode(content)
    except MSGSPEC_ERRORS:
        return _text(content)
    return said.payload if isinstance(said, _WithSchema) else said
