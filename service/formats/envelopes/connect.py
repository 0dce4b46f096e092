"""Kafka Connect's JSON converter with schemas: `schema` and `payload`, and nothing else.

https://kafka.apache.org/documentation/#connect
"""

from typing import Any

import msgspec

from service.core.usage import PassedOver
from service.formats.contract import NULL, Context, Envelope, Inner, mark


class _Connect(msgspec.Struct, gc=False):
    payload: msgspec.Raw
    schema: Any = None


def _open(envelope: _Connect, context: Context) -> Inner | PassedOver:
    body = envelope.payload
    return Inner(body, context) if body != NULL else PassedOver("deleted_row", "connect")


CONNECT = Envelope(
    "connect",
    "Kafka Connect's JSON with its schema",
    (mark("schema", "payload", alone=True),),
    _open,
    _Connect,
    body="payload",
    uncounted=frozenset({"schema"}),
    passes={"deleted_row": "a deleted row"},
)
