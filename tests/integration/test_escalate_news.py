"""What cannot wait for the next step: an early death, another model that answers, another owner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.config.company import Company
from service.core.ownership import Owner, OwnerRule
from service.engine.escalate import escalate
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call

ADA = Owner("search", people=("ada@example.com",), channel="#search", incident="#incidents", rule="owners[0]")
BEN = replace(ADA, people=("ben@example.com",))
MAY = datetime(2025, 5, 20, 10, tzinfo=UTC)
"""A Tuesday, between the steps of 60 and 30 days before the shutdown."""


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def tick(database: Database, loaded: LoadedCatalog, now: datetime, owner: Owner = ADA) -> None:
    company = Company(owners=(OwnerRule(("search-*",), owner),))
    await reconcile(database, make_world(), now=now)
    await escalate(database, make_world(company=company), now=now)
    await record_heartbeats(database, {"escalate": 0.1}, now=now, company=company.digest)


async def told_at(database: Database, now: datetime) -> list[Row[Any]]:
    n = notifications.c
    async with database.connect() as connection:
        rows = await connection.execute(select(notifications).where(n.decided_at == now).order_by(n.destination))
        return list(rows)


async def call(database: Database, loaded: LoadedCatalog, now: datetime, **given: Any) -> None:
    events = [make_call(at=now - timedelta(days=n, hours=1)) for n in range(14)]
    await count_calls(database, loaded, events, now)
    await tick(database, loaded, now)
    later = now + timedelta(hours=3)
    await count_calls(database, loaded, [make_call(at=later - timedelta(minutes=5), **given)], later)


async def test_model_that_dies_early_is_told_at_the_next_tick(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded, MAY, status=404, error_code="model_not_found", served_id=None)
    now = MAY + timedelta(hours=3)
    await tick(database, loaded, now)
    told = await told_at(database, now)
    assert [(row.step, row.destination) for row in told] == [
        ("+0d while failing", "#search"),
        ("+0d while failing", "user:ada@example.com"),
    ]
    assert told[0].facts["traffic"]["state"] == "broken"


async def test_another_model_that_answers_is_told_once(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded, MAY, served_id="gpt-4.1-2025-04-14")
    for hours in (3, 4):
        await tick(database, loaded, MAY + timedelta(hours=hours))
    assert await told_at(database, MAY + timedelta(hours=4)) == []
    assert [(row.kind, row.destination) for row in await told_at(database, MAY + timedelta(hours=3))] == [
        ("redirected", "user:ada@example.com")
    ]


async def test_new_owner_in_the_file_hears_at_the_next_tick(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded, MAY)
    now = MAY + timedelta(hours=3)
    await tick(database, loaded, now, BEN)
    (told,) = await told_at(database, now)
    assert told.destination == "user:ben@example.com"
    assert told.facts["cause"]["former"] == {"team": "search", "addresses": ["ada@example.com"]}
    await tick(database, loaded, now + timedelta(hours=1), BEN)
    assert await told_at(database, now + timedelta(hours=1)) == []
