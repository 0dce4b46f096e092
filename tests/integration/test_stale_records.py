"""Records that were fetched before the consumer was told to read elsewhere."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from service.adapters.kafka.reading import TolerantConsumer
from tests.broker_topics import make_topic, produce


async def never(partition: TopicPartition, offset: int) -> tuple[list[ConsumerRecord], int]:
    raise AssertionError(f"{partition} is read again from {offset} on")


@pytest.fixture
async def topic(kafka: str) -> str:
    name = await make_topic(kafka)
    await produce(kafka, name, [b"first", b"second", b"third"])
    return name


@pytest.fixture
async def consumer(kafka: str) -> AsyncIterator[TolerantConsumer]:
    opened = TolerantConsumer(bootstrap_servers=kafka, enable_auto_commit=False, reread=never)
    await opened.start()
    yield opened
    await opened.stop()


async def test_partition_is_marked_from_a_seek_on_until_the_fetch_after_it(
    consumer: TolerantConsumer, topic: str
) -> None:
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 1)
    fetched = await consumer.getmany(timeout_ms=5_000)
    assert [record.value for record in fetched[partition]] == [b"second", b"third"]
    assert consumer.sought == set()

    consumer.seek(partition, 0)
    assert consumer.sought == {partition}
    again = await consumer.getmany(timeout_ms=5_000)

    assert [record.value for record in again[partition]] == [b"first", b"second", b"third"]
    assert consumer.sought == set()
