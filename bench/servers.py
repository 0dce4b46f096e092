"""Topics filled with calls, and databases that are new, for the loops to run against."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bench.calls import record
from service.adapters.embedded import Embedded
from service.adapters.postgres.database import open_database
from service.adapters.postgres.migration import migrate

PARTITIONS = 6


async def new_topic(kafka: str, records: int) -> str:
    """Its name. It holds the calls 0 to `records`."""
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1), NewTopic("lastcall-dead-letters", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    for number in range(records):
        await producer.send(topic, record(number), partition=number % PARTITIONS)
    await producer.stop()
    return topic


@asynccontextmanager
async def database_server() -> AsyncIterator[str]:
    if url := os.environ.get("LASTCALL_TEST_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="lastcall-bench-") as folder:
        async with Embedded(Path(folder), broker=False) as addresses:
            assert addresses.database_url is not None
            yield addresses.database_url


async def new_database(server: str) -> str:
    name = f"lastcall_bench_{uuid.uuid4().hex[:8]}"
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    database = open_database(url)
    await migrate(database)
    await database.dispose()
    return url
