"""Opens assigned partitions: the offset to read from, and conditions for gaps and recreated topics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.adapters.metrics import GAP_RECORDS
from service.adapters.postgres.conditions import clear_condition, clear_conditions_before, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.watermark_store import add_gap, begin, load_watermarks, move
from service.core.batch import Partition, SourceName
from service.core.condition_ingest import Gap, TopicRecreated
from service.core.position import Begin, Hold, LogState, Renew, Resume, Watermark, where_to_start

_LOSS_SHOWN_FOR = timedelta(days=1)


@dataclass(slots=True)
class OpenedPartitions:
    positions: dict[Partition, int] = field(default_factory=dict)
    """Offset to read from."""
    held: dict[Partition, Hold] = field(default_factory=dict)
    """Not read until the operator decides."""


async def open_partitions(
    database: Database, source: SourceName, logs: Mapping[Partition, LogState], *, now: datetime
) -> OpenedPartitions:
    """Compare the watermarks with the logs and store the start offsets, in one transaction.

    If a partition is in neither part of the answer, another consumer is taking it over: try again.
    """
    opened = OpenedPartitions()
    async with database.begin() as connection:
        watermarks = await load_watermarks(connection, source, logs.keys())
        for partition, log in sorted(logs.items()):
            watermark = watermarks.get(partition)
            start = where_to_start(watermark, log)
            if isinstance(start, Hold):
                opened.held[partition] = start
            elif await _write(connection, source, partition, start, log, now=now):
                opened.positions[partition] = start.offset
        for topic in {p.topic for p in opened.held}:
            await raise_condition(connection, TopicRecreated(topic=topic), since=now)
        for topic in {p.topic for p in opened.positions} - {p.topic for p in opened.held}:
            await clear_condition(connection, "topic_recreated", topic, now=now)
    return opened


async def record_gap(
    database: Database, source: SourceName, partition: Partition, first: int, end: int, *, now: datetime
) -> None:
    """Kafka deleted the offsets from `first` to before `end` while they were waiting to be read."""
    async with database.begin() as connection:
        await add_gap(connection, source, partition, end - first)
        await _tell_gap(connection, partition, first, end, now)


async def forget_losses(connection: Transaction, *, now: datetime) -> None:
    """Close the conditions of losses one day after the last loss. A new loss opens them again; the stored counts
    stay."""
    for kind in ("gap", "values_refused"):
        await clear_conditions_before(connection, kind, now - _LOSS_SHOWN_FOR, now=now)


async def _write(
    connection: Transaction,
    source: SourceName,
    partition: Partition,
    start: Begin | Resume | Renew,
    log: LogState,
    *,
    now: datetime,
) -> bool:
    new = Watermark(log.incarnation, start.offset)
    match start:
        case Begin():
            return await begin(connection, source, partition, new, empty=log.start == log.written, now=now)
        case Renew(old=old):
            return await move(connection, source, partition, old, new)
        case Resume(gap=0):
            return True
        case Resume(offset=offset, old=old, gap=gap):
            await _tell_gap(connection, partition, old.next_offset, offset, now)
            return await move(connection, source, partition, old, new, gap=gap)


async def _tell_gap(connection: Transaction, partition: Partition, first: int, end: int, now: datetime) -> None:
    GAP_RECORDS.labels(partition.topic).inc(end - first)
    gap = Gap(topic=partition.topic, partition=partition.partition, first=first, last=end - 1)
    await raise_condition(connection, gap, since=now)
