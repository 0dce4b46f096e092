"""The consume loop: what happens when partitions come and go, when records arrive, and when time has passed.

A partition of ours is *unopened* until its watermark is compared with the log, then *open* and read. It is *held* when
an operator must say how to go on (the topic was recreated), and *blocked* while its dead letters have no place to go
to. After a flood of rejections nothing is read any more. Nothing here reads a clock or knows Kafka.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from service.adapters.postgres.conditions import clear_condition, raise_condition
from service.adapters.postgres.usage_store import Superseded
from service.core.batch import Partition
from service.core.condition import Condition
from service.core.condition_ingest import DeadLettersWait
from service.engine.flush_outcome import Blocked, Flushed, FlushOutcome, Postponed
from service.engine.ingest import TROUBLE, Ingest
from service.formats.record import Record

_log = structlog.get_logger(__name__)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BEFORE_REOPENING = timedelta(seconds=1)
_BEFORE_UNBLOCKING = timedelta(seconds=5)
_LONGEST_BLOCKED = timedelta(minutes=5)


class Source(Protocol):
    """Hands records over to `Consume.count`, each partition's in the order of their offsets.

    It may do so by itself (Kafka, HTTP) or when its driver asks it to (a file). It hands over no record of a paused
    partition. After `read_from`, it drops the records of the partition that it fetched before.
    """

    @property
    def assigned(self) -> Collection[Partition]:
        """The partitions that are ours now. When it changes, `Consume.revoked` and then `assigned` are called."""

    def read_from(self, partition: Partition, offset: int) -> None:
        """Go on from `offset`. A paused partition goes on as well."""

    def pause(self, partitions: Iterable[Partition]) -> None: ...
    def resume(self, partitions: Collection[Partition]) -> None:
        """Those of them that are paused go on where they stopped."""

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """All records before these offsets are in the database: whoever waits for that may be told."""


class Troubles:
    """Logs when something stops answering, and when it answers again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.name: str | None = None

    def look(self, error: BaseException | None) -> None:
        name = type(error).__name__ if error is not None else None
        if name is not None and name != self.name:
            _log.warning("waits", what=self._what, error=name)
        elif name is None and self.name is not None:
            _log.info("goes_on", what=self._what)
        self.name = name


class Consume:
    """One consumer's loop. Its methods are called by one event loop; each is given the time."""

    def __init__(
        self,
        ingest: Ingest,
        source: Source,
        *,
        report: Callable[[FlushOutcome], object] = lambda _: None,
        timed: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
        grace: float = 8.0,
    ) -> None:
        """`report` is told what became of each flush, and each happens in `timed`. `grace`: seconds that the last one
        before partitions go may take."""
        self.ingest = ingest
        self._source = source
        self._report = report
        self._timed = timed
        self._grace = grace
        self._unopened: set[Partition] = set()
        self.held: set[Partition] = set()
        self.blocked: dict[Partition, int] = {}
        """Blocked partitions, with the watermark of each."""
        self._not_before = _LONG_AGO
        self._delay: timedelta | None = None
        """Wait before the next flush. It begins at the next call, as the `now` of a call is from before its flush."""
        self._unblock_at = _LONG_AGO
        self._blocked_for = timedelta()
        self._flood_told = False
        self._refused: DeadLettersWait | None = None
        """Why partitions are blocked."""
        self._cleared: set[str] = set()
        """Kinds of conditions that need not be cleared by the next flush."""
        self._crash: Exception | None = None
        self._troubles = Troubles("consume")

    @property
    def stopped(self) -> str | None:
        """Why something is not read on purpose, in words for the operator."""
        if self.ingest.flood is not None:
            return "stopped by a flood of rejections: see the condition rejection_flood"
        if self.held:
            topics = ", ".join(sorted({p.topic for p in self.held}))
            return f"stopped at recreated topics: {topics}: see the condition topic_recreated"
        if self.blocked:
            named = ", ".join(f"{topic}/{number}" for topic, number in sorted(self.blocked))
            return f"stopped at {named}, which have dead letters and no place for them: see lastcall doctor"
        return None

    @property
    def trouble(self) -> str | None:
        """The name of the error that the last beat met, where it met one."""
        return self._troubles.name

    # --- what happens to it ---------------------------------------------------------------------------------------

    async def assigned(self, *, now: datetime) -> None:
        """The source has partitions for us."""
        self._unopened = set(self._source.assigned)
        self.held.clear()
        self.blocked.clear()
        self._source.pause(self._unopened)
        self._not_before, self._delay = now, None
        self._cleared.clear()  # who had them before may have been stopped

    async def revoked(self, *, now: datetime) -> None:
        """The partitions go to others, or are given up for good: what is taken is written, if it can be in time.
        If it cannot, whoever has them next reads it again."""
        try:
            async with asyncio.timeout(self._grace):
                await self.flush(now=now)
        except TROUBLE as error:
            self._troubles.look(error)
        self.ingest.close()
        self._unopened.clear()
        self.held.clear()
        self.blocked.clear()

    async def count(self, records: Iterable[Record], *, now: datetime) -> None:
        """Count records. Raises nothing: what breaks here is raised by the next `beat`."""
        try:
            # No await before `count`: nothing may be opened or closed between fetching and counting.
            if not self.ingest.count(records, now=now):
                self._reopen()
            if self.ingest.flood is not None:
                self._source.pause(self._source.assigned)
            elif self.ingest.full:  # what is due by time, `beat` writes while records go on coming in
                await self.flush(now=now)
        except TROUBLE as error:
            self._troubles.look(error)
        except Exception as error:
            self._crash = error
            self._source.pause(self._source.assigned)

    async def beat(self, *, now: datetime) -> None:
        """Do what is due by time. A trouble of the database or the cluster waits for a later beat."""
        if self._crash is not None:
            raise self._crash
        try:
            if self.ingest.flood is not None and not self._flood_told:
                await self._tell(self.ingest.flood, now)
                self._flood_told = True
            if self._unopened and not self._is_waiting(now):
                await self._open(set(self._unopened), now)
            if self.ingest.due(now=now):
                await self.flush(now=now)
        except TROUBLE as error:
            self._delay = _BEFORE_REOPENING
            self._troubles.look(error)
        else:
            self._troubles.look(None)

    async def look_again(self, *, dead_letters: bool, now: datetime) -> None:
        """Try held partitions again (the operator may have decided), and blocked ones at growing intervals, if the
        topic for `dead_letters` exists. What stops us is told again: another consumer that reads well
        may have cleared it. Raises one of TROUBLE."""
        if self.ingest.flood is not None:
            await self._tell(self.ingest.flood, now)
        if self.blocked and self._refused is not None:
            await self._tell(self._refused, now)
        if self.held:
            await self._open(set(self.held), now)
        if self.blocked and dead_letters and now >= self._unblock_at:
            await self._open(set(self.blocked), now)

    async def flush(self, *, now: datetime) -> None:
        """Write what is counted, unless a flush has failed a moment ago. Raises one of TROUBLE."""
        if self._is_waiting(now):
            return
        with self._timed():
            outcome = await self.ingest.flush(now=now)
        self._report(outcome)
        match outcome:
            case Flushed():
                await self._flushed(outcome, now)
            case Superseded():
                self._reopen()
            case Blocked():
                await self._block(outcome, now)
            case Postponed(wait):
                self._delay = timedelta(seconds=wait)
                self._source.pause(self._source.assigned)

    # --- what it does ---------------------------------------------------------------------------------------------

    def _is_waiting(self, now: datetime) -> bool:
        """Begins a delay that was asked for since the last call."""
        if self._delay is not None:
            self._not_before, self._delay = now + self._delay, None
        return now < self._not_before

    def _reopen(self) -> None:
        """Everything held in memory is given up; reading starts again at the watermarks."""
        self._unopened = {*self._source.assigned} - self.held - self.blocked.keys()
        self._source.pause(self._source.assigned)
        self._delay = _BEFORE_REOPENING

    async def _open(self, partitions: Collection[Partition], now: datetime) -> None:
        opened = await self.ingest.open(partitions, now=now)
        ours = {*self._source.assigned}
        for partition, offset in opened.positions.items():
            self.blocked.pop(partition, None)
            if partition in ours:
                self._source.read_from(partition, offset)
        self.held = (self.held | opened.held.keys()) - opened.positions.keys()
        self._unopened -= opened.positions.keys() | opened.held.keys()

    async def _flushed(self, flushed: Flushed, now: datetime) -> None:
        self._source.resume(self.ingest.positions)
        await self._source.commit(flushed.offsets)
        if flushed.offsets and self.ingest.flood is None:
            await self._clear("rejection_flood", now)
        if flushed.batch.rejections and not self.blocked:
            await self._clear("dead_letters_refused", now)
            self._blocked_for = timedelta()

    async def _block(self, blocked: Blocked, now: datetime) -> None:
        """The others are read on without them."""
        ours = {*self._source.assigned}
        self.blocked |= {p: watermark for p, watermark in blocked.watermarks.items() if p in ours}
        self._blocked_for = min(max(2 * self._blocked_for, _BEFORE_UNBLOCKING), _LONGEST_BLOCKED)
        self._unblock_at = now + self._blocked_for
        self._reopen()
        self._refused = DeadLettersWait(topic=blocked.refused.topic, error=blocked.refused.error)
        await self._tell(self._refused, now)

    async def _tell(self, condition: Condition, now: datetime) -> None:
        async with self.ingest.database.begin() as connection:
            await raise_condition(connection, condition, since=now)
        self._cleared.discard(condition.kind)

    async def _clear(self, kind: str, now: datetime) -> None:
        if kind in self._cleared:
            return
        async with self.ingest.database.begin() as connection:
            await clear_condition(connection, kind, DeadLettersWait.subject, now=now)
        self._cleared.add(kind)
