"""Rehearsals and plans of a real database, by command and over HTTP."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.queries.rhythms import read_rhythms
from service.core.exposure import ExposureKey
from service.engine.reconcile import reconcile
from service.entrypoints.cli import app
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.rows import NOW, put_use
from tests.web_client import get_json, web_client

MODEL = "gpt-4.5-preview-2025-02-27"
KEY = ExposureKey("search-api", "production", "openai-api", MODEL)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def lastcall(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


async def call(database: Database, loaded: LoadedCatalog, at: datetime, times: int, **given: Any) -> None:
    await count_calls(database, loaded, [make_call(at=at, **given) for _ in range(times)], at)


async def test_rhythm_is_the_largest_reporters_hour_by_hour(database: Database, loaded: LoadedCatalog) -> None:
    now = datetime(2025, 7, 2, 12, 30, tzinfo=UTC)  # a Wednesday
    tuesday = datetime(2025, 7, 1, 9, 15, tzinfo=UTC)
    await call(database, loaded, tuesday, 5, reporter="litellm")
    await call(database, loaded, tuesday, 3, reporter="kong")
    await call(database, loaded, tuesday - timedelta(weeks=1), 2, reporter="kong")
    await call(database, loaded, now, 7)
    await call(database, loaded, now - timedelta(weeks=4, hours=1), 9)
    await call(database, loaded, tuesday, 100, service="another")

    async with database.connect() as connection:
        silent = KEY._replace(environment="staging")
        rhythms = await read_rhythms(connection, [KEY, silent], now=now)

    assert dict(rhythms[KEY].calls) == {(1, 9): 7}, "neither this hour, nor what is older than four weeks"
    assert dict(rhythms[silent].calls) == {}


async def test_command_tells_what_breaks_and_that_this_is_bad_news(
    database: Database, database_url: str, loaded: LoadedCatalog
) -> None:
    now = datetime.now(UTC)
    await call(database, loaded, now - timedelta(days=7), 28)
    await call(database, loaded, now - timedelta(hours=2), 4)
    await reconcile(database, make_world(), now=now)
    day = (now + timedelta(days=7)).date()

    shown = await lastcall(database_url, "rehearse", "--on", f"{day}")
    told = await lastcall(database_url, "rehearse", "--on", f"{day}", "--json")

    assert (shown.exit_code, told.exit_code) == (1, 1)
    assert "1 service would break" in shown.stdout
    (one,) = json.loads(told.stdout)
    assert (one["service"], one["id"], one["shutdown_on"], one["breaks"]) == (
        "search-api",
        "gpt-4.5-preview",
        "2025-07-14",
        True,
    )
    assert one["calls_a_day"] >= 14
    assert len(one["calls"]) == 24
    assert one["on_call"] == ["#lastcall"]


async def test_command_with_nothing_that_breaks_is_fine(database_url: str) -> None:
    tomorrow = f"{datetime.now(UTC).date() + timedelta(days=1)}"
    shown = await lastcall(database_url, "rehearse", "--on", tomorrow)
    assert (shown.exit_code, shown.stdout[:17]) == (0, "Nothing breaks on")


async def test_day_that_is_past_is_no_rehearsal(database_url: str) -> None:
    refused = await lastcall(database_url, "rehearse", "--on", "2025-07-14")
    assert refused.exit_code == 2
    assert "--on 2025-07-14 is past" in refused.stderr


async def test_rehearsal_over_http_says_calls_by_hour(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=dict.fromkeys(range(40), 48), with_hours=False)
        use = (await connection.execute(select(series.c.id))).scalar_one()
        monday = datetime(2025, 6, 30, 8, tzinfo=UTC)
        values = {"series_id": use, "hour": monday, "first_at": monday, "last_at": monday, "calls": 48}
        await connection.execute(usage_hourly.insert().values(values))

    answer = await get_json(database, "/api/v1/rehearsal", on="2025-07-14")

    (one,) = answer["items"]
    assert (answer["on"], answer["breaks"]) == ("2025-07-14", True)
    assert (one["calls"][8], one["calls_a_day"], one["peak_hour"]) == (12, 12, 8)
    assert (one["team"], one["begins_local"], one["duty"]) == ("search", "Mon 08:00 UTC", "outside working hours")


async def test_rehearsal_over_http_comes_in_pages(database: Database) -> None:
    monday = datetime(2025, 6, 30, 8, tzinfo=UTC)
    calls = {"a": 36, "b": 40, "c": 400, "d": 36}
    async with database.begin() as connection:
        for service in calls:
            await put_use(connection, service=service, calls_by_days_ago=dict.fromkeys(range(40), 48), with_hours=False)
        await put_use(connection, service="later", model="o1-preview", calls_by_days_ago={0: 48}, with_hours=False)
        for row in (await connection.execute(select(series.c.id, series.c.service))).all():
            values = {"series_id": row.id, "hour": monday, "first_at": monday, "last_at": monday}
            await connection.execute(usage_hourly.insert().values(values | {"calls": calls.get(row.service, 1)}))

    whole = await get_json(database, "/api/v1/rehearsal", on="2025-07-14")
    pages = [await get_json(database, "/api/v1/rehearsal", on="2025-07-14", limit=1)]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(await get_json(database, "/api/v1/rehearsal", on="2025-07-14", limit=1, cursor=cursor))

    assert [(one["service"], one["calls_a_day"]) for one in whole["items"]] == [
        ("c", 100),
        ("b", 10),
        ("a", 9),
        ("d", 9),
    ]
    assert [one for page in pages for one in page["items"]] == whole["items"]
    assert {(page["total"], page["breaks"], page["on"]) for page in pages} == {(4, True, "2025-07-14")}


async def test_plan_over_http_comes_in_pages_and_is_narrowed(database: Database) -> None:
    async with database.begin() as connection:
        for service in ("search-api", "search-web"):
            await put_use(connection, service=service, calls_by_days_ago=dict.fromkeys(range(40), 48), with_hours=False)
    span = {"from": "2025-07-01", "to": "2025-07-14"}

    whole = await get_json(database, "/api/v1/plan", **span, limit=500)
    first = await get_json(database, "/api/v1/plan", **span, limit=3)
    rest = await get_json(database, "/api/v1/plan", **span, limit=500, cursor=first["next_cursor"])
    one = await get_json(database, "/api/v1/plan", **span, service="search-web", destination="user:ada@example.com")

    assert first["items"] + rest["items"] == whole["items"]
    assert [(each["at"], each["step"], each["status"]) for each in one["items"]][:2] == [
        ("2025-07-02T10:00:00Z", "-14d", "foreseen"),
        ("2025-07-07T09:00:00Z", "-7d", "foreseen"),
    ]


@pytest.mark.parametrize(
    ("path", "params", "says"),
    [
        pytest.param("plan", {"from": "2025-07-02", "to": "2025-07-01"}, "is no span to plan", id="backwards"),
        pytest.param("plan", {"from": "2025-07-02", "to": "2027-07-02"}, "at most 366 days", id="too long"),
        pytest.param("plan", {"form": "2025-07-02"}, "form", id="misspelled"),
        pytest.param("rehearsal", {"on": f"{NOW.date() - timedelta(days=1)}"}, "is past", id="past"),
        pytest.param("rehearsal", {"on": f"{date(3025, 1, 1)}"}, "on:", id="out of reach"),
        pytest.param("rehearsal", {}, "on: Field required", id="no day"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    database: Database, path: str, params: dict[str, str], says: str
) -> None:
    async with web_client(database) as client:
        response = await client.get(f"/api/v1/{path}", params=params)
    assert response.status_code == 422
    assert says in response.text
