"""Who holds the keys that services call with, as the stream leaves it for whoever looks for an owner."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.tables import key_owners
from service.adapters.postgres.usage_store import UsageStore
from service.adapters.queries.ownership import read_key_owners
from service.core.name_flood import BOUNDS, TOO_MANY_SERVICES, Allowance
from service.core.rollup import MAX_KEY_OWNERS
from tests.calls import count_calls, make_call
from tests.processes import PATIENCE

NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


@pytest.fixture
def store(database: Database, loaded: LoadedCatalog) -> UsageStore:
    return UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))


async def stored(database: Database) -> list[tuple[str, datetime]]:
    async with database.connect() as connection:
        rows = await connection.execute(select(key_owners.c.name, key_owners.c.last_at).order_by(key_owners.c.name))
        return [(name, last_at) for name, last_at in rows]


async def test_holder_is_written_again_once_a_day_has_gone(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    for hours in (0, 1, 23, 24, 30):
        at = NOW + timedelta(hours=hours)
        await count_calls(database, loaded, [make_call(at=at, key_owner="ada@example.com")], at, store=store)
        day = NOW + timedelta(hours=24 if hours >= 24 else 0)
        assert await stored(database) == [("ada@example.com", day)]


async def test_nothing_is_written_while_nothing_is_new(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    events = [make_call(at=NOW, key_owner="ada@example.com")]
    await count_calls(database, loaded, events, NOW, store=store)
    async with database.begin() as connection:
        await connection.execute(text("DROP TABLE key_owners"))
    await count_calls(database, loaded, events, NOW, store=store)


async def test_another_process_writes_no_holder_twice_nor_back(database: Database, loaded: LoadedCatalog) -> None:
    for at in (NOW, NOW - timedelta(days=3)):
        await count_calls(database, loaded, [make_call(at=at, key_owner="ada@example.com")], NOW)
    assert await stored(database) == [("ada@example.com", NOW)]


async def test_five_are_kept_of_a_service_the_latest_first(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    for minute, name in enumerate(["ann", "bob", "cid", "dan", "eve", "fay", "gus"]):
        at = NOW + timedelta(minutes=minute)
        events = [make_call(at=at, key_owner=name), make_call(at=at, service="mail", key_owner="ann")]
        await count_calls(database, loaded, events, at, store=store)
    async with database.connect() as connection:
        assert await read_key_owners(connection, ["search-api", "mail", "zebra"]) == {
            "search-api": ["gus", "fay", "eve", "dan", "cid"],
            "mail": ["ann"],
        }


async def test_consumers_that_write_of_one_service_at_once_wait_for_nobody_for_ever(
    database: Database, loaded: LoadedCatalog
) -> None:
    stores = [UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver)) for _ in range(3)]
    for hour in range(8):
        at = NOW + timedelta(hours=hour)
        rounds = [
            [make_call(at=at, key_owner=f"{who}-{number}-{hour % 2}") for who in (reader, "all") for number in range(4)]
            for reader in range(len(stores))
        ]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(
                *(count_calls(database, loaded, some, at, store=one) for one, some in zip(stores, rounds, strict=True))
            )
    await count_calls(database, loaded, [make_call(at=NOW + timedelta(hours=9), key_owner="last")], NOW + 2 * DAY)
    names = [name for name, _ in await stored(database)]
    assert len(names) == MAX_KEY_OWNERS
    assert "last" in names


async def test_time_to_come_is_no_later_than_now(database: Database, loaded: LoadedCatalog) -> None:
    await count_calls(database, loaded, [make_call(at=NOW + timedelta(days=900), key_owner="ann")], NOW)
    assert await stored(database) == [("ann", NOW)]


async def test_holders_of_services_that_lost_their_names_are_those_of_the_one_that_stands_for_them(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver, replace(BOUNDS, services=Allowance(2, 0))))
    holders = {"mail": "ann", "search-api": "bob", "pod-1": "cid", "pod-2": "dan"}
    for minute, (service, holder) in enumerate(holders.items()):
        at = NOW + timedelta(minutes=minute)
        await count_calls(database, loaded, [make_call(at=at, service=service, key_owner=holder)], NOW, store=store)
    async with database.connect() as connection:
        assert await read_key_owners(connection, [*holders, TOO_MANY_SERVICES]) == {
            "mail": ["ann"],
            "search-api": ["bob"],
            TOO_MANY_SERVICES: ["cid", "dan"],
        }


async def test_longest_names_fit(database: Database, loaded: LoadedCatalog) -> None:
    wide = "".join(chr(0x20000 + 7 * number) for number in range(256))
    await count_calls(database, loaded, [make_call(at=NOW, service=wide, key_owner=wide)], NOW)
    assert [name for name, _ in await stored(database)] == [wide]
