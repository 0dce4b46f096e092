"""Campaigns and notifications in PostgreSQL: once, in one transaction, whoever else is at work."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Row, select

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.campaign_store import load_campaigns
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.tables import agenda, campaigns, notifications
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.cause import DateMoved, Migrated, Withdrawn
from service.core.explanation.reason import reason_of
from service.core.exposure import ExposureKey
from service.core.notification import Following, News, Notice
from service.core.ownership import Owner, OwnerRule
from service.engine.check import check
from service.engine.escalate import Escalated, escalate
from service.engine.reconcile import reconcile
from tests.builders import make_deprecation, make_world
from tests.calls import count_calls, make_call

OWNER = Owner("search", people=("ada@example.com",), channel="#search", manager=("mia@example.com",), rule="owners[0]")
COMPANY = Company(owners=(OwnerRule(("search-*",), OWNER),))
MODEL = "gpt-4.5-preview-2025-02-27"
ANNOUNCED = datetime(2025, 4, 14, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def call_daily(
    database: Database,
    loaded: LoadedCatalog,
    until: datetime,
    services: Sequence[str] = ("search-api",),
    days: int = 14,
) -> None:
    events = [
        make_call(at=until - timedelta(days=n, hours=1), service=service, request_id=f"req-{service}-{n}")
        for service in services
        for n in range(days)
    ]
    await count_calls(database, loaded, events, until)


async def tick(database: Database, loaded: LoadedCatalog, now: datetime) -> Escalated:
    await reconcile(database, make_world(), now=now)
    return await escalate(database, make_world(company=COMPANY), now=now)


async def told(database: Database) -> list[Row[Any]]:
    async with database.connect() as connection:
        return list(await connection.execute(select(notifications).order_by(notifications.c.destination)))


async def test_notice_has_its_facts_and_its_reason(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    assert await tick(database, loaded, ANNOUNCED) == Escalated(looked_at=1, changed=1, notified=2)
    channel, person = await told(database)
    assert (channel.destination, channel.audience) == ("#search", "team")
    assert (person.destination, person.audience, person.step) == ("user:ada@example.com", "owner", "announced")
    assert (person.state, person.decided_at, person.not_before) == ("pending", ANNOUNCED, ANNOUNCED)
    notice = msgspec.convert(person.facts, Notice)
    assert reason_of(notice, "owner") == "at the announcement, by policy default; owner by owners[0]"
    assert (notice.owner.team, notice.end.shutdown_on) == ("search", date(2025, 7, 14))
    traffic = notice.traffic
    assert (traffic.calls_7d, traffic.tokens_7d, traffic.calls_total) == (7, 700, 14)
    assert notice.following == Following(step="-60d", on=date(2025, 5, 15), audiences=("owner",))
    assert traffic.requested_ids == ("gpt-4.5-preview",)
    assert traffic.request_ids
    assert notice.end.replacements[0] == "gpt-4.1"
    assert notice.end.source
    assert notice.end.source.startswith("https://")


async def test_notice_names_what_is_open_on_the_checklist_once_the_day_is_near(
    database: Database, loaded: LoadedCatalog
) -> None:
    week_before = datetime(2025, 7, 7, 10, tzinfo=UTC)
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    key = ExposureKey("search-api", "production", "openai-api", MODEL)
    await check(database, key, done=["model", "prompts", "latency"], author="ada@example.com", now=ANNOUNCED)
    await call_daily(database, loaded, week_before)
    await tick(database, loaded, week_before)

    still_open = {row.step: row.facts["checklist_open"] for row in await told(database)}
    assert still_open == {"announced": [], "-7d": ["cost", "users"]}


async def test_asking_twice_at_one_now_writes_nothing(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    assert await tick(database, loaded, ANNOUNCED) == Escalated(0, 0, 0)


async def test_two_schedulers_at_once_record_each_step_once(
    database: Database, database_url: str, loaded: LoadedCatalog
) -> None:
    services = [f"search-{n}" for n in range(30)]
    await call_daily(database, loaded, ANNOUNCED, services, days=3)
    other = open_database(database_url)
    try:
        for now in (ANNOUNCED, ANNOUNCED + timedelta(days=1), datetime(2025, 5, 15, 12, tzinfo=UTC)):
            await call_daily(database, loaded, now, services, days=3)
            await asyncio.gather(*(tick(one, loaded, now) for one in (database, other, database, other)))
    finally:
        await other.dispose()
    counted = Counter((row.step, row.destination) for row in await told(database))
    # Each silence between the days above is longer than the quiet period, but nobody looked while it lasted.
    assert counted["announced", "user:ada@example.com"] == 30
    assert counted["announced", "#search"] == 30
    assert counted["-60d", "user:ada@example.com"] == 30
    assert counted.total() == 90


async def test_campaign_survives_being_stored(database: Database, loaded: LoadedCatalog) -> None:
    found = datetime(2025, 7, 3, 10, tzinfo=UTC)
    await call_daily(database, loaded, found)
    await tick(database, loaded, found)
    async with database.connect() as connection:
        (campaign,) = (await load_campaigns(connection)).values()
        (row,) = (await connection.execute(select(campaigns))).all()
    assert campaign.policy.name == "default"
    assert (campaign.deadline, campaign.owner_told_at) == (date(2025, 7, 14), found)
    assert campaign.holds_back is not None
    assert campaign.holds_back.held == ("manager",)
    assert row.state == "open"
    assert row.owner["team"] == "search"


async def test_quiet_campaign_closes_and_a_late_record_leaves_it_closed(
    database: Database, loaded: LoadedCatalog
) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    silent = ANNOUNCED + timedelta(days=4)
    assert (await tick(database, loaded, silent)).changed == 1
    (closing,) = [row for row in await told(database) if row.kind == "migrated"]
    cause = msgspec.convert(closing.facts, News).cause
    assert isinstance(cause, Migrated)
    assert cause.quiet_days == 3
    await count_calls(database, loaded, [make_call(at=ANNOUNCED + timedelta(days=2))], silent)
    assert (await tick(database, loaded, silent + timedelta(hours=1))).changed == 0
    back = silent + timedelta(days=10)
    await count_calls(database, loaded, [make_call(at=back)], back)
    assert (await tick(database, loaded, back)).changed == 1
    reopened = [row for row in await told(database) if row.facts["cause"]["kind"] == "relapse"]
    assert {row.step for row in reopened} == {"announced"}


async def test_moved_date_reaches_the_owner(database: Database, loaded: LoadedCatalog) -> None:
    first = Catalog([make_deprecation(model=MODEL)], digest="first")
    moved = Catalog([make_deprecation(model=MODEL, shutdown_on=date(2025, 8, 14))], digest="second")
    await call_daily(database, loaded, ANNOUNCED)
    await reconcile(database, make_world(first), now=ANNOUNCED)
    await escalate(database, make_world(first, COMPANY), now=ANNOUNCED)
    later = ANNOUNCED + timedelta(hours=2)
    await reconcile(database, make_world(moved), now=later)
    assert await escalate(database, make_world(moved, COMPANY), now=later) == Escalated(1, 1, 1)
    (news,) = [row for row in await told(database) if row.kind == "date_moved"]
    moved_by = DateMoved(before=date(2025, 7, 14), after=date(2025, 8, 14))
    assert msgspec.convert(news.facts, News).cause == moved_by


async def test_owner_hears_that_a_deprecation_was_taken_back_after_its_date_moved(
    database: Database, loaded: LoadedCatalog
) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    records = [
        make_deprecation(model=MODEL),
        make_deprecation(model=MODEL, shutdown_on=date(2025, 8, 14)),
        make_deprecation(model=MODEL, announced=None, shutdown_on=None, precision="unknown"),
    ]
    for hours, record in enumerate(records):
        now = ANNOUNCED + timedelta(hours=hours)
        catalog = Catalog([record], digest=str(hours))
        await reconcile(database, make_world(catalog), now=now)
        await escalate(database, make_world(catalog, COMPANY), now=now)
    (news,) = [row for row in await told(database) if row.kind == "withdrawn"]
    cause = msgspec.convert(news.facts, News).cause
    assert isinstance(cause, Withdrawn)
    assert cause.before == date(2025, 8, 14)


async def test_model_without_an_end_is_looked_at_once(database: Database, loaded: LoadedCatalog) -> None:
    event = make_call(at=ANNOUNCED, requested_id="gpt-4.5-preview", served_id=None)
    await count_calls(database, loaded, [event], ANNOUNCED)
    nothing = Catalog([], digest="nothing")
    await reconcile(database, make_world(nothing), now=ANNOUNCED)
    assert (await escalate(database, make_world(nothing, COMPANY), now=ANNOUNCED)).looked_at == 1
    await count_calls(database, loaded, [event], ANNOUNCED)
    await reconcile(database, make_world(nothing), now=ANNOUNCED)
    assert (await escalate(database, make_world(nothing, COMPANY), now=ANNOUNCED)).looked_at == 0
    async with database.connect() as connection:
        assert await connection.scalar(select(agenda.c.due_at)) is None
