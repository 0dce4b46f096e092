"""Who answers for a service, as people say it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, text

from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import load_assignments
from service.adapters.postgres.tables import agenda
from service.core.escalation.act import Acknowledge
from service.engine.act import Acted
from service.engine.escalate import escalate
from service.engine.world import Worlds, with_owners
from tests.acting import ADA, BOB, KEY, STAGING, call_and_tell, do, history, name_owner, tick, told
from tests.builders import make_world
from tests.locks import waits_for_a_lock
from tests.processes import until
from tests.rows import COMPANY, NOW
from tests.web_client import make_app


async def test_reassigned_service_is_handed_over_at_the_next_tick(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop", people=["eve@example.com"])
    await tick(database)
    assert await told(database) == [("-14d", "user:eve@example.com")]
    assert (await history(database))[0] == (
        "reassign", ADA, NOW, {"team": "shop", "people": ["eve@example.com"]},
    )  # fmt: skip


async def test_each_use_of_a_reassigned_service_has_it_in_its_history(database: Database) -> None:
    await call_and_tell(database)
    await call_and_tell(database, STAGING)
    await name_owner(database, "shop")
    assert [len(await history(database, key)) for key in (KEY, STAGING)] == [1, 1]


async def test_use_of_a_model_that_stays_has_no_history(database: Database) -> None:
    stays = KEY._replace(model="gpt-4.1")
    await call_and_tell(database)
    await call_and_tell(database, stays)
    await name_owner(database, "shop")
    assert [len(await history(database, key)) for key in (KEY, stays)] == [1, 0]


async def test_answer_that_is_given_twice_is_written_once(database: Database) -> None:
    await call_and_tell(database)
    for by in (ADA, BOB):
        await name_owner(database, "shop", people=["eve@example.com"], by=by)
    assert [author for _, author, _, _ in await history(database)] == [ADA]
    async with database.connect() as connection:
        assert [one.author for one in await load_assignments(connection)] == [ADA]


async def test_answer_is_seen_whatever_the_clocks_of_those_who_give_it_say(database: Database) -> None:
    """Bob's is behind, and a third answer comes at the time of the first."""
    await call_and_tell(database)
    worlds = Worlds(make_world(company=COMPANY))
    seen = []
    for team, now in (("shop", NOW), ("money", NOW - timedelta(minutes=5)), ("shop", NOW), ("money", NOW)):
        await name_owner(database, team, now=now)
        async with database.connect() as connection:
            seen.append((await worlds.look(connection, now=now)).owners.owner_of("search-api").team)
    assert seen == ["shop", "money", "shop", "money"]


async def test_use_is_not_locked_while_owners_are_read(database: Database) -> None:
    await call_and_tell(database)
    async with database.begin() as other:
        await other.execute(text("LOCK TABLE assignments IN ACCESS EXCLUSIVE MODE"))
        acting = asyncio.create_task(do(database, Acknowledge(ADA)))
        await until(lambda: waits_for_a_lock(database))
        async with database.begin() as third:
            free = await third.scalar(select(agenda.c.service).with_for_update(skip_locked=True))
    assert free == "search-api"
    assert isinstance(await acting, Acted)


async def test_service_can_be_given_back_to_the_team_that_lastcall_yaml_names(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop")
    await name_owner(database, "search", by=BOB)
    async with database.connect() as connection:
        owners = (await with_owners(connection, make_world(company=COMPANY), now=NOW)).owners
    assert (owners.of("search-api").source, owners.owner_of("search-api").channel) == ("lastcall.yaml", "#team-search")
    assert owners.unwritten() == []


async def test_answer_that_lastcall_yaml_has_overruled_does_not_come_back_with_a_later_file(database: Database) -> None:
    await call_and_tell(database)
    await name_owner(database, "shop")
    (rule,) = (rule for rule in COMPANY.owners if rule.matches("search-api"))
    to_care = replace(COMPANY, owners=(replace(rule, owner=replace(rule.owner, team="care")),))
    teams: list[str | None] = []
    for company in (COMPANY, to_care, COMPANY):
        later = NOW + timedelta(hours=len(teams))  # the file before is out of use by then
        await escalate(database, replace(make_app(database).world, company=company), now=later)
        async with database.connect() as connection:
            teams.append(
                (await with_owners(connection, make_world(company=company), now=NOW)).owners.owner_of("search-api").team
            )
    assert teams == ["shop", "care", "search"]
