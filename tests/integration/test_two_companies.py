"""Schedulers that go by different files of lastcall.yaml, as in a rolling update: the one loaded last decides."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.loads import OUT_OF_USE
from service.adapters.postgres.tables import notifications
from service.config.company import Company, load_company
from service.core.calendar import Calendar
from service.core.escalation.act import Refused, Waive
from service.core.escalation.policy import PolicyRule, policy_from_json
from service.core.explanation.answer import Explanation
from service.core.exposure import ExposureKey
from service.core.ownership import Owner, OwnerRule
from service.engine.act import act
from service.engine.escalate import Escalated, escalate
from service.engine.explain import why_so
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.processes import environment, lastcall

ADA = Owner("search", people=("ada@example.com",), rule="owners[0]")
OLD = Company(owners=(OwnerRule(("search-*",), ADA),))
NEW = Company(owners=(OwnerRule(("search-*",), replace(ADA, people=("ben@example.com",))),))
LAST_WEEK = policy_from_json({"name": "last week", "steps": [{"at": "-7d", "tell": ["owner"]}]})
MINUTE = timedelta(minutes=1)
MAY = datetime(2025, 5, 20, 10, tzinfo=UTC)
"""Between the steps of 60 and 30 days before the shutdown."""


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def call(database: Database, loaded: LoadedCatalog, until: datetime = MAY) -> None:
    await count_calls(database, loaded, [make_call(at=until - timedelta(days=n, hours=1)) for n in range(14)], until)


async def tick(database: Database, loaded: LoadedCatalog, now: datetime, company: Company) -> Escalated:
    await reconcile(database, make_world(), now=now)
    return await escalate(database, make_world(company=company), now=now)


async def told_after(database: Database, since: datetime) -> list[str]:
    n = notifications.c
    async with database.connect() as connection:
        return list(await connection.scalars(select(n.destination).where(n.decided_at > since).order_by(n.decided_at)))


async def test_first_notices_do_not_go_back_and_forth(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded)
    await tick(database, loaded, MAY, OLD)
    for minute in range(1, 5):
        await tick(database, loaded, MAY + minute * MINUTE, NEW)
        assert await tick(database, loaded, MAY + (minute + 0.5) * MINUTE, OLD) == Escalated(0, 0, 0)
    assert await told_after(database, MAY) == ["user:ben@example.com"]


async def test_campaigns_are_looked_at_once_for_a_new_file(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded)
    await tick(database, loaded, MAY, OLD)
    looked = [(await tick(database, loaded, MAY + n * MINUTE, NEW)).looked_at for n in range(1, 4)]
    assert looked == [1, 0, 0]


async def test_use_without_a_campaign_is_looked_at_for_a_new_policy(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded)
    await tick(database, loaded, MAY, replace(OLD, policies=(PolicyRule(LAST_WEEK),)))
    assert await told_after(database, MAY - MINUTE) == []
    await tick(database, loaded, MAY + MINUTE, OLD)
    assert await told_after(database, MAY) == ["user:ada@example.com"]


async def test_end_of_a_waiver_is_that_of_the_new_file_for_a_closed_campaign_too(
    database: Database, loaded: LoadedCatalog
) -> None:
    """It was closed when the calls ended, and they are back. The 20th of June begins earlier in Auckland."""
    auckland = replace(ADA, calendar=Calendar(ZoneInfo("Pacific/Auckland")))
    company, key = (
        Company(owners=(OwnerRule(("search-*",), auckland),)),
        ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview-2025-02-27"),
    )
    await call(database, loaded)
    await tick(database, loaded, MAY, OLD)
    waived = Waive("ada@example.com", date(2025, 6, 20), "switched off in July")
    assert not isinstance(await act(database, make_world(company=OLD), key, waived, now=MAY), Refused)
    for day in (datetime(2025, 6, 1, 10, tzinfo=UTC), datetime(2025, 6, 19, 10, tzinfo=UTC)):
        await tick(database, loaded, day, OLD)
        await call(database, loaded, until=day + timedelta(hours=1))
    evening = datetime(2025, 6, 19, 21, tzinfo=UTC)
    await tick(database, loaded, evening - timedelta(hours=9), OLD)
    await tick(database, loaded, evening - MINUTE, company)
    assert await told_after(database, MAY + timedelta(days=20)) == []
    await tick(database, loaded, evening, company)
    assert await told_after(database, evening - MINUTE) == ["user:ada@example.com"]


async def test_file_that_was_taken_back_to_decides_again_once_the_other_is_out_of_use(
    database: Database, loaded: LoadedCatalog
) -> None:
    await call(database, loaded)
    await tick(database, loaded, MAY, OLD)
    await tick(database, loaded, MAY + MINUTE, NEW)
    alone = MAY + MINUTE + OUT_OF_USE
    assert await tick(database, loaded, alone - timedelta(seconds=1), OLD) == Escalated(0, 0, 0)
    assert (await tick(database, loaded, alone, OLD)).changed == 1
    assert await told_after(database, MAY + MINUTE) == ["user:ada@example.com"]


async def test_process_that_decides_nothing_says_why(
    database_url: str, database: Database, loaded: LoadedCatalog, tmp_path: Path
) -> None:
    said = []
    env, file = environment(LASTCALL_DATABASE_URL=database_url), tmp_path / "lastcall.yaml"
    for minute, person in enumerate(("ada", "ben", "ada")):
        file.write_text(f"owners: [{{services: [search-*], team: search, people: [{person}@example.com]}}]")
        if minute == 0:
            await tick(database, loaded, MAY, load_company(file))
            continue
        ticked = await lastcall("tick", "--now", f"2025-05-20T10:0{minute}", env=env, folder=tmp_path)
        assert ticked.code == 0, ticked.err
        said.append("another lastcall.yaml was loaded later and takes precedence" in ticked.err)
    assert said == [False, True]


async def test_explanation_says_that_another_file_decides(database: Database, loaded: LoadedCatalog) -> None:
    await call(database, loaded)
    await tick(database, loaded, MAY, OLD)
    await tick(database, loaded, MAY + MINUTE, NEW)
    why = await why_so(database, make_world(company=OLD), "search-api", now=MAY + 2 * MINUTE)
    assert isinstance(why, Explanation)
    said = [sentence for point in why.points for sentence in point.sentences]
    assert "Another process of lastcall, with a newer lastcall.yaml, decides about it; this one does not." in said
