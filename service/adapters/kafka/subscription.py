"""Membership in the consumer group: FastStream hands over raw records in batches, and is told where to read."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy, FastStream
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from service.adapters.kafka.log import KafkaTrouble, security
from service.adapters.kafka.reading import FetchTrouble, TolerantBroker, TolerantConsumer
from service.config.settings import Settings
from service.core.batch import Partition

MAX_RECORDS = 5_000
"""Handed over at once: some 50 ms of decoding, after which other work of the loop has its turn."""
FETCH_BYTES = 8 * 1024 * 1024
"""Of one broker at a time, whatever the backlog."""
GRACE = 8.0
"""Seconds that a rebalance or a shutdown waits for the last flush; below the session timeout."""
_SESSION_MS = 10_000
_EMBEDDED_SESSION_MS = 3_000
"""The embedded broker lets a first member wait for half of it, in case others come."""
_POLL_MS = 100

OnRecords = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
OnPartitions = Callable[[], Awaitable[None]]


class Subscription:
    """One member of the group, from `start` to `stop`. What has not started holds no partition."""

    def __init__(
        self,
        settings: Settings,
        topics: Iterable[str],
        *,
        on_records: OnRecords,
        on_revoked: OnPartitions,
        on_assigned: OnPartitions,
    ) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        self._on_records = on_records
        self._listener = _Rebalance(on_revoked, on_assigned)
        self._subscriber: Any = None
        self._faststream: FastStream | None = None

    async def start(self, *, embedded: bool) -> None:
        """`embedded`: the broker is the one that lastcall brings along."""
        settings = self._settings
        session = _EMBEDDED_SESSION_MS if embedded else _SESSION_MS
        broker = TolerantBroker(
            settings.kafka_bootstrap_servers or "",
            security=security(settings),
            client_id="lastcall",
            consumer_only=True,
            apply_types=False,
            graceful_timeout=GRACE,
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
            listener=self._listener,
        )
        self._subscriber(self._hand_over)
        self._faststream = FastStream(broker, logger=None)
        await self._faststream.start()

    async def _hand_over(self, records: tuple[ConsumerRecord, ...]) -> None:
        """FastStream builds a model of what the annotation says."""
        await self._on_records(records)

    async def stop(self) -> None:
        if self._faststream is not None:
            await self._faststream.stop()

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
        """Those of them that are paused."""
        if self._consumer is not None:
            self._consumer.resume(*(p for p in self._consumer.paused() if Partition(*p) in partitions))

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """For lag tools only. Losing it is harmless: reading goes on from the watermark."""
        ours = {TopicPartition(*p): offset for p, offset in offsets.items() if p in self.assigned}
        if ours and self._consumer is not None:
            with contextlib.suppress(IllegalStateError, *KafkaTrouble):
                async with asyncio.timeout(GRACE / 2):
                    await self._consumer.commit(ours)

    async def fetched(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """What is asked for next, of those of the partitions that are ours."""
        if self._consumer is None:
            return {}
        ours = self.assigned
        return {p: await self._consumer.position(TopicPartition(*p)) for p in partitions if p in ours}

    def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """As of the last fetch, where there was one."""
        if self._consumer is None:
            return {}
        ends = {p: self._consumer.highwater(TopicPartition(*p)) for p in partitions}
        return {p: end for p, end in ends.items() if end is not None}

    @property
    def polled_at(self) -> datetime | None:
        """When Kafka was last asked and nothing failed."""
        return self._consumer.polled_at if self._consumer is not None else None

    @property
    def trouble(self) -> FetchTrouble | None:
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
    """FastStream's own parser decodes every header as UTF-8, and one binary header fails the batch."""
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> object:
    return message.raw_message
