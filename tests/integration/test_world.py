"""The world that a tick or a request goes by: exact, and read again only where somebody said something."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import assign, claim, replace_answers, went_well
from service.config.company import Company
from service.config.directories import Backstage, Directories
from service.config.world import World, world_of
from service.core.ownership import Owner, OwnerRule
from service.engine.world import Worlds, look_up, with_owners
from tests.builders import make_world
from tests.locks import waits_for_a_lock
from tests.processes import until

NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
COMPANY = Company(owners=(OwnerRule(("search-*",), Owner("search")),))


async def name_owner(database: Database, team: str) -> None:
    async with database.begin() as connection:
        await assign(connection, "cart", {"team": team}, author="ada@example.com", at=NOW)


def team_of(world: World, service: str = "cart") -> str | None:
    return world.owners.owner_of(service).team


async def test_world_is_the_same_while_nobody_says_anything(database: Database) -> None:
    await name_owner(database, "shop")
    worlds = Worlds(make_world(company=COMPANY))
    first = await look_up(database, worlds, now=NOW)
    assert await look_up(database, worlds, now=NOW + timedelta(days=1)) is first


async def test_every_process_sees_a_new_owner_at_its_next_look(database: Database) -> None:
    processes = [Worlds(make_world(company=COMPANY)) for _ in range(2)]
    before = [await look_up(database, one, now=NOW) for one in processes]
    await name_owner(database, "shop")
    after = [await look_up(database, one, now=NOW) for one in processes]
    assert [team_of(one) for one in before + after] == [None, None, "shop", "shop"]
    assert all(old.version != new.version for old, new in zip(before, after, strict=True))


async def test_other_lastcall_yaml_names_its_owners_at_the_next_look(database: Database) -> None:
    await name_owner(database, "shop")
    worlds = Worlds(make_world(company=COMPANY))
    before = await look_up(database, worlds, now=NOW)
    other = Company(owners=(OwnerRule(("search-*",), Owner("find")),))
    worlds.replace(world_of(before.catalog, before.resolver, other))
    after = await look_up(database, worlds, now=NOW)
    assert [team_of(before, "search-api"), team_of(after, "search-api"), team_of(after)] == ["search", "find", "shop"]


async def test_lastcall_yaml_that_is_replaced_during_a_look_stays_replaced(database: Database) -> None:
    worlds, other = Worlds(make_world(company=COMPANY)), make_world(company=Company())
    async with database.begin() as blocking:
        await blocking.execute(text("LOCK TABLE assignments IN ACCESS EXCLUSIVE MODE"))
        looking = asyncio.create_task(look_up(database, worlds, now=NOW))
        await until(lambda: waits_for_a_lock(database))
        worlds.replace(other)
    assert (await looking).company is COMPANY
    assert worlds.latest is other


async def test_answer_is_told_with_its_age_once_its_directory_is_silent(database: Database) -> None:
    company = Company(directories=Directories(backstage=Backstage(url="https://backstage.example.com")))
    answers = {"component:default/cart": {"kind": "component", "owner": "group:default/shop"}}
    async with database.begin() as connection:
        every = timedelta(minutes=15)
        await claim(connection, "backstage", every=every, after_error=every, now=NOW)
        await replace_answers(connection, "backstage", answers, now=NOW)
        await went_well(connection, "backstage", now=NOW)
        fresh = await with_owners(connection, make_world(company=company), now=NOW)
        stale = await with_owners(connection, fresh, now=NOW + timedelta(hours=2))
    assert fresh.owners.stale == frozenset()
    assert stale.owners.stale == {"backstage"}
