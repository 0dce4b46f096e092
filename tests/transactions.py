"""A producer that writes in transactions, and leaves some open."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer


class Writer:
    """One transactional producer."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def begin(self, values: Iterable[bytes], *, partition: int = 0) -> None:
        """The records are on the broker when it returns, and their transaction is open."""
        await self._producer.begin_transaction()
        await self.write(values, partition=partition)

    async def write(self, values: Iterable[bytes], *, partition: int = 0) -> None:
        for value in values:
            await self._producer.send(self._topic, value, partition=partition)
        await self._producer.flush()

    async def commit(self) -> None:
        await self._producer.commit_transaction()

    async def abort(self) -> None:
        await self._producer.abort_transaction()

    async def committed(self, values: Iterable[bytes], *, partition: int = 0) -> None:
        await self.begin(values, partition=partition)
        await self.commit()

    async def aborted(self, values: Iterable[bytes], *, partition: int = 0) -> None:
        await self.begin(values, partition=partition)
        await self.abort()


@asynccontextmanager
async def writer(kafka: str, topic: str) -> AsyncIterator[Writer]:
    """A transaction that is open at the end is aborted."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=uuid.uuid4().hex, linger_ms=5)
    await producer.start()
    try:
        yield Writer(producer, topic)
    finally:
        await producer.stop()
