"""Counts of what is not a counted call: rejections, passed-over parts, and calls that the database rejects."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.conditions import raise_condition
from service.adapters.postgres.tables import passed_over, rejections
from service.core.batch import Batch, PassedOverKey, RejectionCount, RejectionKey
from service.core.condition_ingest import Offsets, ValuesRefused
from service.core.shapes import bounded_shape


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """Calls of one series in one hour that the database rejected, and the name of the error."""

    calls: int
    reason: str


async def add_rejections(connection: AsyncConnection, counts: Mapping[RejectionKey, RejectionCount]) -> None:
    statement = insert(rejections)
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in rejections.primary_key],
        set_={"rejected": rejections.c.rejected + statement.excluded.rejected},
    )
    folded = await _fold_shapes(connection, counts)
    rows = [
        {
            "source": key.source,
            "topic": key.topic,
            "reason": key.reason,
            "hour": key.hour,
            "format": key.format or "",
            "shape": key.shape,
            "rejected": count.rejected,
            "sample_partition": count.partition,
            "sample_offset": count.offset,
            "detail": count.detail,
        }
        for key, count in sorted(folded.items(), key=lambda item: (*item[0][:4], item[0].format or "", item[0].shape))
    ]
    if rows:
        await connection.execute(statement, rows)


async def _fold_shapes(
    connection: AsyncConnection, counts: Mapping[RejectionKey, RejectionCount]
) -> Mapping[RejectionKey, RejectionCount]:
    """Bounds the number of distinct unknown shapes per topic and hour."""
    r = rejections.c
    hours = {(key.source, key.topic, key.hour) for key in counts if key.shape}
    if not hours:
        return counts
    known: defaultdict[tuple[str, str, datetime], set[str]] = defaultdict(set)
    existing = select(r.source, r.topic, r.hour, r.shape).where(
        r.reason == "unknown_format", tuple_(r.source, r.topic, r.hour).in_(sorted(hours))
    )
    for row in await connection.execute(existing):
        known[row.source, row.topic, row.hour].add(row.shape)
    folded: dict[RejectionKey, RejectionCount] = {}
    for key, count in counts.items():
        shape = bounded_shape(key.shape, known[key.source, key.topic, key.hour])
        mine = folded.setdefault(key._replace(shape=shape), RejectionCount(count.partition, count.offset, count.detail))
        mine.rejected += count.rejected
    return folded


async def add_passed_over(connection: AsyncConnection, passed: Mapping[PassedOverKey, int]) -> None:
    statement = insert(passed_over)
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in passed_over.primary_key],
        set_={"parts": passed_over.c.parts + statement.excluded.parts},
    )
    if passed:
        await connection.execute(statement, [key._asdict() | {"parts": passed[key]} for key in sorted(passed)])


async def record_rejected_values(
    connection: AsyncConnection, batch: Batch, refused: Sequence[RefusedCalls], *, now: datetime
) -> None:
    """Raise a condition with the offsets of the batch, because totals do not know their records. The first partition
    gets the count."""
    first = min(batch.spans, default=None)
    if first is None:
        return
    calls = sum(one.calls for one in refused)
    errors = tuple(sorted({one.reason for one in refused}))
    condition = ValuesRefused(offsets=offsets_of(batch), calls=calls, errors=errors)
    key = RejectionKey(batch.source, first.topic, "bad_field", now.replace(minute=0, second=0, microsecond=0), None)
    count = RejectionCount(first.partition, batch.spans[first].expected, condition.why, calls)
    await add_rejections(connection, {key: count})
    await raise_condition(connection, condition, since=now)


def offsets_of(batch: Batch) -> tuple[Offsets, ...]:
    return tuple(
        Offsets(
            source=batch.source, topic=p.topic, partition=p.partition, first=span.expected, last=span.next_offset - 1
        )
        for p, span in sorted(batch.spans.items())
    )
