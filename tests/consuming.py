"""The consume loop as tests run it: on a broker, with a topic, a dead-letter topic and a database of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.app import open_app
from service.config.settings import Settings
from service.entrypoints.consumer import Consumer

PATIENCE = 30
LEDGER = """
    SELECT coalesce(sum(call_records), 0)::int, coalesce(sum(rejected_records), 0)::int,
           coalesce(sum(next_offset), 0)::int
    FROM watermarks
"""


@asynccontextmanager
async def consuming(settings: Settings) -> AsyncIterator[Consumer]:
    stopping = asyncio.Event()
    async with open_app(settings) as app, asyncio.TaskGroup() as group:
        consumer = Consumer(app)
        group.create_task(consumer.run(stopping))
        try:
            yield consumer
        finally:
            stopping.set()


async def ledger(database: Database) -> tuple[int, int, int]:
    """Call records, rejected records, next offsets."""
    async with database.connect() as connection:
        calls, rejected, offsets = (await connection.execute(text(LEDGER))).one()
    return calls, rejected, offsets


async def becomes(wanted: Any, question: Callable[[], Awaitable[Any]]) -> None:
    """Waits for the answer; shows the last one when it never comes."""
    answer = None
    try:
        async with asyncio.timeout(PATIENCE):
            while (answer := await question()) != wanted:  # noqa: ASYNC110  it happens in the database
                await asyncio.sleep(0.05)
    except TimeoutError:
        assert answer == wanted


async def conditions(database: Database) -> list[str]:
    """The kinds of those that are open."""
    async with database.connect() as connection:
        return [one.condition.kind for one in await open_conditions(connection)]
