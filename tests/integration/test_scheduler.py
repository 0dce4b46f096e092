"""The heartbeat on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.conditions import last_tick
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import usage_daily
from service.adapters.slack.transport import LocalTransport
from service.core.address import Address
from service.core.delivery import Absent, Delivered, Outcome, Sent, Sought
from service.core.messages.message import Message
from service.engine.tick import Engine
from service.engine.world import Worlds
from service.entrypoints.scheduler import BEAT_SECONDS, Heartbeat
from tests.builders import make_notice, make_world
from tests.calls import count_calls, make_call
from tests.outbox_rows import enqueue, states

NOW = datetime(2025, 6, 2, 18, tzinfo=UTC)


async def ticked(database: Database) -> bool:
    async with database.connect() as connection:
        return await last_tick(connection, "deliver") is not None


async def days_are_there(database: Database) -> bool:
    async with database.connect() as connection:
        return (await connection.execute(select(usage_daily.c.day))).first() is not None


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():  # noqa: ASYNC110  rows of a database, which tell nobody
        await asyncio.sleep(0.05)


class StuckSlack:
    """Takes no message until it is let go."""

    is_local = False

    def __init__(self) -> None:
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Sent | None = None
    ) -> Outcome:
        self.asked.set()
        await self.go_on.wait()
        return Delivered("C1", "1.0")

    async def find(self, message_id: UUID, destination: Address, since: datetime, *, now: datetime) -> Sought:
        return Absent()


async def test_slow_slack_delays_nothing_but_messages_and_stop_waits_for_it(database: Database) -> None:
    loaded, slack = load_catalog(), StuckSlack()
    engine = Engine(database, Worlds(make_world()), {"slack": slack}, None)
    await enqueue(database, "#search", make_notice(), not_before=NOW)
    heartbeat = Heartbeat(engine, clock=lambda: NOW)
    heartbeat.start()
    async with asyncio.timeout(BEAT_SECONDS):
        await slack.asked.wait()
        await count_calls(database, loaded, [make_call(at=NOW)], NOW)
        await until(lambda: days_are_there(database))
        stopping = asyncio.create_task(heartbeat.stop())
        assert await states(database) == {"#search": ["leased"]}
        slack.go_on.set()
        await stopping
    assert await states(database) == {"#search": ["delivered"]}


async def test_calls_between_two_ticks_do_not_wait_for_the_next(database: Database) -> None:
    loaded = load_catalog()
    transport = LocalTransport(lambda destination, message: None)
    engine = Engine(database, Worlds(make_world()), {"slack": transport}, None)
    heartbeat = Heartbeat(engine, clock=lambda: NOW)
    heartbeat.start()
    try:
        await until(lambda: ticked(database))
        async with asyncio.timeout(BEAT_SECONDS / 2):
            await count_calls(database, loaded, [make_call(at=NOW)], NOW)
            await until(lambda: days_are_there(database))
    finally:
        await heartbeat.stop()
