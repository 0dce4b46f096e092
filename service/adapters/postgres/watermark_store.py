"""Watermarks: the next offset to apply, per partition. They alone define what has been counted."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import BigInteger, ColumnElement, DateTime, Integer, Text, case, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.conditions import clear_condition
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import conditions, watermarks
from service.adapters.postgres.unnest import unnested
from service.core.batch import OffsetSpan, Partition, SourceName
from service.core.position import ACCEPTED, Watermark

_w = watermarks.c
_KAFKA: SourceName = "kafka"
"""The only source that can be behind, and whose topics can be recreated."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Counts as never: a partition in its first records may contain any call."""


async def load_watermarks(
    connection: AsyncConnection, source: SourceName, partitions: Collection[Partition]
) -> dict[Partition, Watermark]:
    """The watermarks of partitions that were read before."""
    rows = await connection.execute(
        select(_w.topic, _w.partition, _w.incarnation, _w.next_offset).where(
            _w.source == source, tuple_(_w.topic, _w.partition).in_([tuple(p) for p in partitions])
        )
    )
    return {Partition(r.topic, r.partition): Watermark(r.incarnation, r.next_offset) for r in rows}


async def begin(
    connection: AsyncConnection,
    source: SourceName,
    partition: Partition,
    watermark: Watermark,
    *,
    empty: bool,
    now: datetime,
) -> bool:
    """Store the first watermark of a partition; `empty`: it has no records yet. False: another consumer was faster."""
    done = await connection.execute(
        insert(watermarks)
        .values(
            source=source,
            topic=partition.topic,
            partition=partition.partition,
            incarnation=watermark.incarnation,
            next_offset=watermark.next_offset,
            applied_at=now,
            caught_up_at=now if empty else None,
        )
        .on_conflict_do_nothing()
    )
    return done.rowcount == 1


async def move(
    connection: AsyncConnection,
    source: SourceName,
    partition: Partition,
    old: Watermark,
    new: Watermark,
    *,
    gap: int = 0,
) -> bool:
    """Move a watermark without applying records. False: it is no longer `old`, because another consumer writes this
    partition."""
    done = await connection.execute(
        update(watermarks)
        .where(
            _w.source == source,
            _w.topic == partition.topic,
            _w.partition == partition.partition,
            _w.incarnation == old.incarnation,
            _w.next_offset == old.next_offset,
        )
        .values(incarnation=new.incarnation, next_offset=new.next_offset, gap_records=_w.gap_records + gap)
    )
    return done.rowcount == 1


async def add_gap(connection: AsyncConnection, source: SourceName, partition: Partition, records: int) -> None:
    await connection.execute(
        update(watermarks)
        .where(_w.source == source, _w.topic == partition.topic, _w.partition == partition.partition)
        .values(gap_records=_w.gap_records + records)
    )


async def advance(
    connection: AsyncConnection, source: SourceName, spans: Mapping[Partition, tuple[str, OffsetSpan]], *, now: datetime
) -> set[Partition]:
    """Move each watermark from `expected` to `next_offset` of its span, if incarnation and offset are as expected.

    Returns the partitions where they were not: then the caller must roll back.
    """
    ordered = sorted(spans.items())
    await connection.execute(  # locks in one order, to avoid deadlocks
        select(_w.topic)
        .where(_w.source == source, tuple_(_w.topic, _w.partition).in_([tuple(p) for p, _ in ordered]))
        .order_by(_w.topic, _w.partition)
        .with_for_update()
    )
    v = unnested(
        ("topic", Text(), [p.topic for p, _ in ordered]),
        ("partition", Integer(), [p.partition for p, _ in ordered]),
        ("incarnation", Text(), [incarnation for _, (incarnation, _) in ordered]),
        ("expected", BigInteger(), [span.expected for _, (_, span) in ordered]),
        ("next_offset", BigInteger(), [span.next_offset for _, (_, span) in ordered]),
        ("call_records", BigInteger(), [span.call_records for _, (_, span) in ordered]),
        ("rejected_records", BigInteger(), [span.rejected_records for _, (_, span) in ordered]),
        ("other_records", BigInteger(), [span.other_records for _, (_, span) in ordered]),
    )
    moved = await connection.execute(
        update(watermarks)
        .where(
            _w.source == source,
            _w.topic == v.c.topic,
            _w.partition == v.c.partition,
            _w.incarnation == v.c.incarnation,
            _w.next_offset == v.c.expected,
        )
        .values(
            next_offset=v.c.next_offset,
            records=_w.records + v.c.call_records + v.c.rejected_records + v.c.other_records,
            call_records=_w.call_records + v.c.call_records,
            rejected_records=_w.rejected_records + v.c.rejected_records,
            other_records=_w.other_records + v.c.other_records,
            applied_at=now,
            called_at=case((v.c.call_records > 0, literal(now, DateTime(timezone=True))), else_=_w.called_at),
        )
        .returning(_w.topic, _w.partition)
    )
    return set(spans) - {Partition(r.topic, r.partition) for r in moved}


async def note_caught_up(
    connection: AsyncConnection, ends: Mapping[Partition, tuple[str, int, datetime]]
) -> set[Partition]:
    """Takes (incarnation, offset, instant) per Kafka partition; all records before the offset were written before the
    instant.

    Records the instant for partitions that have applied all records before the offset, and returns them.
    """
    ordered = sorted(ends.items())
    v = unnested(
        ("topic", Text(), [p.topic for p, _ in ordered]),
        ("partition", Integer(), [p.partition for p, _ in ordered]),
        ("incarnation", Text(), [incarnation for _, (incarnation, _, _) in ordered]),
        ("reached", BigInteger(), [offset for _, (_, offset, _) in ordered]),
        ("at", DateTime(timezone=True), [at for _, (_, _, at) in ordered]),
    )
    done = await connection.execute(
        update(watermarks)
        .where(
            _w.source == _KAFKA,
            _w.topic == v.c.topic,
            _w.partition == v.c.partition,
            _w.incarnation == v.c.incarnation,
            _w.next_offset >= v.c.reached,
        )
        .values(caught_up_at=func.greatest(_w.caught_up_at, v.c.at))
        .returning(_w.topic, _w.partition)
    )
    return {Partition(r.topic, r.partition) for r in done}


async def known_until(connection: AsyncConnection, topics: Collection[str], *, now: datetime) -> datetime:
    """Time up to which all calls on these topics are recorded, at most `now`. `topics`: those that are read now.

    Ignores partitions that were never read, and topics whose records the operator has given up.
    """
    caught_up = func.min(func.coalesce(_w.caught_up_at, NEVER))
    least: datetime | None = await connection.scalar(select(caught_up).where(*_read(topics)))
    return now if least is None else min(now, least)


async def clock(connection: AsyncConnection) -> datetime:
    """The real time, by the database's clock."""
    at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return at


async def topics_behind(connection: AsyncConnection, topics: Collection[str], before: datetime) -> dict[str, datetime]:
    """Topics with a partition that was last read to its end before the instant, with the earliest such time.

    A partition that is still in its first records counts only if none of it is being applied.
    """
    since = func.min(func.coalesce(_w.caught_up_at, _w.applied_at)).label("since")
    rows = await connection.execute(
        select(_w.topic, since).where(*_read(topics)).group_by(_w.topic).having(since < before)
    )
    return {row.topic: row.since for row in rows}


def _read(topics: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (_w.source == _KAFKA, _w.topic.in_(topics), _w.incarnation != ACCEPTED)


async def accept_recreated(database: Database, topic: str, *, now: datetime) -> int:
    """Accept that the topic's old records are gone: consumers continue with the current topic.

    Totals stay. Returns the number of partitions. 0: the topic is not held, and nothing changes, because giving up a
    valid watermark would count its records again.
    """
    held = select(conditions.c.kind).where(
        conditions.c.kind == "topic_recreated", conditions.c.subject == topic, conditions.c.cleared_at.is_(None)
    )
    async with database.begin() as connection:
        done = await connection.execute(
            update(watermarks).where(_w.source == _KAFKA, _w.topic == topic, held.exists()).values(incarnation=ACCEPTED)
        )
        await clear_condition(connection, "topic_recreated", topic, now=now)
    return done.rowcount
