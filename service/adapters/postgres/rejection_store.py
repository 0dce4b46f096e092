"""What is not counted as a call: records that were not understood, and calls that the database would not take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.conditions import Condition, raise_condition
from service.adapters.postgres.tables import rejections
from service.core.batch import Batch, RejectionCount, RejectionKey, topic_in_words


@dataclass(frozen=True, slots=True)
class Refused:
    """Calls of one series in one hour, and the name of the error."""

    calls: int
    reason: str


async def add_rejections(connection: AsyncConnection, counts: Mapping[RejectionKey, RejectionCount]) -> None:
    statement = insert(rejections)
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in rejections.primary_key],
        set_={"rejected": rejections.c.rejected + statement.excluded.rejected},
    )
    rows = [
        {
            "source": key.source,
            "topic": key.topic,
            "reason": key.reason,
            "hour": key.hour,
            "format": key.format or "",
            "rejected": count.rejected,
            "sample_partition": count.partition,
            "sample_offset": count.offset,
            "detail": count.detail,
        }
        for key, count in sorted(counts.items(), key=lambda item: (*item[0][:4], item[0].format or ""))
    ]
    if rows:
        await connection.execute(statement, rows)


async def tell_refused(connection: AsyncConnection, batch: Batch, refused: Sequence[Refused], *, now: datetime) -> None:
    """Totals do not remember their records: the operator is told between which offsets these are, and the count goes
    to the first of them."""
    first = min(batch.spans, default=None)
    if first is None:
        return
    calls = sum(one.calls for one in refused)
    reasons = ", ".join(sorted({one.reason for one in refused}))
    key = RejectionKey(batch.source, first.topic, "bad_field", now.replace(minute=0, second=0, microsecond=0), None)
    detail = f"the database refuses the values: {reasons}"
    await add_rejections(
        connection,
        {key: RejectionCount(first.partition, batch.spans[first].expected, detail, calls)},
    )
    await raise_condition(
        connection,
        Condition(
            kind="values_refused",
            subject=spans_in_words(batch),
            detail=f"{calls} calls among these offsets are not counted, {detail}",
            remedy="the records are still on the topic: keep them, and report this with the version of lastcall",
            since=now,
        ),
    )


def spans_in_words(batch: Batch) -> str:
    return ", ".join(
        f"{topic_in_words(batch.source, p.topic)}/{p.partition} {span.expected} to {span.next_offset - 1}"
        for p, span in sorted(batch.spans.items())
    )
