"""The history of what people did, on a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.adapters.postgres.act_log import LoggedAct, read_acts, record_act
from service.adapters.postgres.database import Database
from service.core.exposure import ExposureKey
from tests.rows import NOW

KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")


async def test_acts_are_read_newest_first_and_in_the_order_of_writing_at_one_time(database: Database) -> None:
    async with database.begin() as connection:
        await record_act(connection, KEY, "acknowledge", author="ada@example.com", at=NOW, details={})
        await record_act(
            connection, KEY, "check", author="ada@example.com", at=NOW, details={"item": "prompts", "done": True}
        )
        await record_act(
            connection,
            KEY,
            "snooze",
            author="bob@example.com",
            at=NOW - timedelta(days=1),
            details={"until": "2025-07-04"},
        )

    async with database.connect() as connection:
        acts = await read_acts(connection, KEY)

    assert acts == [
        LoggedAct("check", "ada@example.com", NOW, {"item": "prompts", "done": True}),
        LoggedAct("acknowledge", "ada@example.com", NOW, {}),
        LoggedAct("snooze", "bob@example.com", NOW - timedelta(days=1), {"until": "2025-07-04"}),
    ]


async def test_the_same_model_in_another_environment_has_a_history_of_its_own(database: Database) -> None:
    async with database.begin() as connection:
        await record_act(
            connection, KEY._replace(environment="staging"), "acknowledge", author="ada@example.com", at=NOW, details={}
        )

    async with database.connect() as connection:
        assert await read_acts(connection, KEY) == []


@pytest.mark.parametrize("statement", ["UPDATE acts SET author = 'bob'", "DELETE FROM acts", "TRUNCATE acts"])
async def test_history_is_only_added_to(database: Database, statement: str) -> None:
    async with database.begin() as connection:
        await record_act(connection, KEY, "acknowledge", author="ada@example.com", at=NOW, details={})
    with pytest.raises(IntegrityError, match="acts are only ever added to"):
        async with database.begin() as connection:
            await connection.execute(text(statement))
    async with database.connect() as connection:
        assert [one.author for one in await read_acts(connection, KEY)] == ["ada@example.com"]
