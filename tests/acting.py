"""Acts of people on a real database, by the engine, over HTTP and by command; and what came of them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx
from sqlalchemy import select
from typer.testing import CliRunner, Result

from service.adapters.postgres.act_log import read_acts
from service.adapters.postgres.campaign_store import load_campaigns
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import agenda, notifications
from service.core.escalation.act import Act, Refused
from service.core.escalation.campaign import Campaign
from service.core.exposure import ExposureKey
from service.core.ownership import Owner
from service.engine.act import Acted, act
from service.engine.escalate import escalate
from service.engine.reassign import reassign
from service.entrypoints.cli import app
from tests.rows import NOW, SEARCH, put_campaign, put_use
from tests.web_client import make_app, web_client

ACTS = "/api/v1/exposures/acts"
KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")
STAGING = KEY._replace(environment="staging")
MONDAY = datetime(2025, 7, 7, 10, tzinfo=UTC)
ADA, BOB = "ada@example.com", "bob@example.com"
DAILY = dict.fromkeys(range(1, 29), 10)
LONG_GONE = "gpt-4.5-preview-2025-02-27"
FRIDAY = date(2025, 7, 4)


async def call_and_tell(database: Database, key: ExposureKey = KEY, *, until: datetime = NOW) -> None:
    """Called daily, with the steps down to -14d told; the next one is -7d, on Monday 7 July."""
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY, now=until, **key._asdict())
        await put_campaign(connection, owner=SEARCH, **key._asdict())
        await connection.execute(agenda.insert().values(**key._asdict(), due_at=NOW, wakes_on_call=True))


async def do(database: Database, asked: Act, *, key: ExposureKey = KEY, now: datetime = NOW) -> Acted | Refused:
    here = make_app(database)
    return await act(here.database, here.world, key, asked, now=now)


async def name_owner(
    database: Database, team: str, *, people: Sequence[str] = (), by: str = ADA, now: datetime = NOW
) -> None:
    world = make_app(database).world
    named = await reassign(database, world, "search-api", team=team, people=people, author=by, now=now)
    assert isinstance(named, Owner)


async def tick(database: Database, now: datetime = NOW) -> None:
    here = make_app(database)
    await escalate(here.database, here.world, now=now)


async def campaign(database: Database, key: ExposureKey = KEY) -> Campaign:
    async with database.connect() as connection:
        return (await load_campaigns(connection, [key]))[key]


async def history(database: Database, key: ExposureKey = KEY) -> list[tuple[str, str, datetime, Any]]:
    async with database.connect() as connection:
        return [(one.kind, one.author, one.at, one.details) for one in await read_acts(connection, key)]


async def told(database: Database) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        n = notifications.c
        rows = await connection.execute(select(n.step, n.destination).order_by(n.decided_at, n.destination))
        return [(row.step, row.destination) for row in rows]


async def post(database: Database, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    async with web_client(database, headers=headers) as client:
        return await client.post(path, json=body)


async def run(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
