"""Topics that are not there: those that are go on being read, and the operator is told."""

import logging
import uuid
from datetime import UTC, datetime

import pytest

from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.queries.health import read_database_health
from service.app import open_app
from service.config.settings import Settings
from service.core.health import trouble_of
from service.entrypoints.cli.doctor import examine
from service.entrypoints.consumer import Consumer
from service.entrypoints.web.operation import readiness
from tests.broker_topics import call_record, delete_topic, make_topic, produce, read_all
from tests.consuming import becomes, conditions, consuming, ledger

MINUTES = {"retention.ms": "600000"}


def named(settings: Settings, *topics: str, dead_letters: str | None = None) -> Settings:
    return settings.model_copy(
        update={
            "kafka_topics": ",".join(topics),
            "kafka_dead_letter_topic": dead_letters or settings.kafka_dead_letter_topic,
        }
    )


def new_name() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


async def kafka_finding(settings: Settings) -> tuple[str, str]:
    """What doctor says of Kafka."""
    async with open_app(settings) as app:
        (found,) = [each async for each in examine(app, now=datetime.now(UTC)) if each.what == "Kafka"]
    return found.verdict, found.detail


@pytest.mark.apache_kafka
async def test_missing_topic_is_waited_for_in_silence_while_the_others_are_read(
    apache_kafka: str, settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    there, later, never = settings.kafka_topics, new_name(), new_name()
    settings = named(settings, there, later, never)
    await produce(apache_kafka, there, [call_record()] * 3)
    with caplog.at_level(logging.WARNING, "aiokafka"):
        async with consuming(settings) as consumer:
            await becomes(3, lambda: calls(database))
            await becomes(["topic_missing"] * 2, lambda: conditions(database))
            health = consumer.health()
            assert health.missing_topics == tuple(sorted([later, never]))
            assert trouble_of(health, datetime.now(UTC)) is None
            report = readiness(await read_database_health(database), health, is_known=True, now=datetime.now(UTC))
            assert report["status"] == "degraded"
            assert report["consumer"]["missing_topics"] == sorted([later, never])
            verdict, detail = await kafka_finding(settings)
            assert verdict == "bad"
            assert f"no topic {', '.join(sorted([later, never]))}; lastcall reads {there}" in detail

            await make_topic(apache_kafka, partitions=2, name=later)
            await produce(apache_kafka, later, [call_record()] * 4)
            await produce(apache_kafka, there, [call_record()])
            await becomes(8, lambda: calls(database))
            await becomes(["topic_missing"], lambda: conditions(database))
    assert [line for line in said(caplog) if later in line or never in line] == []


@pytest.mark.apache_kafka
async def test_topic_that_goes_away_stops_no_other(
    apache_kafka: str, settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stays, goes = settings.kafka_topics, await make_topic(apache_kafka)
    settings = named(settings, stays, goes)
    await produce(apache_kafka, goes, [call_record()])
    with caplog.at_level(logging.WARNING, "aiokafka"):
        async with consuming(settings):
            await becomes(1, lambda: calls(database))
            await delete_topic(apache_kafka, goes)
            await becomes(["topic_missing"], lambda: conditions(database))
            await produce(apache_kafka, stays, [call_record()] * 2)
            await becomes(3, lambda: calls(database))
    assert len([line for line in said(caplog) if goes in line]) <= 10


@pytest.mark.apache_kafka
async def test_consumer_without_any_topic_waits_and_says_so(
    apache_kafka: str, settings: Settings, database: Database
) -> None:
    topic = new_name()
    async with consuming(named(settings, topic)) as consumer:
        await becomes(["topic_missing"], lambda: conditions(database))
        assert trouble_of(consumer.health(), datetime.now(UTC)) == f"no configured topic exists: {topic}"

        await make_topic(apache_kafka, name=topic)
        await produce(apache_kafka, topic, [call_record()])
        await becomes(1, lambda: calls(database))
        await becomes(None, lambda: trouble(consumer))


async def test_missing_dead_letter_topic_is_made(kafka: str, settings: Settings, database: Database) -> None:
    settings = named(settings, settings.kafka_topics, dead_letters=new_name())
    await produce(kafka, settings.kafka_topics, [call_record(), b"rubbish"], partition=0)

    async with consuming(settings):
        await becomes((1, 1, 2), lambda: ledger(database))

    assert [letter.value for letter in await read_all(kafka, settings.kafka_dead_letter_topic)] == [b"rubbish"]
    assert await conditions(database) == []


@pytest.mark.apache_kafka
async def test_dead_letter_topic_that_may_not_be_made_stops_those_partitions_alone_and_all_say_so(
    apache_kafka: str, settings: Settings, database: Database
) -> None:
    settings = named(settings, settings.kafka_topics, dead_letters=f"refused-{uuid.uuid4().hex[:12]}")
    await produce(apache_kafka, settings.kafka_topics, [call_record(), b"rubbish", call_record()], partition=0)
    await produce(apache_kafka, settings.kafka_topics, [call_record()] * 5, partition=1)

    async with consuming(settings) as consumer:
        await becomes((5, 0, 5), lambda: ledger(database))
        await becomes({(settings.kafka_topics, 0): 3, (settings.kafka_topics, 1): 0}, lambda: lag(consumer))
        assert await conditions(database) == ["topic_missing", "dead_letters_refused"]
        async with database.connect() as connection:
            missing, refused = [one.condition for one in await open_conditions(connection)]
        assert "lastcall may not create it (PolicyViolationError)" in missing.detail
        assert "LASTCALL_KAFKA_DEAD_LETTER_TOPIC" in missing.remedy
        assert settings.kafka_dead_letter_topic in refused.detail
        assert trouble_of(consumer.health(), datetime.now(UTC)) == (
            f"stopped at {settings.kafka_topics}/0, which have dead letters and no place for them: see lastcall doctor"
        )
        assert "no dead-letter topic refused-" in (await kafka_finding(settings))[1]

        await produce(apache_kafka, settings.kafka_topics, [call_record()] * 2, partition=1)
        await becomes((7, 0, 7), lambda: ledger(database))

        await make_topic(apache_kafka, name=settings.kafka_dead_letter_topic, settings=MINUTES)
        await becomes((9, 1, 10), lambda: ledger(database))
        await becomes([], lambda: conditions(database))
        await becomes(None, lambda: trouble(consumer))
    assert [letter.value for letter in await read_all(apache_kafka, settings.kafka_dead_letter_topic)] == [b"rubbish"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """By the consumer: the test's own producer may look for the leader of a new topic more than once."""
    return [one.getMessage() for one in caplog.records if one.name != "aiokafka.producer.sender"]


async def calls(database: Database) -> int:
    return (await ledger(database))[0]


async def lag(consumer: Consumer) -> dict[tuple[str, int], int]:
    return dict(consumer.health().lag)


async def trouble(consumer: Consumer) -> str | None:
    return trouble_of(consumer.health(), datetime.now(UTC))
