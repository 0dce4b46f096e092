"""Sends records to a topic, for `lastcall send` and the demo. Dead letters have a separate producer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from service.adapters.kafka.log import connection
from service.adapters.kafka.topics import describe_topics
from service.config.settings import Settings


class RecordProducer:
    """Queues records; `flush` returns once the broker has all of them. Raises one of `KafkaTrouble`."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        timestamp_ms: int | None = None,
    ) -> None:
        await self._producer.send(topic, value, key=key, headers=list(headers), timestamp_ms=timestamp_ms)

    async def knows(self, topic: str) -> bool:
        """Whether the topic exists. A record for a missing topic would wait forever."""
        return topic in (await describe_topics(self._producer.client, [topic])).incarnations

    async def flush(self) -> None:
        await self._producer.flush()


@asynccontextmanager
async def open_producer(settings: Settings) -> AsyncIterator[RecordProducer]:
    """Requires `settings.kafka_bootstrap_servers`. Sends queued records on exit."""
    producer = AIOKafkaProducer(**connection(settings), acks="all", linger_ms=5)
    try:
        await producer.start()
        yield RecordProducer(producer)
    finally:
        await producer.stop()
