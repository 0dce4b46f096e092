"""Records of transactions on Apache Kafka: what is committed counts, what is aborted or open does not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from service.adapters.postgres.database import Database
from service.config.settings import Settings
from service.entrypoints.consumer import Consumer
from tests.broker_topics import call_record, produce, produce_with_binary_header_name
from tests.consuming import becomes, conditions, consuming, ledger
from tests.transactions import writer

pytestmark = pytest.mark.apache_kafka


@pytest.fixture
def kafka(apache_kafka: str) -> str:
    return apache_kafka


async def caught_up_after(database: Database, at: datetime) -> bool:
    """Whether all partitions were noted as read to their end after that time."""
    async with database.connect() as connection:
        times = list((await connection.execute(text("SELECT caught_up_at FROM watermarks"))).scalars())
    return all(time is not None and time > at for time in times)


async def test_committed_records_count_and_aborted_and_open_ones_do_not(
    kafka: str, settings: Settings, database: Database
) -> None:
    topic = settings.kafka_topics
    async with writer(kafka, topic) as first, writer(kafka, topic) as second:
        await first.committed([call_record()] * 3)
        await second.aborted([call_record(service="aborted")] * 107)
        await first.begin([call_record(service="open")] * 5)
        await second.committed([call_record()] * 4)
        await produce(kafka, topic, [call_record()] * 2, partition=0)

        async with consuming(settings) as consumer:
            # three records, and the mark of their transaction; then the aborted ones, up to where the open one begins
            await becomes((3, 0, 3), lambda: ledger(database))
            await becomes(0, lambda: lag(consumer))
            assert not await caught_up_after(database, datetime(2000, 1, 1, tzinfo=UTC))
            await first.commit()
            committed_at = datetime.now(UTC)
            await becomes((3 + 5 + 4 + 2, 0), lambda: calls_and_rejected(database))
            await becomes(True, lambda: caught_up_after(database, committed_at))
            await becomes(0, lambda: lag(consumer))
    async with database.connect() as connection:
        services = set((await connection.execute(text("SELECT service FROM series"))).scalars())
    assert services == {"search-api", "open"}
    assert await conditions(database) == []


async def test_aborted_records_are_left_out_where_aiokafka_cannot_read_either(
    kafka: str, settings: Settings, database: Database
) -> None:
    topic = settings.kafka_topics
    async with writer(kafka, topic) as transactional:
        await transactional.aborted([call_record(service="aborted")] * 7)
        await produce_with_binary_header_name(kafka, topic, [call_record()] * 3, partition=0)
        await transactional.committed([call_record()] * 2)
        await transactional.aborted([call_record(service="aborted")] * 7)
        await produce_with_binary_header_name(kafka, topic, [call_record()], partition=0)
        await transactional.begin([call_record(service="open")])
        await produce(kafka, topic, [call_record()] * 5, partition=1)

        async with consuming(settings):
            await becomes((3 + 2 + 1 + 5, 0), lambda: calls_and_rejected(database))
            await transactional.commit()
            await becomes((12, 0), lambda: calls_and_rejected(database))
    async with database.connect() as connection:
        services = set((await connection.execute(text("SELECT service FROM series"))).scalars())
    assert services == {"search-api", "open"}


async def test_transactions_on_each_partition_cost_no_second_start(
    kafka: str, settings: Settings, database: Database
) -> None:
    """Each partition goes on after the mark of a transaction: a hole at the very start, in all of them at once."""
    topic = settings.kafka_topics
    async with writer(kafka, topic) as transactional:
        for life in (1, 2):
            for partition in (0, 1):
                await transactional.committed([call_record()] * 2, partition=partition)
            async with consuming(settings):
                await becomes((4 * life, 0), lambda: calls_and_rejected(database))
    assert await conditions(database) == []


async def lag(consumer: Consumer) -> int:
    return consumer.health().records_behind


async def calls_and_rejected(database: Database) -> tuple[int, int]:
    calls, rejected, _ = await ledger(database)
    return calls, rejected
