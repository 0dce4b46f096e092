"""Debezium's change events, and the rows of its unwrapping transform.

A row that is written, or read for a snapshot, is a record. Later changes of the row are not: a call is counted once.
https://debezium.io/documentation/reference/stable/connectors/postgresql.html
https://debezium.io/documentation/reference/stable/transformations/event-flattening.html
"""

from typing import Any

import msgspec

from service.core.usage import PassedOver, Scalar
from service.formats.contract import NULL, Context, Envelope, Inner, mark, within

WRITTEN = ("c", "r")
"""Operations: a row was created, or read for a snapshot."""
CHANGED = ("u", "d", "t", "m")
"""Operations: a row was updated or deleted, a table was emptied, a message was logged."""
ROW_CHANGED = PassedOver("row_changed", "debezium")


class _Source(msgspec.Struct, gc=False):
    ts_ms: Scalar = None


class _Change(msgspec.Struct, gc=False):
    op: Scalar | msgspec.UnsetType = msgspec.UNSET
    before: msgspec.Raw = NULL
    after: msgspec.Raw = NULL
    source: _Source | None = None
    ts_ms: Scalar = None


class _Row(msgspec.Struct, gc=False):
    op: Scalar = msgspec.field(name="__op", default=None)
    deleted: Any = msgspec.field(name="__deleted", default=None)


def _open_change(change: _Change, context: Context) -> Inner | PassedOver:
    """Uses the database's time of the change, or else the connector's. In a CloudEvent, the event has the operation."""
    after = change.after
    was_written = change.before == NULL if change.op is msgspec.UNSET else change.op in WRITTEN
    if not was_written or after == NULL:
        return ROW_CHANGED
    written = change.source.ts_ms if change.source is not None else None
    return Inner(after, within(context, (written, change.ts_ms)))


def _open_row(row: _Row, context: Context) -> Inner | PassedOver:
    if str(row.deleted).lower() == "true" or row.op not in (*WRITTEN, None):
        return ROW_CHANGED
    return Inner(None, context)


CHANGE = Envelope(
    "debezium",
    "Debezium's change events: rows that were written, or read for a snapshot",
    (
        *(mark("op", "source", key) for key in ("after", "before", "ts_ms")),
        mark("op", "after"),
        mark("before", "after"),
    ),
    _open_change,
    _Change,
    body="after",
    uncounted=frozenset({"source", "ts_ms"}),
    passes={"row_changed": "an update or deletion of a row, whose call was counted when it was written"},
)
ROW = Envelope(
    "debezium_row",
    "rows of Debezium's unwrapping transform, with `__op` (also a Kafka header) or `__deleted`",
    (mark("__op"), mark("__deleted")),
    _open_row,
    _Row,
    outermost=True,
)
