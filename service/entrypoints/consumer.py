"""The consume loop: FastStream hands over raw records in batches; a keeper does what is due by time."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from service.adapters import metrics
from service.adapters.kafka.log import KafkaLog, KafkaTrouble, security
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Superseded, UsageStore
from service.app import App
from service.core.batch import Partition
from service.core.health import ConsumerHealth
from service.engine.caught_up import CaughtUp, Progress
from service.engine.ingest import TROUBLE, Flushed, Ingest, Limits, Postponed
from service.engine.topics import TopicWatch, clear_flood, tell_flood, topics_of
from service.formats.decoder import Decoder

_log = structlog.get_logger(__name__)

MAX_RECORDS = 5_000
"""Handed over at once: some 50 ms of decoding, after which other work of the loop has its turn."""
FETCH_BYTES = 8 * 1024 * 1024
"""Of one broker at a time, whatever the backlog."""
SESSION_MS = 10_000
EMBEDDED_SESSION_MS = 3_000
"""The embedded broker lets a first member wait for half of it, in case others come."""
_POLL_MS = 100
_BEAT = 0.1
_RECONNECT = 2.0
_LOOK_AROUND = timedelta(seconds=5)
_BEFORE_REOPENING = timedelta(seconds=1)
_LAST_FLUSH = 8.0
"""Seconds that a rebalance or a shutdown waits for the last flush; below the session timeout."""


class Consumer:
    """One member of the consumer group. `run` is its life; `health` may be asked at any time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._database = app.database
        self._topics = topics_of(app.company, app.settings)
        self._log = KafkaLog(app.settings)
        store = UsageStore(app.database, app.catalog, SeriesBook(app.catalog, app.resolver))
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
        self._subscriber: Any = None
        self._unopened: set[Partition] = set()
        self._held: set[Partition] = set()
        self._not_before = _now()
        self._look_around_at = _now()
        self._running = False
        self._flood_told: bool | None = None
        self._crash: Exception | None = None

    @property
    def _consumer(self) -> AIOKafkaConsumer | None:
        return self._subscriber.consumer if self._subscriber is not None else None

    # --- life -----------------------------------------------------------------------------------------------------

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set. Waits for a broker and for topics that are not there yet."""
        try:
            if await self._connect(stopping):
                await self._consume(stopping)
        finally:
            await self._log.stop()

    async def _consume(self, stopping: asyncio.Event) -> None:
        faststream = FastStream(self._subscribe(), logger=None)
        await faststream.start()
        gc.freeze()  # what stands now, the catalog above all, stays; looking through it again and again costs a third
        self._running = True
        try:
            while not stopping.is_set():
                await self._beat()
                await _sleep(_BEAT, stopping)
        finally:
            self._running = False
            await self._last_flush()
            await faststream.stop()
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
                return True
        return False

    def _subscribe(self) -> KafkaBroker:
        settings = self._app.settings
        session = EMBEDDED_SESSION_MS if self._watch.embedded else SESSION_MS
        broker = KafkaBroker(
            settings.kafka_bootstrap_servers or "",
            security=security(settings),
            client_id="lastcall",
            consumer_only=True,
            apply_types=False,
            graceful_timeout=_LAST_FLUSH,
            logger=None,
        )
        self._subscriber = broker.subscriber(
            *self._topics,
            batch=True,
            group_id=settings.kafka_group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=MAX_RECORDS,
            batch_timeout_ms=_POLL_MS,
            fetch_max_bytes=FETCH_BYTES,
            session_timeout_ms=session,
            heartbeat_interval_ms=session // 4,
            rebalance_timeout_ms=30_000,
            parser=_parse,
            decoder=_raw_records,
            listener=_Rebalance(self._on_revoked, self._on_assigned),
        )
        self._subscriber(self._on_records)
        return broker

    # --- records --------------------------------------------------------------------------------------------------

    async def _on_records(self, records: tuple[ConsumerRecord, ...]) -> None:
        try:
            # No await before `take`: nothing may be opened or closed between fetching and counting.
            if not self._ingest.take(records, now=_now()):
                self._reopen()
            if self._ingest.flooded:
                self._pause(self._assigned())
            elif self._ingest.full:  # what is due by time, the keeper writes while records go on coming in
                await self._flush()
        except Exception as error:  # FastStream would log it and go on with the next records
            self._crash = error
            self._pause(self._assigned())

    async def _flush(self) -> None:
        if _now() < self._not_before:
            return
        with metrics.FLUSH_SECONDS.time():
            outcome = await self._ingest.flush(now=_now())
        match outcome:
            case Flushed():
                _count(outcome)
                if outcome.offsets and self._flood_told is None:
                    await self._tell_flood(False)
                self._resume()
                await self._commit(outcome)
            case Superseded(partitions):
                _log.warning("superseded", partitions=sorted(partitions))
                self._reopen()
            case Postponed(wait, reason):
                metrics.FLUSH_FAILURES.inc()
                _log.warning("flush_postponed", seconds=wait, error=reason)
                self._not_before = _now() + timedelta(seconds=wait)
                self._pause(self._assigned())

    async def _commit(self, flushed: Flushed) -> None:
        """For lag tools only. Losing it is harmless: reading goes on from the watermark."""
        offsets = {TopicPartition(*p): offset for p, offset in flushed.offsets.items() if p in self._assigned()}
        if offsets and self._consumer is not None:
            with contextlib.suppress(IllegalStateError, *KafkaTrouble):
                async with asyncio.timeout(_LAST_FLUSH / 2):
                    await self._consumer.commit(offsets)

    async def _last_flush(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_FLUSH):
                await self._flush()

    # --- partitions -----------------------------------------------------------------------------------------------

    async def _on_revoked(self, _: Collection[TopicPartition]) -> None:
        await self._last_flush()
        await self._ingest.close()
        self._unopened.clear()
        self._held.clear()

    async def _on_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._unopened = {Partition(*p) for p in assigned}
        self._pause(self._unopened)
        self._not_before = _now()

    def _reopen(self) -> None:
        """Everything held in memory is given up; reading starts again at the watermarks."""
        self._unopened = self._assigned() - self._held
        self._pause(self._unopened)
        self._not_before = _now() + _BEFORE_REOPENING

    async def _open(self, partitions: Collection[Partition]) -> None:
        opened = await self._ingest.open(partitions, now=_now())
        for partition in opened.positions.keys() & self._assigned():
            self._tell_consumer(partition, opened.positions[partition])
        self._held = (self._held | opened.held.keys()) - opened.positions.keys()
        self._unopened -= opened.positions.keys() | opened.held.keys()

    def _tell_consumer(self, partition: Partition, offset: int) -> None:
        if self._consumer is not None:
            self._consumer.seek(TopicPartition(*partition), offset)
            self._consumer.resume(TopicPartition(*partition))

    def _assigned(self) -> set[Partition]:
        return {Partition(*p) for p in self._consumer.assignment()} if self._consumer is not None else set()

    def _pause(self, partitions: Iterable[Partition]) -> None:
        if self._consumer is not None:
            self._consumer.pause(*(TopicPartition(*p) for p in partitions))

    def _resume(self) -> None:
        if self._consumer is not None:
            paused = {Partition(*p) for p in self._consumer.paused()}
            self._consumer.resume(*(TopicPartition(*p) for p in paused & self._ingest.positions.keys()))

    # --- what is due by time --------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """One round of the keeper. A trouble of the database or the cluster waits for a later one."""
        if self._crash is not None:
            raise self._crash
        try:
            if self._ingest.flooded and not self._flood_told:
                await self._tell_flood(True)
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
        await self._caught_up.look(await self._progress(), now=_now())
        await self._watch.look(now=_now())

    async def _progress(self) -> dict[Partition, Progress]:
        """Of the open partitions."""
        if self._consumer is None:
            return {}
        assigned = self._assigned()
        fetched = {
            p: await self._consumer.position(TopicPartition(*p)) for p in self._ingest.positions if p in assigned
        }
        taken = self._ingest.positions
        return {p: Progress(taken[p], offset) for p, offset in fetched.items() if p in taken}

    async def _tell_flood(self, flooded: bool) -> None:
        if flooded:
            await tell_flood(self._database, self._app.settings.rejection_limit, now=_now())
        else:
            await clear_flood(self._database, now=_now())
        self._flood_told = flooded

    # --- health ---------------------------------------------------------------------------------------------------

    def health(self) -> ConsumerHealth:
        return ConsumerHealth(self._running, self._last_poll_at(), self._lag(), self._stopped())

    def _last_poll_at(self) -> datetime | None:
        """aiokafka measures it for `max_poll_interval_ms` and shows it nowhere; FastStream is silent on empty polls."""
        if self._consumer is None:
            return None
        return _now() - timedelta(seconds=self._consumer._subscription.fetcher_idle_time)

    def _lag(self) -> dict[tuple[str, int], int]:
        if self._consumer is None:
            return {}
        ends = {p: self._consumer.highwater(TopicPartition(*p)) for p in self._ingest.positions}
        return {p: max(0, ends[p] - at) for p, at in self._ingest.positions.items() if ends[p] is not None}

    def _stopped(self) -> str | None:
        if self._ingest.flooded:
            return "stopped by a flood of rejections: see the condition rejection_flood"
        if self._held:
            topics = ", ".join(sorted({p.topic for p in self._held}))
            return f"stopped at recreated topics: {topics}: see the condition topic_recreated"
        return None


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(
        self,
        revoked: Callable[[Collection[TopicPartition]], Awaitable[None]],
        assigned: Callable[[Collection[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._revoked = revoked
        self._assigned = assigned

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._assigned(assigned)


async def _parse(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """FastStream's own parser decodes every header as UTF-8, and one binary header fails the batch."""
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> object:
    return message.raw_message


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
