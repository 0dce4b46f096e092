"""What `GET /api/v1/plan` refuses, and how it is narrowed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.core.escalation.plan import Planned
from service.entrypoints.web import create_web
from service.entrypoints.web.plans import Plans
from tests.rows import NOW, put_use
from tests.web_client import get_json, make_app, web_client

DAYS = dict.fromkeys(range(14), 48)
YEAR = {"from": "2025-07-02", "to": "2026-07-02"}


async def put_services(database: Database, *services: str) -> None:
    async with database.begin() as connection:
        for service in services:
            await put_use(connection, service=service, calls_by_days_ago=DAYS)


async def ask(database: Database, **params: Any) -> httpx.Response:
    async with web_client(database) as client:
        return await client.get("/api/v1/plan", params=params)


async def test_more_than_can_be_planned_at_once_is_refused_with_what_to_narrow(database: Database) -> None:
    await put_services(database, *(f"search-{n}" for n in range(137)), "billing-api")

    refused = await ask(database, **YEAR)
    of_team = await ask(database, **YEAR, team="billing")
    of_service = await ask(database, **YEAR, service="search-7")
    of_none = await ask(database, **YEAR, destination="#nobody")

    assert refused.status_code == 422
    assert refused.json()["error"] == "138 exposures until 2026-07-02 are too many to plan at once."
    assert "`service`, a `team` or a `destination`" in refused.json()["remedy"]
    assert {one["service"] for one in of_team.json()["items"]} == {"billing-api"}
    assert {one["service"] for one in of_service.json()["items"]} == {"search-7"}
    assert (of_none.status_code, of_none.json()["items"]) == (200, [])


async def test_span_that_is_far_away_is_as_much_work_as_all_that_is_before_it(database: Database) -> None:
    await put_services(database, *(f"search-{n}" for n in range(28)))
    refused = await ask(database, **{"from": "2030-06-01", "to": "2030-06-02"})
    assert refused.status_code == 422
    assert "`to` that is nearer" in refused.json()["remedy"]


async def test_narrowed_plan_is_that_part_of_the_whole(database: Database) -> None:
    await put_services(database, "search-api", "search-web", "billing-api", "unknown")
    span = {"from": "2025-07-01", "to": "2025-07-20", "limit": 500}
    whole = (await get_json(database, "/api/v1/plan", **span))["items"]

    for key, value, wanted in [
        ("service", "search-web", {"search-web"}),
        ("team", "search", {"search-api", "search-web"}),
        ("team", "(unowned)", {"unknown"}),
        ("destination", "#team-search", {"search-api", "search-web"}),
    ]:
        items = (await get_json(database, "/api/v1/plan", **span, **{key: value}))["items"]
        part = [one for one in whole if one["service"] in wanted]
        assert items == [one for one in part if key != "destination" or one["destination"] == value]
        assert items


async def test_pages_are_of_one_plan_until_the_next_tick(database: Database) -> None:
    await put_services(database, "search-api")
    async with web_client(database) as client:
        params: dict[str, str | int] = {"from": "2025-07-02", "to": "2025-07-14", "limit": 1}
        first = (await client.get("/api/v1/plan", params=params)).json()
        await put_services(database, "search-web")
        second = (await client.get("/api/v1/plan", params=params | {"cursor": first["next_cursor"]})).json()
        await record_heartbeats(database, {"escalate": 0.1}, now=NOW)
        third = (await client.get("/api/v1/plan", params=params)).json()
    assert first["total"] == second["total"] == third["total"] / 2


async def test_plan_that_others_keep_waiting_says_when_to_ask_again(database: Database) -> None:
    web = create_web(make_app(database), clock=lambda: NOW)
    plans, may_end = Plans(wait_seconds=0.01), asyncio.Event()
    web.state.context = replace(web.state.context, plans=plans)

    async def work_out() -> Sequence[Planned]:
        await may_end.wait()
        return []

    others = asyncio.create_task(plans.get("theirs", work_out, now=NOW))
    await asyncio.sleep(0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://127.0.0.1:8080") as client:
        busy = await client.get("/api/v1/plan")
        may_end.set()
        await others
        free = await client.get("/api/v1/plan")
    assert (busy.status_code, busy.headers["retry-after"], free.status_code) == (503, "15", 200)
