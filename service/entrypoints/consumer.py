"""The consume loop: records come in batches from the subscription; a keeper does what is due by time."""

import asyncio
import contextlib
import gc
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from service.adapters import metrics
from service.adapters.kafka.log import KafkaLog
from service.adapters.kafka.subscription import GRACE, Subscription
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Superseded, UsageStore
from service.app import App
from service.core.batch import Partition
from service.core.health import ConsumerHealth
from service.engine.caught_up import CaughtUp, Progress
from service.engine.fetching import FetchWatch
from service.engine.ingest import TROUBLE, Flushed, Ingest, Limits, Postponed
from service.engine.topics import TopicWatch, clear_flood, tell_flood
from service.formats.decoder import Decoder
from service.formats.record import Record

_log = structlog.get_logger(__name__)

_BEAT = 0.1
_RECONNECT = 2.0
_LOOK_AROUND = timedelta(seconds=5)
_BEFORE_REOPENING = timedelta(seconds=1)


class Consumer:
    """One member of the consumer group. `run` is its life; `health` may be asked at any time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._database = app.database
        self._topics = app.formats
        self._log = KafkaLog(app.settings)
        store = UsageStore(app.database, SeriesBook(app.catalog, app.resolver))
        limits = Limits(
            flush_after=timedelta(seconds=app.settings.flush_seconds),
            flush_keys=app.settings.flush_keys,
            rejection_limit=app.settings.rejection_limit,
        )
        self._ingest = Ingest(
            store,
            self._log,
            Decoder({topic: fixed for topic, fixed in self._topics.items() if fixed is not None}),
            limits,
        )
        self._watch = TopicWatch(app.database, self._log, {*self._topics, app.settings.kafka_dead_letter_topic})
        self._caught_up = CaughtUp(app.database, self._log)
        self._fetches = FetchWatch(app.database)
        self._subscription = Subscription(
            app.settings,
            self._topics,
            on_records=self._on_records,
            on_revoked=self._on_revoked,
            on_assigned=self._on_assigned,
        )
        self._unopened: set[Partition] = set()
        self._held: set[Partition] = set()
        self._not_before = _now()
        self._look_around_at = _now()
        self._running = False
        self._flood_told: bool | None = None
        self._crash: Exception | None = None
        self._answered_at: datetime | None = None

    # --- life -----------------------------------------------------------------------------------------------------

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set. Waits for a broker and for topics that are not there yet."""
        try:
            if await self._connect(stopping):
                await self._consume(stopping)
        finally:
            await self.close()

    async def close(self) -> None:
        """What was opened for a run, whether or not there was one. May be asked twice."""
        await self._log.stop()

    async def _consume(self, stopping: asyncio.Event) -> None:
        await self._subscription.start(embedded=self._watch.embedded)
        gc.freeze()  # what stands now, the catalog above all, stays; looking through it again and again costs a third
        self._running = True
        try:
            while not stopping.is_set():
                await self._beat()
                await _sleep(_BEAT, stopping)
        finally:
            self._running = False
            await self._last_flush()
            await self._subscription.stop()
            await self._ingest.close()

    async def _connect(self, stopping: asyncio.Event) -> bool:
        while not stopping.is_set():
            try:
                await self._log.start()
                await self._watch.look(now=_now())
            except TROUBLE as error:
                _log.warning("waiting_to_start", error=type(error).__name__)
                await _sleep(_RECONNECT, stopping)
            else:
                self._answered_at = _now()
                return True
        return False

    # --- records --------------------------------------------------------------------------------------------------

    async def _on_records(self, records: Sequence[Record]) -> None:
        try:
            # No await before `take`: nothing may be opened or closed between fetching and counting.
            if not self._ingest.take(records, now=_now()):
                self._reopen()
            if self._ingest.flood is not None:
                self._subscription.pause(self._subscription.assigned)
            elif self._ingest.full:  # what is due by time, the keeper writes while records go on coming in
                await self._flush()
        except Exception as error:  # FastStream would log it and go on with the next records
            self._crash = error
            self._subscription.pause(self._subscription.assigned)

    async def _flush(self) -> None:
        if _now() < self._not_before:
            return
        with metrics.FLUSH_SECONDS.time():
            outcome = await self._ingest.flush(now=_now())
        match outcome:
            case Flushed():
                _count(outcome)
                if outcome.offsets and self._flood_told is None:
                    await clear_flood(self._database, now=_now())
                    self._flood_told = False
                self._subscription.resume(self._ingest.positions)
                await self._subscription.commit(outcome.offsets)
            case Superseded(partitions):
                _log.warning("superseded", partitions=sorted(partitions))
                self._reopen()
            case Postponed(wait, reason):
                metrics.FLUSH_FAILURES.inc()
                _log.warning("flush_postponed", seconds=wait, error=reason)
                self._not_before = _now() + timedelta(seconds=wait)
                self._subscription.pause(self._subscription.assigned)

    async def _last_flush(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._flush()

    # --- partitions -----------------------------------------------------------------------------------------------

    async def _on_revoked(self) -> None:
        await self._last_flush()
        await self._ingest.close()
        self._unopened.clear()
        self._held.clear()

    async def _on_assigned(self) -> None:
        self._unopened = self._subscription.assigned
        self._subscription.pause(self._unopened)
        self._not_before = _now()

    def _reopen(self) -> None:
        """Everything held in memory is given up; reading starts again at the watermarks."""
        self._unopened = self._subscription.assigned - self._held
        self._subscription.pause(self._unopened)
        self._not_before = _now() + _BEFORE_REOPENING

    async def _open(self, partitions: Collection[Partition]) -> None:
        opened = await self._ingest.open(partitions, now=_now())
        for partition in opened.positions.keys() & self._subscription.assigned:
            self._subscription.read_from(partition, opened.positions[partition])
        self._held = (self._held | opened.held.keys()) - opened.positions.keys()
        self._unopened -= opened.positions.keys() | opened.held.keys()

    # --- what is due by time --------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """One round of the keeper. A trouble of the database or the cluster waits for a later one."""
        if self._crash is not None:
            raise self._crash
        try:
            if self._ingest.flood is not None and not self._flood_told:
                await tell_flood(self._database, self._app.settings.rejection_limit, self._ingest.flood, now=_now())
                self._flood_told = True
            if self._unopened and _now() >= self._not_before:
                await self._open(set(self._unopened))
            if self._ingest.due(now=_now()):
                await self._flush()
            if _now() >= self._look_around_at:
                self._look_around_at = _now() + _LOOK_AROUND
                await self._look_around()
        except TROUBLE as error:
            _log.warning("keeper_waits", error=type(error).__name__)
            self._not_before = _now() + _BEFORE_REOPENING

    async def _look_around(self) -> None:
        for (topic, partition), behind in self._lag().items():
            metrics.LAG.labels(topic, str(partition)).set(behind)
        if self._held:
            await self._open(set(self._held))
        await self._fetches.look(self._subscription.trouble, now=_now())
        await self._watch.look(now=_now())
        self._answered_at = _now()
        await self._caught_up.look(await self._progress(), now=_now())

    async def _progress(self) -> dict[Partition, Progress]:
        """Of the open partitions."""
        fetched = await self._subscription.fetched(self._ingest.positions)
        taken = self._ingest.positions
        return {p: Progress(taken[p], offset) for p, offset in fetched.items() if p in taken}

    # --- health ---------------------------------------------------------------------------------------------------

    def health(self) -> ConsumerHealth:
        trouble = self._subscription.trouble
        return ConsumerHealth(
            self._running,
            self._subscription.polled_at,
            self._lag(),
            self._stopped(),
            answered_at=self._answered_at,
            held_since=self._ingest.held_since,
            flush_failures=self._ingest.failures,
            flush_trouble=self._ingest.trouble,
            fetch_failures=trouble.tries if trouble is not None else 0,
            fetch_trouble=trouble.reason if trouble is not None else None,
        )

    def _lag(self) -> dict[tuple[str, int], int]:
        positions = self._ingest.positions
        return {p: max(0, end - positions[p]) for p, end in self._subscription.ends(positions).items()}

    def _stopped(self) -> str | None:
        if self._ingest.flood is not None:
            return "stopped by a flood of rejections: see the condition rejection_flood"
        if self._held:
            topics = ", ".join(sorted({p.topic for p in self._held}))
            return f"stopped at recreated topics: {topics}: see the condition topic_recreated"
        return None


def _count(flushed: Flushed) -> None:
    batch = flushed.batch
    for partition, span in batch.spans.items():
        for outcome, records in (
            ("call", span.call_records),
            ("rejected", span.rejected_records),
            ("other", span.other_records),
        ):
            metrics.RECORDS.labels(partition.topic, outcome).inc(records)
    for key, count in batch.rejections.items():
        metrics.REJECTIONS.labels(key.topic, key.reason).inc(count.rejected)
    metrics.FLUSH_KEYS.observe(len(batch.rollup))


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _now() -> datetime:
    return datetime.now(UTC)
