"""The consume loop of a process: Kafka's events, and a beat ten times a second, passed to `Consume` with the time."""

import asyncio
import contextlib
import gc
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from service.adapters import metrics
from service.adapters.kafka.log import KafkaLog
from service.adapters.kafka.subscription import GRACE, Subscription
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Superseded, UsageStore
from service.app import App
from service.core.health import ConsumerHealth
from service.core.usage import Format
from service.engine.consume import Consume, Troubles
from service.engine.flush_outcome import Blocked, Flushed, FlushOutcome, Postponed
from service.engine.ingest import TROUBLE, Ingest, Limits
from service.engine.watch import Watch
from service.formats.decoder import Decoder
from service.formats.record import Record

_log = structlog.get_logger(__name__)

_BEAT = 0.1
_RECONNECT = 2.0
_BETWEEN_COLLECTIONS = 50_000
"""Objects allocated between two garbage collections; Python's default of 700 is reached after a few records."""
_LOOK_AROUND = timedelta(seconds=5)


class Consumer:
    """One member of the consumer group. `run` runs it; `health` can be called at any time."""

    def __init__(self, app: App) -> None:
        settings = app.settings
        self._app, self._formats = app, app.formats
        self._log = KafkaLog(settings)
        self._source = Subscription(
            settings,
            self._log.read,
            on_records=self._on_records,
            on_revoked=self._on_revoked,
            on_assigned=self._on_assigned,
        )
        self._book = SeriesBook(app.world.catalog, app.world.resolver)
        ingest = Ingest(
            UsageStore(app.database, self._book),
            self._log,
            _decoder(self._formats),
            Limits(timedelta(seconds=settings.flush_seconds), settings.flush_keys, settings.rejection_limit),
            source="kafka",
        )
        self._consume = Consume(
            ingest,
            self._source,
            report=_Report(),
            timed=metrics.FLUSH_SECONDS.time,
            grace=GRACE,
        )
        self._watch = Watch(self._consume, self._log, self._source, self._topics, settings.kafka_dead_letter_topic)
        self._look_at = _now()
        self._looking: asyncio.Task[None] | None = None
        self._troubles = Troubles("Kafka")
        self._running = False

    # --- life -----------------------------------------------------------------------------------------------------

    async def run(self, stopping: asyncio.Event) -> None:
        """Runs until `stopping` is set. Waits for brokers and topics that do not exist yet."""
        try:
            if await self._connect(stopping):
                await self._beat_until(stopping)
        finally:
            await self.close()

    async def close(self) -> None:
        """Closes what `run` opened, if anything. May be called twice."""
        await self._log.stop()

    async def _connect(self, stopping: asyncio.Event) -> bool:
        while not stopping.is_set():
            try:
                await self._log.start()
            except TROUBLE as error:
                self._troubles.look(error)
                await _sleep(_RECONNECT, stopping)
            else:
                return True
        return False

    async def _beat_until(self, stopping: asyncio.Event) -> None:
        # Objects that exist now, mostly the catalog, stay, and records make no cycles: collecting garbage as often as
        # by default would cost a third of the time. `make bench` measures it.
        gc.freeze()
        thresholds = gc.get_threshold()
        gc.set_threshold(_BETWEEN_COLLECTIONS)
        self._running = True
        try:
            while not stopping.is_set():
                await self._consume.beat(now=_now())
                self._look_if_due()
                await _sleep(_BEAT, stopping)
        finally:
            self._running = False
            gc.set_threshold(*thresholds)
            try:
                await self._end_look()
            finally:
                await self._consume.revoked(now=_now())
                await self._source.stop()

    def _look_if_due(self) -> None:
        """Runs beside the beat, so that an unresponsive cluster delays only the look. Raises the exception of the last
        look."""
        if self._looking is not None:
            if not self._looking.done():
                return
            self._looking.result()
            self._looking = None
        if _now() >= self._look_at:
            self._looking = asyncio.create_task(self._look_around())

    async def _end_look(self) -> None:
        """Cancels a look that is still running; its answer is no longer needed."""
        if self._looking is not None:
            self._looking.cancel()  # no effect on a finished task
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def _topics(self) -> Collection[str]:
        return self._app.world.topics

    async def _look_around(self) -> None:
        self._look_at = _now() + _LOOK_AROUND
        if (formats := self._app.formats) != self._formats:
            self._formats, self._consume.ingest.decoder = formats, _decoder(formats)
        try:
            world = await self._app.look(now=_now())
            self._book.use(world.catalog, world.resolver)
            await self._watch.look(now=_now())
        except TROUBLE as error:
            self._troubles.look(error)
        else:
            self._troubles.look(None)
        metrics.LAG.clear()
        for (topic, partition), behind in self._watch.lag().items():
            metrics.LAG.labels(topic, str(partition)).set(behind)

    # --- what Kafka says ------------------------------------------------------------------------------------------

    async def _on_records(self, records: Sequence[Record]) -> None:
        await self._consume.count(records, now=_now())

    async def _on_revoked(self) -> None:
        await self._consume.revoked(now=_now())

    async def _on_assigned(self) -> None:
        await self._consume.assigned(now=_now())

    # --- health ---------------------------------------------------------------------------------------------------

    def health(self) -> ConsumerHealth:
        trouble = self._source.trouble
        ingest = self._consume.ingest
        return ConsumerHealth(
            self._running,
            self._source.polled_at,
            {(topic, number): behind for (topic, number), behind in self._watch.lag().items()},
            self._consume.stopped,
            missing_topics=tuple(sorted(self._watch.missing)),
            subscribed=bool(self._source.topics),
            answered_at=self._watch.answered_at,
            held_since=ingest.held_since,
            flush_failures=ingest.failures,
            flush_trouble=ingest.trouble,
            fetch_failures=trouble.tries if trouble is not None else 0,
            fetch_trouble=trouble.reason if trouble is not None else None,
        )


def _decoder(formats: Mapping[str, Format | None]) -> Decoder:
    return Decoder({topic: fixed for topic, fixed in formats.items() if fixed is not None})


class _Report:
    """Counts the results of each flush, and logs each kind of problem once."""

    def __init__(self) -> None:
        self._postponed: str | None = None

    def __call__(self, outcome: FlushOutcome) -> None:
        match outcome:
            case Flushed():
                _count(outcome)
                self._postponed = None
            case Superseded(partitions):
                _log.warning("superseded", partitions=sorted(partitions))
            case Blocked(watermarks, refused):
                _log.warning("dead_letters_refused", partitions=sorted(watermarks), error=refused.error)
            case Postponed(_, reason):
                metrics.FLUSH_FAILURES.inc()
                if reason != self._postponed:
                    _log.warning("flush_postponed", error=reason)
                self._postponed = reason


def _count(flushed: Flushed) -> None:
    batch = flushed.batch
    for partition, span in batch.spans.items():
        for outcome, records in (
            ("call", span.call_records),
            ("rejected", span.rejected_records),
            ("other", span.other_records),
        ):
            metrics.RECORDS.labels(batch.source, partition.topic, outcome).inc(records)
    for key, count in batch.rejections.items():
        metrics.REJECTIONS.labels(key.source, key.topic, key.reason).inc(count.rejected)
    metrics.FLUSH_KEYS.observe(len(batch.rollup))


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _now() -> datetime:
    return datetime.now(UTC)
