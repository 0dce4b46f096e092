"""CloudEvents in structured mode. In binary mode their attributes are Kafka headers (`headers.py`).

https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
https://debezium.io/documentation/reference/stable/integrations/cloudevents.html
"""

import binascii
from base64 import b64decode
from collections.abc import Callable

import msgspec

from service.core.usage import PassedOver, Rejection, Scalar
from service.core.values import memoised
from service.formats.contract import NULL, Context, Envelope, Inner, mark, within
from service.formats.envelopes import debezium
from service.formats.rejecting import UnreadableError


class _CloudEvent(msgspec.Struct, gc=False):
    source: Scalar = None
    time: Scalar = None
    data: msgspec.Raw = NULL
    data_base64: str | None = None
    debezium_operation: Scalar = msgspec.field(name="iodebeziumop", default=None)


def _open(event: _CloudEvent, context: Context) -> Inner | PassedOver | Rejection:
    if event.debezium_operation is not None and event.debezium_operation not in debezium.WRITTEN:
        return debezium.ROW_CHANGED
    time = event.time if type(event.time) is str else None
    context = within(context, time, caller_of(event.source))
    if event.data_base64 is not None:
        try:
            return Inner(b64decode(event.data_base64, validate=True), context)
        except (binascii.Error, ValueError) as error:
            raise UnreadableError("bad_encoding", "data_base64") from error
    return Inner(event.data, context) if event.data != NULL else Rejection("empty", "CloudEvent without data")


def caller_of(source: Scalar) -> str | None:
    """The author of an event."""
    return _last_segment(source) if type(source) is str else None


_last_segment: Callable[[str], str] = memoised(lambda source: source.rstrip("/").rpartition("/")[2])
"""Last segment of a source such as `/services/billing-api`."""


STRUCTURED = Envelope(
    "cloudevents",
    "CloudEvents in structured mode; in binary mode the attributes are Kafka headers",
    (mark("specversion", "type", "source", "id"),),
    _open,
    _CloudEvent,
    body="data",
    uncounted=frozenset({"time"}),
)
