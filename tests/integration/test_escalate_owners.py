"""Whom escalation tells when not lastcall.yaml says who owns a service, or nobody does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Row, select

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.directory.backstage import BackstageApi
from service.adapters.directory.http import open_http
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.config.company import Company
from service.config.directories import Backstage, Directories
from service.core.ownership import Owner, OwnerRule
from service.engine.escalate import escalate
from service.engine.reconcile import reconcile
from service.engine.refresh import Clients, refresh
from tests.backstage_server import BackstageServer, component, group
from tests.builders import make_world
from tests.calls import count_calls, make_call

ANNOUNCED = datetime(2025, 4, 14, 10, tzinfo=UTC)
COMPANY = Company(
    owners=(OwnerRule(("search-*",), Owner("find", channel="#find")),),
    directories=Directories(backstage=Backstage(url="https://backstage.example")),
)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


@pytest.fixture
async def backstage() -> AsyncIterator[BackstageServer]:
    entities = [component("cart", "shop"), group("shop", slack="#shop"), group("money", slack="#money")]
    async with BackstageServer(entities=entities) as server:
        yield server


async def tick(
    database: Database, loaded: LoadedCatalog, backstage: BackstageServer, services: list[str], now: datetime
) -> None:
    """The services call until an hour before `now`."""
    events = [make_call(at=now - timedelta(hours=1), service=service) for service in services]
    await count_calls(database, loaded, events, now)
    async with open_http() as session:
        clients = Clients(backstage=BackstageApi(session, backstage.url, SecretStr(backstage.token)))
        await refresh(database, make_world(company=COMPANY), clients, now=now)
    await reconcile(database, make_world(), now=now)
    await escalate(database, make_world(company=COMPANY), now=now)


async def told(database: Database, since: datetime = ANNOUNCED) -> list[Row[Any]]:
    n = notifications.c
    async with database.connect() as connection:
        rows = select(notifications).where(n.decided_at >= since).order_by(n.destination, n.audience)
        return list(await connection.execute(rows))


async def test_owner_by_backstage_hears_and_is_told_why(
    database: Database, loaded: LoadedCatalog, backstage: BackstageServer
) -> None:
    await tick(database, loaded, backstage, ["cart"], ANNOUNCED)
    (row,) = await told(database)
    assert row.destination == "#shop"
    assert row.facts["owner"]["rule"] == "component:default/cart of group:default/shop in Backstage"


async def test_service_that_backstage_gives_to_another_group_is_handed_over(
    database: Database, loaded: LoadedCatalog, backstage: BackstageServer
) -> None:
    await tick(database, loaded, backstage, ["cart"], ANNOUNCED)
    backstage.entities[0] = component("cart", "money")
    next_day = ANNOUNCED + timedelta(days=1)
    await tick(database, loaded, backstage, ["cart"], next_day)
    (row,) = await told(database, next_day)
    assert row.destination == "#money"
    assert row.facts["cause"]["kind"] == "new_owner"


async def test_notice_about_a_service_of_nobody_says_who_may_own_it(
    database: Database, loaded: LoadedCatalog, backstage: BackstageServer
) -> None:
    await tick(database, loaded, backstage, ["search-api", "search.old", "zebra"], ANNOUNCED)
    candidates = {row.facts["use"]["service"]: row.facts["owner"]["candidates"] for row in await told(database)}
    assert candidates == {
        "search-api": [],
        "search.old": [
            {"who": "find", "evidence": {"type": "neighbours", "services": 1, "total": 1, "beginning": "search"}}
        ],
        "zebra": [],
    }
