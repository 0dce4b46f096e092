"""What is wrong with lastcall itself, told to the operator once, with the facts of today."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import select, update

from service.adapters.postgres.conditions import clear_condition, open_conditions, raise_condition
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import conditions
from service.core.condition import DirectoryDown, OpenCondition
from tests.rows import NOW

DOWN = DirectoryDown(directory="backstage", error="timeout", as_of=None, advice="see that it runs")
LATER = NOW + timedelta(hours=2)
REFUSED = replace(DOWN, error="http_401", advice="make a new token")


async def raised_and_told(database: Database) -> None:
    async with database.begin() as connection:
        await raise_condition(connection, DOWN, since=NOW)
        await connection.execute(update(conditions).values(told_at=NOW))


async def stored(database: Database) -> tuple[list[OpenCondition], datetime | None]:
    async with database.connect() as connection:
        return list(await open_conditions(connection)), await connection.scalar(select(conditions.c.told_at))


async def test_facts_of_an_open_condition_follow_and_nobody_is_told_again(database: Database) -> None:
    await raised_and_told(database)
    async with database.begin() as connection:
        await raise_condition(connection, REFUSED, since=LATER)
    assert await stored(database) == ([OpenCondition(REFUSED, NOW)], NOW)


async def test_condition_that_comes_back_has_the_remedy_of_today_and_is_told_again(database: Database) -> None:
    await raised_and_told(database)
    async with database.begin() as connection:
        await clear_condition(connection, "directory_down", "backstage", now=NOW)
        await raise_condition(connection, REFUSED, since=LATER)
    assert await stored(database) == ([OpenCondition(REFUSED, LATER)], None)
