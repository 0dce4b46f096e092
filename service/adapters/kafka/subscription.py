"""Membership in the consumer group: FastStream delivers raw records in batches, and lets us seek."""

import contextlib
from asyncio import timeout
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from service.adapters.kafka.log import KafkaTrouble, security
from service.adapters.kafka.reading import FetchFailure, Reread, TolerantConsumer
from service.config.settings import Settings
from service.core.batch import Partition

MAX_RECORDS = 5_000
"""Per delivery: about 50 ms of decoding, so other tasks of the loop get their turn."""
FETCH_BYTES = 16 * 1024 * 1024
"""Per broker, whatever the backlog."""
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
"""Per partition. aiokafka fetches the next page once a page is 0.1 s old; larger pages are fetched while the previous
one is counted."""
GRACE = 8.0
"""Seconds that a rebalance or a shutdown waits for the last flush; below the session timeout."""
_SESSION_MS = 10_000
_EMBEDDED_SESSION_MS = 3_000
"""The embedded broker makes a first member wait for half of it, in case others join."""
_POLL_MS = 100

OnRecords = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
OnPartitions = Callable[[], Awaitable[None]]


class Subscription:
    """One member of the group, from the first `subscribe` to `stop`. Before that it has no partitions."""

    def __init__(
        self,
        settings: Settings,
        reread: Reread,
        *,
        on_records: OnRecords,
        on_revoked: OnPartitions,
        on_assigned: OnPartitions,
    ) -> None:
        self._settings = settings
        self._reread = reread
        self._on_records = on_records
        self._listener = _Rebalance(on_revoked, on_assigned)
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self.topics: frozenset[str] = frozenset()
        """The subscribed topics."""

    async def subscribe(self, topics: Collection[str], *, embedded: bool) -> None:
        """Subscribe to exactly these topics, which exist. `embedded`: the broker is the embedded one. Raises one of
        `KafkaTrouble`; then nothing is subscribed, and the call can be repeated."""
        wanted = frozenset(topics)
        if wanted == self.topics:
            return
        if not self.topics or not wanted:
            await self.stop()
        if self._consumer is not None:
            self._consumer.subscribe(topics=sorted(wanted), listener=self._listener)
        elif wanted:
            try:
                await self._start(wanted, _EMBEDDED_SESSION_MS if embedded else _SESSION_MS)
            except BaseException:
                await self.stop()
                raise
        self.topics = wanted

    async def _start(self, topics: Collection[str], session_ms: int) -> None:
        settings = self._settings
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers or "",
            security=security(settings),
            client_id="lastcall",
            consumer_only=True,
            apply_types=False,
            graceful_timeout=GRACE,
            logger=None,
        )
        self._subscriber = self._broker.subscriber(
            *sorted(topics),
            batch=True,
            group_id=settings.kafka_group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_records=MAX_RECORDS,
            batch_timeout_ms=_POLL_MS,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 4,
            rebalance_timeout_ms=30_000,
            parser=_parse,
            decoder=_raw_records,
            listener=self._listener,
        )
        self._subscriber(self._hand_over)
        build: Any = await self._broker.connect()
        consumer = partial(TolerantConsumer, *build.args, reread=self._reread, **build.keywords)
        self._broker.config.broker_config.builder = consumer
        await self._broker.start()

    async def _hand_over(self, records: tuple[ConsumerRecord, ...]) -> None:
        """Hands a batch over, without the records of partitions that were sought since it was fetched: they come again.
        The annotation must stay simple: FastStream builds a model from it."""
        sought = self._consumer.sought if self._consumer is not None else None
        if sought:
            records = tuple(r for r in records if TopicPartition(r.topic, r.partition) not in sought)
        if records:
            await self._on_records(records)

    async def stop(self) -> None:
        broker, self._broker, self._subscriber, self.topics = self._broker, None, None, frozenset()
        if broker is not None:
            await broker.stop()

    @property
    def _consumer(self) -> TolerantConsumer | None:
        return self._subscriber.consumer if self._subscriber is not None else None

    @property
    def assigned(self) -> set[Partition]:
        return {Partition(*p) for p in self._consumer.assignment()} if self._consumer is not None else set()

    def read_from(self, partition: Partition, offset: int) -> None:
        if self._consumer is not None:
            self._consumer.seek(TopicPartition(*partition), offset)
            self._consumer.resume(TopicPartition(*partition))

    def pause(self, partitions: Iterable[Partition]) -> None:
        if self._consumer is not None:
            self._consumer.pause(*(TopicPartition(*p) for p in partitions))

    def resume(self, partitions: Collection[Partition]) -> None:
        if self._consumer is not None:
            self._consumer.resume(*(p for p in self._consumer.paused() if Partition(*p) in partitions))

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commit for lag tools only. A lost commit is harmless: reading continues at the watermark."""
        ours = {TopicPartition(*p): offset for p, offset in offsets.items() if p in self.assigned}
        if ours and self._consumer is not None:
            with contextlib.suppress(IllegalStateError, *KafkaTrouble):
                async with timeout(GRACE / 2):
                    await self._consumer.commit(ours)

    async def fetched(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Next fetch offset of each assigned partition."""
        if self._consumer is None:
            return {}
        ours = self.assigned
        return {p: await self._consumer.position(TopicPartition(*p)) for p in partitions if p in ours}

    @property
    def polled_at(self) -> datetime | None:
        """Time of the last successful poll."""
        return self._consumer.polled_at if self._consumer is not None else None

    @property
    def trouble(self) -> FetchFailure | None:
        return self._consumer.trouble if self._consumer is not None else None


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, on_revoked: OnPartitions, on_assigned: OnPartitions) -> None:
        self._on_revoked = on_revoked
        self._on_assigned = on_assigned

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._on_revoked()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._on_assigned()


async def _parse(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """FastStream's own parser decodes every header as UTF-8, so one binary header fails the batch."""
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> object:
    return message.raw_message
