"""Kafka goes away under a consumer: it says so, in few lines, and /readyz says it too."""

import contextlib
from pathlib import Path

import pytest
from sqlalchemy import text

from service.adapters.embedded import Embedded
from service.adapters.postgres.database import Database
from tests.broker_topics import call_record, make_topic, produce
from tests.processes import connected, data_folder, readiness, running, until


@pytest.mark.slow
async def test_broker_that_is_away_for_a_minute_is_told_in_a_few_lines(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    async def is_counted() -> bool:
        async with database.connect() as connection:
            return bool((await connection.execute(text("SELECT sum(calls) FROM usage_hourly"))).scalar_one())

    async def is_told() -> bool:
        status, report = await readiness(url)
        return status == 503 and "Kafka has not answered for" in report["problems"][0]["what"]

    with data_folder() as folder:
        async with contextlib.AsyncExitStack() as stack:
            broker = await stack.enter_async_context(Embedded(folder, database=False))
            assert broker.kafka_bootstrap_servers is not None
            kafka = broker.kafka_bootstrap_servers
            topic, dead_letters = await make_topic(kafka), await make_topic(kafka)
            await produce(kafka, topic, [call_record()])
            env = connected(kafka, database_url, topic, dead_letters)
            async with running("consume", env=env, folder=tmp_path) as consumer:
                url = await consumer.says(r"serving (http://\S+)")
                await until(is_counted)
                before = len(consumer.said.splitlines())
                await stack.aclose()

                await until(is_told, within=150)

                said = consumer.said.splitlines()[before:]
    assert len(said) <= 15, said
    assert any("waits" in line and "Kafka" in line for line in said)
