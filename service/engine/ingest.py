"""Records -> totals in memory -> `UsageStore`. Everything that makes a count exact meets here.

Three offsets of a partition: *applied* is the watermark in the database, the authority; *counted* is where the records
counted in memory end; *committed* is Kafka's own, written afterwards for lag tools and never read.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

import structlog

from service.adapters.kafka.log import KafkaTrouble
from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.trouble import name_of
from service.adapters.postgres.usage_store import Applied, Superseded, UsageStore
from service.core.batch import Batch, DeadLetter, DeadLettersRefused, Partition, RejectionShare, SourceName
from service.core.condition_ingest import RejectionFlood
from service.core.position import LogState
from service.core.rollup import Rollup
from service.core.usage import Call, Decoded, Rejection
from service.engine.flush_outcome import Blocked, Flushed, FlushOutcome, Postponed
from service.engine.partitions import OpenedPartitions, open_partitions, record_gap
from service.formats.record import Record

_log = structlog.get_logger(__name__)

DEAD_LETTER_BYTES = 16 * 1024 * 1024
DEAD_LETTERS = 10_000
"""Dead letters that are held in memory before a flush sends them: their bytes, and their number."""
TROUBLE = (*DatabaseTrouble, *KafkaTrouble)
"""What passes by itself, or by the operator's hand outside lastcall: try again later."""
_APPLY_PATIENCE = 60.0
_LONGEST_WAIT = 30.0


class RecordDecoder(Protocol):
    def counter(self, topic: str, rollup: Rollup) -> Callable[[Record], Call | Decoded | None]:
        """What each record of a topic holds; None where its calls are counted in `rollup` already."""


class PartitionLog(Protocol):
    """The cluster, or what stands for it. Raises one of `KafkaTrouble` when it cannot answer now."""

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]: ...
    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]: ...
    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Raises DeadLettersRefused when trying again will not help."""


@dataclass(frozen=True, slots=True)
class Limits:
    flush_after: timedelta
    flush_keys: int
    rejection_limit: float
    """Share of the last thousand records or more; at 1 a flood never stops the line."""


@dataclass(slots=True)
class _Cursor:
    incarnation: str
    applied: int
    counted: int


class _DoesNotFollow(Exception):
    """A record's offset is below those that were read: the topic was recreated."""


class Ingest:
    """One consume loop's state. `count` and `close` never wait; `open` and `flush` wait for each other."""

    def __init__(
        self, store: UsageStore, log: PartitionLog, decoder: RecordDecoder, limits: Limits, *, source: SourceName
    ) -> None:
        self._store = store
        self._source = source
        self._log = log
        self.decoder = decoder
        self._limits = limits
        self._batch = Batch(source=source)
        self._oldest: datetime | None = None
        self._cursors: dict[Partition, _Cursor] = {}
        self._jumps: dict[Partition, tuple[int, int]] = {}
        self._share = RejectionShare()
        self.failures = 0
        """Flushes that failed in a row."""
        self.trouble: str | None = None
        """The error of the last flush, if it failed."""
        self._life = 0
        """How often everything was given up. Whoever waited compares it."""
        self._busy = asyncio.Lock()
        self._flushing: datetime | None = None
        self.flood: RejectionFlood | None = None
        """Too many rejections: nothing is counted any more."""

    @property
    def positions(self) -> dict[Partition, int]:
        """Where the records counted so far end, by open partition."""
        return {partition: cursor.counted for partition, cursor in self._cursors.items()}

    @property
    def applied(self) -> dict[Partition, int]:
        """The watermark of each open partition, as this process has moved it."""
        return {partition: cursor.applied for partition, cursor in self._cursors.items()}

    @property
    def database(self) -> Database:
        return self._store.database

    @property
    def held_since(self) -> datetime | None:
        """When the oldest record that is not written yet was counted; also while it is being written."""
        return self._flushing or (self._oldest if self._batch else None)

    async def open(self, partitions: Collection[Partition], *, now: datetime) -> OpenedPartitions:
        """Where to read each from. A partition that the result lacks (its topic is missing, or another consumer is
        opening it) must be requested again. Until it is open, its records are ignored."""
        if self.flood is not None:
            return OpenedPartitions()
        async with self._busy:
            life = self._life
            states = await self._log.states(partitions)
            opened = await open_partitions(self._store.database, self._source, states, now=now)
            if life != self._life:  # given up meanwhile
                return OpenedPartitions()
            for partition, offset in opened.positions.items():
                self._cursors[partition] = _Cursor(states[partition].incarnation, offset, offset)
            return opened

    def close(self) -> None:
        """Give all partitions up. What is not applied is forgotten: whoever reads on reads it again. A flush under way
        may still be applied, if nobody else reads yet."""
        self._forget()

    def _forget(self) -> None:
        self._life += 1
        self._batch = Batch(source=self._source)
        self._oldest = None
        self._cursors.clear()
        self._jumps.clear()

    def count(self, records: Iterable[Record], *, now: datetime) -> bool:
        """Count records in memory. False: their offsets do not follow the ones before, so all partitions are given up
        and must be opened again."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        batch = self._batch
        if not batch:
            self._oldest = now
        read = rejected = 0
        rest = iter(records)
        record = next(rest, None)
        try:
            while record is not None:
                partition = Partition(record.topic, record.partition)
                counted, refused, record = self._count_run(chain((record,), rest), partition, hour)
                read += counted
                rejected += refused
        except _DoesNotFollow:
            self._forget()
            return False
        self._share.add(read, rejected)
        if self._share.exceeds(self._limits.rejection_limit):
            self.flood = RejectionFlood(limit=self._limits.rejection_limit, commonest=batch.most_frequent_rejection())
            self._forget()
        return True

    def _count_run(
        self, records: Iterator[Record], partition: Partition, hour: datetime
    ) -> tuple[int, int, Record | None]:
        """Count the first records, as long as they are of `partition`. Returns how many there were, how many of these
        count as rejected, and the record after them."""
        cursor = self._cursors.get(partition)
        if cursor is None:
            return 0, 0, next((one for one in records if (one.topic, one.partition) != partition), None)
        batch = self._batch
        count, add = self.decoder.counter(partition.topic, batch.rollup), batch.rollup.add
        topic, number = partition
        span = batch.span(partition, cursor.counted)
        before, rejected, following, call_records = span.records, span.rejected_records, span.next_offset, 0
        other: Record | None = None
        for record in records:
            if record.partition != number or record.topic != topic:
                other = record
                break
            offset = record.offset
            if offset != following:
                self._jump(partition, following, offset)
            try:
                answer = count(record)
            except Exception as error:
                answer = _failed(record, error)
            if answer is None:  # as for most flat records: accounted for at the end of the run
                call_records += 1
            elif type(answer) is Call:
                call_records += 1
                add(answer)
            else:
                batch.add(span, record, answer, hour)
            following = offset + 1
        batch.end_run(span, call_records, following)
        cursor.counted = following
        return span.records - before, span.rejected_records - rejected, other

    def _jump(self, partition: Partition, following: int, offset: int) -> None:
        """Offsets have gaps (compaction, transactions, retention). They decrease only in a recreated topic."""
        if offset < following:
            raise _DoesNotFollow
        self._jumps[partition] = (self._jumps.get(partition, (following, 0))[0], offset)

    # --- rows out -------------------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """As much is held in memory as should be: flush before counting more."""
        return (
            len(self._batch.rollup) >= self._limits.flush_keys
            or self._batch.dead_letter_bytes >= DEAD_LETTER_BYTES
            or len(self._batch.dead_letters) >= DEAD_LETTERS
        )

    def due(self, *, now: datetime) -> bool:
        """Whether to flush: by time since the oldest record held, or because it is full."""
        if not self._batch or self._oldest is None:
            return False
        return now - self._oldest >= self._limits.flush_after or self.full

    async def flush(self, *, now: datetime) -> FlushOutcome:
        """Send dead letters, then write everything else in one transaction (`UsageStore.apply`). Records may be counted
        meanwhile; they are the next batch."""
        async with self._busy:
            batch, self._batch = self._batch, Batch(source=self._source)
            oldest, self._oldest = self._oldest, now
            self._flushing = oldest if batch else None
            incarnations = {p: self._cursors[p].incarnation for p in batch.spans}
            life = self._life
            applied = False
            try:
                outcome = await self._apply(batch, incarnations, now)
                applied = True
            except DeadLettersRefused as refused:
                blocked = {Partition(letter.record.topic, letter.record.partition) for letter in batch.dead_letters}
                self._forget()
                return Blocked({p: batch.spans[p].expected for p in blocked}, refused)
            except TROUBLE as error:
                self.failures += 1
                self.trouble = name_of(error)
                return Postponed(min(2.0 ** min(self.failures - 1, 10), _LONGEST_WAIT), self.trouble)
            finally:
                self._flushing = None
                if not applied and life == self._life:
                    batch.merge(self._batch)
                    self._batch, self._oldest = batch, oldest
            self.failures, self.trouble = 0, None
            if isinstance(outcome, Superseded):
                self._forget()
                return outcome
            for partition in batch.spans.keys() & self._cursors.keys():
                self._cursors[partition].applied = batch.spans[partition].next_offset
            await self._look_into_jumps(now)
            return Flushed({p: span.next_offset for p, span in batch.spans.items()}, batch, outcome.refused)

    async def _apply(self, batch: Batch, incarnations: Mapping[Partition, str], now: datetime) -> Applied | Superseded:
        if not batch:
            return Applied()
        named = await self._log.incarnations({p.topic for p in batch.spans})
        # Asked after the records were read: if the topic has not changed by now, all of them are of this topic.
        if other := {p for p, incarnation in incarnations.items() if named.get(p.topic) != incarnation}:
            return Superseded(frozenset(other))
        await self._log.send_dead_letters(batch.dead_letters)
        batch.take_dead_letters()
        async with asyncio.timeout(_APPLY_PATIENCE):
            return await self._store.apply(batch, incarnations, now=now)

    async def _look_into_jumps(self, now: datetime) -> None:
        """Record the offsets that Kafka deleted unread, as opposed to those that never existed. All is applied already,
        so a failure loses only the note."""
        jumps, self._jumps = self._jumps, {}
        if not jumps:
            return
        with contextlib.suppress(*TROUBLE):
            states = await self._log.states(jumps.keys())
            for partition, (first, end) in jumps.items():
                if partition in states and states[partition].start > first:
                    lost = min(end, states[partition].start)
                    await record_gap(self.database, self._source, partition, first, lost, now=now)


def _failed(record: Record, error: Exception) -> Decoded:
    """A decoder is total; one that is not costs its record alone."""
    _log.error("decoder_failed", topic=record.topic, offset=record.offset, error=type(error).__name__)
    return Decoded(rejections=(Rejection("bad_field", f"the decoder failed: {type(error).__name__}"),))
