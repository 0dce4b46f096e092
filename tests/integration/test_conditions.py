"""What is wrong with lastcall itself, told to the operator once, in the words of today."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from service.adapters.postgres.conditions import Condition, clear_condition, open_conditions, raise_condition
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import conditions
from tests.rows import NOW

DOWN = Condition("directory_down", "backstage", "it does not answer", "see that it runs", NOW)
LATER = NOW + timedelta(hours=2)
REFUSED = replace(DOWN, detail="it refuses the token", remedy="make a new token", since=LATER)


async def raised_and_told(database: Database) -> None:
    async with database.begin() as connection:
        await raise_condition(connection, DOWN)
        await connection.execute(update(conditions).values(told_at=NOW))


async def stored(database: Database) -> tuple[list[Condition], datetime | None]:
    async with database.connect() as connection:
        return list(await open_conditions(connection)), await connection.scalar(select(conditions.c.told_at))


async def test_words_of_an_open_condition_follow_and_nobody_is_told_again(database: Database) -> None:
    await raised_and_told(database)
    async with database.begin() as connection:
        await raise_condition(connection, REFUSED)
    assert await stored(database) == ([replace(REFUSED, since=NOW)], NOW)


async def test_condition_that_comes_back_has_the_remedy_of_today_and_is_told_again(database: Database) -> None:
    await raised_and_told(database)
    async with database.begin() as connection:
        await clear_condition(connection, "directory_down", "backstage", now=NOW)
        await raise_condition(connection, REFUSED)
    assert await stored(database) == ([REFUSED], None)
