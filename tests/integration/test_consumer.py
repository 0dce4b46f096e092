"""The consume loop on a broker: what goes onto the topic ends in the database, whatever it is."""

import gzip
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from service.adapters.kafka.log import KafkaLog
from service.adapters.metrics import REGISTRY
from service.adapters.postgres.database import Database
from service.adapters.postgres.watermark_store import accept_recreated
from service.config.settings import Settings
from service.core.health import trouble_of
from tests.broker_topics import (
    call_record,
    delete_topic,
    make_topic,
    produce,
    produce_with_binary_header_name,
    read_all,
)
from tests.consuming import becomes, conditions, consuming, ledger

TOO_DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
TOMBSTONE = None
POISON = {
    "empty": b"",
    "no text": b"\xff\xfe\x00\x01",
    "broken gzip": gzip.compress(call_record())[:-9],
    "broken JSON": b'{"model": "gpt-4o", ',
    "nested 10,000 deep": TOO_DEEP,
    "10 MB": b'{"model": "' + b"x" * 10_000_000 + b'"}',
    "a number of 400 digits": b'{"time": 1' + b"0" * 400 + b', "service": "s", "model": "gpt-4o"}',
    "NaN": b'{"time": NaN, "service": "s", "model": "gpt-4o"}',
    "no dialect": b'{"hello": "world"}',
}


async def test_consumer_counts_rejects_and_goes_on_where_it_stopped(
    kafka: str, settings: Settings, database: Database
) -> None:
    await produce(kafka, settings.kafka_topics, [call_record(), call_record(), b"rubbish", TOMBSTONE])
    async with consuming(settings) as consumer:
        await becomes((2, 1, 4), lambda: ledger(database))
        assert trouble_of(consumer.health(), datetime.now(UTC)) is None
        assert consumer.health().records_behind == 0
    await produce(kafka, settings.kafka_topics, [call_record()])
    async with consuming(settings):
        await becomes((3, 1, 5), lambda: ledger(database))


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
async def test_batches_are_read_however_the_producer_compresses_them(
    kafka: str, settings: Settings, database: Database, compression: str
) -> None:
    await produce(kafka, settings.kafka_topics, [call_record()] * 20, compression=compression)
    async with consuming(settings):
        await becomes((20, 0, 20), lambda: ledger(database))


async def test_consumer_notes_that_it_has_read_to_the_end(kafka: str, settings: Settings, database: Database) -> None:
    async def caught_up() -> bool:
        async with database.connect() as connection:
            noted = await connection.execute(text("SELECT caught_up_at FROM watermarks"))
            times = list(noted.scalars())
        return len(times) == 2 and all(at is not None and at > sent_at for at in times)

    await produce(kafka, settings.kafka_topics, [call_record()])
    sent_at = datetime.now(UTC)
    async with consuming(settings):
        await becomes(True, caught_up)


async def test_each_poison_record_costs_one_rejection_and_its_bytes_are_kept(
    kafka: str, settings: Settings, database: Database
) -> None:
    values = list(POISON.values())
    await produce(kafka, settings.kafka_topics, values, partition=0, headers=[("binary", b"\xff\xfe\x80")])
    await produce(kafka, settings.kafka_topics, [call_record()], partition=0, headers=[("binary", b"\xff\xfe\x80")])

    async with consuming(settings):
        await becomes((1, len(values), len(values) + 1), lambda: ledger(database))

    letters = await read_all(kafka, settings.kafka_dead_letter_topic)
    origin = [{name: value.decode() for name, value in letter.headers} for letter in letters]
    assert [letter["lastcall.offset"] for letter in origin] == [str(n) for n in range(len(values))]
    assert {letter["lastcall.topic"] for letter in origin} == {settings.kafka_topics}
    assert [letter.value for letter in letters] == values
    assert "binary" not in origin[0]
    sent = REGISTRY.get_sample_value("lastcall_dead_letters_total", {"topic": settings.kafka_topics})
    assert sent == len(values)


async def test_header_whose_name_is_no_text_stops_nothing(kafka: str, settings: Settings, database: Database) -> None:
    topic = settings.kafka_topics
    async with consuming(settings) as consumer:
        await produce(kafka, topic, [call_record()] * 2, partition=0)
        await produce_with_binary_header_name(kafka, topic, [call_record()] * 3, partition=0)
        await produce(kafka, topic, [call_record(), b"rubbish"], partition=0)
        await produce(kafka, topic, [call_record()] * 50, partition=1)

        await becomes((56, 1, 57), lambda: ledger(database))
        assert consumer.health().fetch_failures == 0
        assert trouble_of(consumer.health(), datetime.now(UTC)) is None


async def test_recreated_topic_is_held_or_renewed_as_the_broker_is(
    kafka: str, settings: Settings, database: Database
) -> None:
    await produce(kafka, settings.kafka_topics, [call_record()] * 5, partition=0)
    async with consuming(settings):
        await becomes((5, 0, 5), lambda: ledger(database))
    await delete_topic(kafka, settings.kafka_topics)
    await make_topic(kafka, partitions=2, name=settings.kafka_topics)
    await produce(kafka, settings.kafka_topics, [call_record()] * 3, partition=0)

    async with consuming(settings):
        embedded = await _is_embedded(settings)
        if not embedded:
            await becomes(["topic_recreated"], lambda: conditions(database))
            assert await accept_recreated(database, settings.kafka_topics, now=datetime.now(UTC)) == 2
        await becomes((8, 0, 3), lambda: ledger(database))
    assert await conditions(database) == []


async def test_flood_of_rejections_stops_the_line_and_tells_the_operator(
    kafka: str, settings: Settings, database: Database
) -> None:
    await produce(kafka, settings.kafka_topics, [b"rubbish"] * 3_000)

    async with consuming(settings) as consumer:
        await becomes(["rejection_flood"], lambda: conditions(database))
        assert consumer.health().stopped is not None
        assert (await ledger(database))[1] < 3_000


async def _is_embedded(settings: Settings) -> bool:
    log = KafkaLog(settings)
    await log.start()
    try:
        return (await log.describe([settings.kafka_topics])).embedded
    finally:
        await log.stop()
