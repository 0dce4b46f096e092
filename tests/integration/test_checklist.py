"""The migration checklist on a real database: over HTTP, by command, in the history."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from service.adapters.postgres.act_log import read_acts
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.database import Database
from service.core.checklist import Checklist, Tick
from service.core.exposure import ExposureKey
from service.engine.check import check
from service.entrypoints.cli import app
from tests.rows import NOW, put_use
from tests.web_client import get_json, web_client

PATH = "/api/v1/exposures/checklist"
KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")
STAGING = KEY._replace(environment="staging")
ADA = "ada@example.com"
LONG_GONE = "gpt-4.5-preview-2025-02-27"


async def post(database: Database, **body: Any) -> httpx.Response:
    async with web_client(database) as client:
        return await client.post(PATH, json=body)


async def run(database_url: str, *arguments: str, group: str = "checklist") -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, [group, *arguments], env=environment)


async def test_a_tick_is_kept_for_its_exposure_alone_and_is_an_act(database: Database) -> None:
    await check(database, KEY, done=["prompts", "users"], author=ADA, now=NOW)

    async with database.connect() as connection:
        assert await load_checklists(connection) == {
            KEY: Checklist((Tick("prompts", ADA, NOW), Tick("users", ADA, NOW)))
        }
        assert await load_checklists(connection, [STAGING]) == {}
        acts = [(act.kind, act.author, act.details) for act in await read_acts(connection, KEY)]
    assert acts == [
        ("check", ADA, {"item": "users", "done": True}),
        ("check", ADA, {"item": "prompts", "done": True}),
    ]


async def test_asking_twice_keeps_the_first_author_and_writes_no_second_act(database: Database) -> None:
    await check(database, KEY, done=["prompts"], author=ADA, now=NOW)
    again = await check(database, KEY, done=["prompts"], undone=["users"], author="bob@example.com", now=NOW)

    assert again == Checklist((Tick("prompts", ADA, NOW),))
    async with database.connect() as connection:
        assert len(await read_acts(connection, KEY)) == 1


async def test_a_tick_can_be_taken_back_and_the_history_has_both(database: Database) -> None:
    await check(database, KEY, done=["prompts"], author=ADA, now=NOW)
    after = await check(database, KEY, undone=["prompts"], author="bob@example.com", now=NOW)

    assert after == Checklist()
    async with database.connect() as connection:
        acts = [(act.author, act.details["done"]) for act in await read_acts(connection, KEY)]
    assert acts == [("bob@example.com", False), (ADA, True)]


async def test_it_is_ticked_and_read_over_http(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)

    ticked = await post(database, service="search-api", tick=["prompts"], author=ADA)
    read = await get_json(database, PATH, service="search-api", model="gpt-4.5-preview")
    acts = await get_json(database, "/api/v1/exposures/acts", service="search-api")
    listed = await get_json(database, "/api/v1/exposures")

    assert ticked.status_code == 200
    assert ticked.json() == read
    assert read["environment"] == "production"
    assert read["checklist"]["done"] == 1
    assert read["checklist"]["items"][1] == {
        "id": "prompts",
        "words": "Prompts are tuned and evaluated again",
        "done": True,
        "author": ADA,
        "at": "2025-07-02T12:00:00Z",
    }
    details = {"item": "prompts", "done": True}
    assert acts["acts"] == [{"kind": "check", "author": ADA, "at": "2025-07-02T12:00:00Z", "details": details}]
    assert listed["items"][0]["checklist"] == read["checklist"]


async def test_several_or_no_exposures_like_that_are_refused_with_what_there_is(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, environment="staging")

    several = await post(database, service="search-api", tick=["prompts"], author=ADA)
    none = await post(database, service="search-api", environment="test", tick=["prompts"], author=ADA)
    one = await post(database, service="search-api", environment="staging", tick=["prompts"], author=ADA)

    assert (several.status_code, none.status_code, one.status_code) == (409, 404, 200)
    assert "gpt-4.5-preview in staging on openai-api" in several.json()["remedy"]
    assert none.json() == {
        "error": "search-api has no matching use.",
        "remedy": "It has: gpt-4.5-preview in production on openai-api; gpt-4.5-preview in staging on openai-api.",
    }
    async with database.connect() as connection:
        assert list(await load_checklists(connection)) == [STAGING]


async def test_it_is_ticked_by_command(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        await put_use(connection, model=LONG_GONE, now=datetime.now(UTC))

    ticked = await run(database_url, "search-api", "--tick", "prompts", "--tick", "Cost", "--by", ADA, "--json")
    shown = await run(database_url, "search-api", "gpt-4.5-preview")
    among = await run(database_url, "search-api", group="service")
    undone = await run(database_url, "search-api", "--untick", "cost", "--by", "bob@example.com", "--json")

    assert ticked.exit_code == 0, ticked.output
    assert [each["id"] for each in json.loads(ticked.stdout)["checklist"]["items"] if each["done"]] == [
        "prompts",
        "cost",
    ]
    assert f"search-api in production, {LONG_GONE} on OpenAI API: 2 of 5 done" in shown.stdout
    assert "prompts  Prompts are tuned and evaluated again" in shown.stdout
    assert "ada@example.com, just now" in shown.stdout
    assert next(line for line in among.stdout.splitlines() if line.startswith("gpt-4.5")).rstrip().endswith("2 of 5")
    assert json.loads(undone.stdout)["checklist"]["done"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["search-api"], 2, "Specify the model, environment or platform", id="two environments"),
        pytest.param(["search-api", "o1"], 2, "It has: gpt-4.5-preview", id="a model that it does not call"),
        pytest.param(["serach-api"], 2, "Did you mean search-api?", id="misspelled"),
        pytest.param(["search-api", "--tick", "tea"], 2, "the items are model, prompts, latency, cost", id="no item"),
        pytest.param(
            ["search-api", "--tick", "cost", "--untick", "cost"], 2, "cannot be in both --tick and --untick", id="both"
        ),
        pytest.param(["search-api", "--tick", "cost", "--by", " "], 2, "an act needs an author", id="nobody"),
    ],
)
async def test_a_wrong_command_says_what_there_is(
    database: Database, database_url: str, arguments: list[str], code: int, said: str
) -> None:
    now = datetime.now(UTC)
    async with database.begin() as connection:
        await put_use(connection, model=LONG_GONE, now=now)
        await put_use(connection, model=LONG_GONE, environment="staging", now=now)

    result = await run(database_url, *arguments)

    assert result.exit_code == code, result.output
    assert said in result.stderr
    async with database.connect() as connection:
        assert await load_checklists(connection) == {}
