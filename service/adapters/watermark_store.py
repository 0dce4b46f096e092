"""Watermarks: which offset of each partition is the next one to apply. The one authority on what has been counted."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Integer, Text, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.conditions import clear_condition
from service.adapters.database import Database
from service.adapters.tables import conditions, watermarks
from service.adapters.unnest import unnested
from service.core.batch import Partition, Span
from service.core.position import ACCEPTED, Watermark

_w = watermarks.c


async def load_watermarks(connection: AsyncConnection, partitions: Collection[Partition]) -> dict[Partition, Watermark]:
    """Those that have been read before."""
    rows = await connection.execute(
        select(_w.topic, _w.partition, _w.incarnation, _w.next_offset).where(
            tuple_(_w.topic, _w.partition).in_([tuple(p) for p in partitions])
        )
    )
    return {Partition(r.topic, r.partition): Watermark(r.incarnation, r.next_offset) for r in rows}


async def begin(connection: AsyncConnection, partition: Partition, watermark: Watermark, *, now: datetime) -> bool:
    """A partition's first watermark. False: another consumer was faster."""
    done = await connection.execute(
        insert(watermarks)
        .values(
            topic=partition.topic,
            partition=partition.partition,
            incarnation=watermark.incarnation,
            next_offset=watermark.next_offset,
            applied_at=now,
        )
        .on_conflict_do_nothing()
    )
    return done.rowcount == 1


async def move(
    connection: AsyncConnection, partition: Partition, old: Watermark, new: Watermark, *, gap: int = 0
) -> bool:
    """Set it elsewhere without applying records. False: it is no longer `old`, somebody else writes this partition."""
    done = await connection.execute(
        update(watermarks)
        .where(
            _w.topic == partition.topic,
            _w.partition == partition.partition,
            _w.incarnation == old.incarnation,
            _w.next_offset == old.next_offset,
        )
        .values(incarnation=new.incarnation, next_offset=new.next_offset, gap_records=_w.gap_records + gap)
    )
    return done.rowcount == 1


async def add_gap(connection: AsyncConnection, partition: Partition, records: int) -> None:
    await connection.execute(
        update(watermarks)
        .where(_w.topic == partition.topic, _w.partition == partition.partition)
        .values(gap_records=_w.gap_records + records)
    )


async def advance(
    connection: AsyncConnection, spans: Mapping[Partition, tuple[str, Span]], *, now: datetime
) -> set[Partition]:
    """Move each watermark from the span's first offset to its last, if incarnation and offset are as expected.

    Returns the partitions of which they were not: then the caller must roll back.
    """
    ordered = sorted(spans.items())
    await connection.execute(  # locks in one order, so that two writers wait for each other and never in a ring
        select(_w.topic)
        .where(tuple_(_w.topic, _w.partition).in_([tuple(p) for p, _ in ordered]))
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
        )
        .returning(_w.topic, _w.partition)
    )
    return set(spans) - {Partition(r.topic, r.partition) for r in moved}


async def accept_recreated(database: Database, topic: str, *, now: datetime) -> int:
    """The operator's word that the topic's old records are gone: consumers go on with the topic as it is now.

    Totals stay. Returns the number of partitions; 0: no consumer is held by that topic, and nothing is changed, since
    giving up a sound watermark would count its records again.
    """
    held = select(conditions.c.kind).where(
        conditions.c.kind == "topic_recreated", conditions.c.subject == topic, conditions.c.cleared_at.is_(None)
    )
    async with database.begin() as connection:
        done = await connection.execute(
            update(watermarks).where(_w.topic == topic, held.exists()).values(incarnation=ACCEPTED)
        )
        await clear_condition(connection, "topic_recreated", topic, now=now)
    return done.rowcount
