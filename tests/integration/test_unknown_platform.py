"""A known model on a platform that no log tells is listed, counted, found and hinted at."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.queries.unknown import count_unknown_ids
from service.config.company import Company
from service.engine.explain import why_so
from service.entrypoints.cli import app
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.rows import NOW
from tests.web_client import get_json, get_page

MODEL = "llama-3.1-70b-versatile"
LOADED = load_catalog()
HOUR = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)


async def call(database: Database, calls: int = 1, *, since: datetime = HOUR, **given: Any) -> None:
    words = {"service": "crew-runner", "provider": "Langchain", "requested_id": MODEL, "served_id": MODEL} | given
    events = (make_call(at=since + timedelta(seconds=n), **words) for n in range(calls))
    await count_calls(database, LOADED, events, datetime.now(UTC))


async def ask(database_url: str, *arguments: str) -> Result:
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


@pytest.mark.parametrize("spelled", [MODEL, "groq/llama-3.1-70b-versatile", "Llama-3.1-70B-Versatile"])
async def test_who_finds_its_callers(database: Database, database_url: str, spelled: str) -> None:
    await call(database)

    result = await ask(database_url, "who", spelled)
    as_json = json.loads((await ask(database_url, "who", spelled, "--json")).stdout)

    assert result.exit_code == 0
    assert "No service has called" not in result.stdout
    assert "Known models on an unknown platform" in result.stdout
    assert all(word in result.stdout for word in ("crew-runner", MODEL, "Langchain"))
    assert [(each["model"], each["platform"], each["calls_28d"]) for each in as_json["unknown_ids"]] == [
        (MODEL, None, 1)
    ]


async def test_who_shows_callers_on_known_platforms_beside_them(database: Database, database_url: str) -> None:
    await call(database, 2)
    await call(database, 3, service="other-crew", provider="groq.chat")

    found = json.loads((await ask(database_url, "who", MODEL, "--json")).stdout)

    assert [(each["services"], each["calls_28d"]) for each in found["unknown_ids"]] == [(["crew-runner"], 2)]
    assert [(each["service"], each["platform"], each["calls_28d"]) for each in found["uses"]] == [
        ("other-crew", "groq", 3)
    ]


async def test_service_lists_it(database: Database, database_url: str) -> None:
    await call(database, 4)

    shown = (await ask(database_url, "service", "crew-runner")).stdout

    assert "Known models on an unknown platform" in shown
    assert MODEL in shown


async def test_api_and_pages_list_it(database: Database) -> None:
    await call(database, 4, since=NOW - timedelta(hours=5))

    api = await get_json(database, "/api/v1/services/crew-runner")
    pages = [await get_page(database, path) for path in ("/services/crew-runner", "/")]

    assert [(each["model"], each["provider"], each["calls_28d"]) for each in api["unknown_ids"]] == [
        (MODEL, "Langchain", 4)
    ]
    for page in pages:
        assert "Known models on an unknown platform" in page
        assert MODEL in page
        assert "provider Langchain" in page
        assert "Ids that lastcall does not know" not in page


async def test_reporters_are_never_added_up(database: Database, database_url: str) -> None:
    """However they spell model and provider."""
    await call(database, 3, reporter="sdk")
    await call(
        database, 5, reporter="gateway", provider="acme-llm", requested_id=f"groq.internal/{MODEL}", served_id=MODEL
    )
    await call(database, 2, requested_id="prod-chat", served_id=None, provider="openai", reporter="sdk")
    await call(database, 4, requested_id="prod-chat", served_id=None, provider="OpenAI", reporter="gateway")

    found = json.loads((await ask(database_url, "service", "crew-runner", "--json")).stdout)

    assert [(each["model"], each["requested_id"], each["calls_28d"]) for each in found["unknown_ids"]] == [
        (MODEL, MODEL, 5),
        (None, "prod-chat", 4),
    ]


async def test_doctor_names_model_callers_and_what_to_do(database: Database, database_url: str) -> None:
    await call(database, 7, host="llm.acme.example")

    found = json.loads((await ask(database_url, "doctor", "--json")).stdout)

    (finding,) = [each for each in found if each["what"] == "platform"]
    assert finding["verdict"] == "note"
    assert finding["detail"] == (
        "7 calls to llama-3.1-70b-versatile in 28 days, by crew-runner: no platform is known for provider Langchain "
        "and host llm.acme.example"
    )
    assert finding["remedy"].startswith(
        "each platform has its own dates: make the log contain the provider, or the host"
    )


async def test_explain_says_why_nobody_is_told(database: Database) -> None:
    await call(database)

    explained = await why_so(database, make_world(company=Company()), "crew-runner", model=MODEL, now=datetime.now(UTC))

    assert "The log does not say on which platform llama-3.1-70b-versatile is called" in str(explained)


async def test_it_has_a_gauge_of_its_own(database: Database) -> None:
    await call(database)
    await call(database, requested_id="prod-chat", served_id=None, provider="openai")

    async with database.connect() as connection:
        now = datetime.now(UTC)
        assert await count_unknown_ids(connection, unplaced=True, now=now) == 1
        assert await count_unknown_ids(connection, unplaced=False, now=now) == 1


async def test_nothing_is_said_where_every_platform_is_known(database: Database, database_url: str) -> None:
    await call(database, provider="groq")

    assert "unknown platform" not in (await ask(database_url, "service", "crew-runner")).stdout
    assert "names no platform" not in (await ask(database_url, "doctor")).stdout
