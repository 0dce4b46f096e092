"""What Kafka headers say of a record: the attributes of a CloudEvent in binary mode, and what became of a row.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
https://debezium.io/documentation/reference/stable/transformations/event-flattening.html
"""

from service.formats.contract import Context
from service.formats.envelopes import cloudevents, debezium
from service.formats.record import Record


def context_of(record: Record) -> Context | None:
    """None: a row was changed, and its call was counted when it was written. Values can be any bytes, or None."""
    source = time = operation = None
    for name, content in record.headers:
        if name == "ce_source":
            source = content or source
        elif name == "ce_time":
            time = content or time
        elif name == "__op":
            operation = content
    if operation is not None and _text(operation) not in debezium.WRITTEN:
        return None
    context = Context(record)
    return cloudevents.within_event(context, _text(source), _text(time)) if source or time else context


def _text(content: bytes | None) -> str | None:
    """Without the quotes of Kafka Connect's JSON converter."""
    return content.decode("utf-8", "replace").strip('"') if type(content) is bytes else None
