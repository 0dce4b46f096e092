"""Who looks at many uses locks them in the order of their keys, so that two of them never wait for one another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.agenda import (
    make_models_due,
    make_open_exposures_due,
    make_services_due,
    make_uses_due,
)
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import acts, agenda, deprecations
from service.core.checklist import ItemId
from service.core.exposure import ExposureKey
from service.engine.check import check
from tests.locks import waits_for_a_lock
from tests.processes import until
from tests.rows import NOW

SERVICES = ("a", "b", "c")
USES = [ExposureKey(service, "production", "openai-api", "gpt-4.5-preview") for service in SERVICES]
MODEL = USES[0][2:]
Look = Callable[[AsyncConnection], Awaitable[None]]


async def put_backwards(database: Database) -> None:
    """On disk c comes first: that is the order in which a plan may come upon them."""
    ending = {
        "platform": MODEL[0],
        "model": MODEL[1],
        "first_seen_at": NOW,
        "precision": "exact",
        "standing": "provider",
    }
    async with database.begin() as connection:
        await connection.execute(deprecations.insert().values(ending))
        for key in reversed(USES):
            await connection.execute(agenda.insert().values(**key._asdict(), due_at=NOW + timedelta(days=9)))


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda connection: make_uses_due(connection, reversed(USES), now=NOW), id="calls of theirs"),
        pytest.param(lambda connection: make_services_due(connection, SERVICES, now=NOW), id="their owners"),
        pytest.param(lambda connection: make_models_due(connection, [MODEL], now=NOW), id="their model"),
        pytest.param(lambda connection: make_open_exposures_due(connection, now=NOW), id="lastcall.yaml"),
    ],
)
async def test_uses_are_locked_in_the_order_of_their_keys(database: Database, look: Look) -> None:
    await put_backwards(database)

    async def looks() -> None:
        async with database.begin() as connection:
            await look(connection)

    async with database.begin() as other:
        await other.execute(select(agenda).where(agenda.c.service == "b").with_for_update())
        looking = asyncio.create_task(looks())
        await until(lambda: waits_for_a_lock(database))
        async with database.begin() as third:
            free = list(await third.scalars(select(agenda.c.service).with_for_update(skip_locked=True)))
    await looking
    assert free == ["c"]
    async with database.connect() as connection:
        assert set(await connection.scalars(select(agenda.c.due_at))) == {NOW}


@pytest.mark.parametrize("asked", [("cost", "prompts"), ("prompts", "cost")], ids=["in order", "the other way round"])
async def test_items_are_ticked_in_one_order(database: Database, asked: Sequence[ItemId]) -> None:
    await check(database, USES[0], done=asked, author="ada", now=NOW)
    async with database.connect() as connection:
        written = list(await connection.scalars(select(acts.c.details["item"].astext).order_by(acts.c.id)))
    assert written == ["cost", "prompts"]
