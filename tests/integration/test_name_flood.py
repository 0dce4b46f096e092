"""More names than there can be, written and read: every call counts, and no model that is going is lost."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from service.core.condition import Condition
from service.core.name_flood import BOUNDS, TOO_MANY, TOO_MANY_SERVICES, Allowance, Bounds
from service.core.usage import Call
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DYING = "gpt-4.5-preview-2025-02-27"
FEW = replace(BOUNDS, services=Allowance(5, 1), of_service=(Allowance(5, 1), *BOUNDS.of_service[1:]))


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


def a_process(database: Database, loaded: LoadedCatalog, bounds: Bounds = FEW) -> UsageStore:
    return UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver, bounds))


def services(numbers: Iterable[int], at: datetime = NOW) -> list[Call]:
    return [make_call(at=at, service=f"pod-{number:05}") for number in numbers]


async def exposed(database: Database, loaded: LoadedCatalog, now: datetime = NOW) -> dict[tuple[str, str, str], int]:
    """Calls by service, environment and model."""
    await reconcile(database, make_world(), now=now)
    async with database.connect() as connection:
        found = await load_public_exposures(connection, loaded.catalog, now=now)
    return {
        (each.service, each.environment, each.deprecation.model): sum(day.calls for day in each.days) for each in found
    }


async def scalar(database: Database, query: str) -> int:
    async with database.connect() as connection:
        found = await connection.scalar(text(query))
        return int(found or 0)


async def told(database: Database) -> list[Condition]:
    async with database.connect() as connection:
        return [one.condition for one in await open_conditions(connection)]


async def test_services_of_a_first_backlog_are_named(database: Database, loaded: LoadedCatalog) -> None:
    """More than the bound of any hour: what counts is how many there are in all."""
    store = a_process(database, loaded, BOUNDS)
    await count_calls(database, loaded, services(range(1_200)), NOW, store=store)
    calls = await exposed(database, loaded)
    assert len(calls) == 1_200
    assert set(calls.values()) == {1}
    assert await told(database) == []


async def test_fresh_service_in_every_call_costs_names_and_nothing_else(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = a_process(database, loaded, replace(BOUNDS, services=Allowance(600, 10)))
    for batch in range(5):
        await count_calls(database, loaded, services(range(200 * batch, 200 * (batch + 1))), NOW, store=store)
    calls = await exposed(database, loaded)
    assert len(calls) == 601
    assert calls[TOO_MANY_SERVICES, "production", DYING] == 400
    assert sum(calls.values()) == 1_000
    (condition,) = await told(database)
    assert (condition.kind, condition.subject) == ("name_flood", "all services")
    assert condition.detail == (
        "400 calls by 400 new services beyond the bounds are counted without the names;"
        " most differ in the service, such as pod-00600, pod-00601, pod-00602"
    )


async def test_callers_without_a_name_are_told_apart_by_environment_and_not_added_up_by_reporter(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = a_process(database, loaded)
    events = [
        make_call(at=NOW, service=f"pod-{number}", environment=environment, reporter=reporter)
        for number in range(20)
        for environment in ("production", "staging")
        for reporter in ("gateway", "sdk")
    ]
    await count_calls(database, loaded, services(range(5)), NOW, store=store)
    await count_calls(database, loaded, events, NOW, store=store)
    calls = await exposed(database, loaded)
    # The trickle of an hour is used up by the five.
    assert calls[TOO_MANY_SERVICES, "production", DYING] == 20
    assert calls[TOO_MANY_SERVICES, "staging", DYING] == 20
    assert await scalar(database, "SELECT sum(calls) FROM usage_hourly") == 5 + 80


async def test_unknown_ids_beyond_the_bound_are_one_and_a_known_model_keeps_its_caller(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = a_process(database, loaded)
    made_up = [make_call(at=NOW, requested_id=f"made-up-{number}", served_id=None) for number in range(50)]
    await count_calls(database, loaded, made_up, NOW, store=store)
    await count_calls(database, loaded, [make_call(at=NOW)], NOW, store=store)
    assert await exposed(database, loaded) == {("search-api", "production", DYING): 1}
    assert await scalar(database, "SELECT count(*) FROM series") == 5 + 1 + 1
    folded = "FROM usage_hourly JOIN series ON id = series_id WHERE requested_id = "
    assert await scalar(database, f"SELECT sum(calls) {folded} '{TOO_MANY}'") == 45
    (condition,) = await told(database)
    assert (condition.subject, condition.detail) == (
        "search-api",
        "46 calls by 46 new names of this service beyond the bounds are counted without the names;"
        " most differ in the model, such as made-up-13, made-up-14, made-up-15",
    )


async def test_flood_goes_on_over_a_restart_and_every_call_counts_once(
    database: Database, loaded: LoadedCatalog
) -> None:
    for restart in range(4):
        store = a_process(database, loaded)
        await count_calls(database, loaded, services(range(10)), NOW, store=store)
        await count_calls(database, loaded, services(range(10 * restart, 10 * restart + 10)), NOW, store=store)
    calls = await exposed(database, loaded)
    assert sum(calls.values()) == 80
    assert await scalar(database, "SELECT sum(calls) FROM usage_hourly") == 80
    # Five freely, one more by each process that starts later, and the one that stands for all others.
    assert len(calls) == 5 + 3 + 1


async def test_name_that_was_folded_is_found_again_in_an_hour_with_room(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = a_process(database, loaded)
    await count_calls(database, loaded, services(range(5)), NOW, store=store)
    late = make_call(at=NOW, service="zebra")
    await count_calls(database, loaded, [late], NOW, store=store)
    await count_calls(database, loaded, [late, late], NOW + HOUR, store=store)
    calls = await exposed(database, loaded)
    assert (calls[TOO_MANY_SERVICES, "production", DYING], calls["zebra", "production", DYING]) == (1, 2)


async def test_fresh_words_everywhere_make_a_trickle_in_each_later_hour(
    database: Database, loaded: LoadedCatalog
) -> None:
    store = a_process(database, loaded, Bounds(Allowance(5, 1), Allowance(900, 0), (Allowance(5, 1),) * 4))
    for hour in range(4):
        fresh = [
            make_call(at=NOW, service=f"s{word}", environment=f"e{word}", reporter=f"r{word}", provider=f"p{word}")
            for word in range(100 * hour, 100 * hour + 100)
        ]
        await count_calls(database, loaded, fresh, NOW + hour * HOUR, store=store)
    # Five with names; of the one that stands for all others five by environment and reporter, five by reporter, and the
    # rest as one. Each later hour adds one of each but the last.
    assert await scalar(database, "SELECT count(*) FROM series") == 5 + 5 + 5 + 1 + 3 * 3
    assert await scalar(database, "SELECT sum(calls) FROM usage_hourly") == 400


async def test_consumers_that_meet_a_flood_at_once_wait_for_nobody_for_ever(
    database: Database, loaded: LoadedCatalog
) -> None:
    processes = [a_process(database, loaded) for _ in range(3)]
    for batch in range(4):
        some = services(range(10 * batch, 10 * batch + 20))
        async with asyncio.timeout(60):
            await asyncio.gather(*(count_calls(database, loaded, some, NOW, store=store) for store in processes))
    assert await scalar(database, "SELECT sum(calls) FROM usage_hourly") == 3 * 4 * 20
    assert await scalar(database, "SELECT count(*) FROM series") <= 3 * 5 + 1


async def test_flood_is_over_when_nothing_was_folded_for_an_hour(database: Database, loaded: LoadedCatalog) -> None:
    store = a_process(database, loaded)
    await count_calls(database, loaded, services(range(9)), NOW, store=store)
    await exposed(database, loaded)
    assert [one.kind for one in await told(database)] == ["name_flood"]
    await exposed(database, loaded, NOW + HOUR)
    assert [one.kind for one in await told(database)] == ["name_flood"]
    await exposed(database, loaded, NOW + HOUR + timedelta(seconds=1))
    assert await told(database) == []
    assert await scalar(database, "SELECT count(*) FROM name_floods") == 0


async def test_operator_hears_of_the_ten_largest_floods(database: Database, loaded: LoadedCatalog) -> None:
    store = a_process(database, loaded, replace(FEW, services=Allowance(20, 0)))
    for number in range(12):
        made_up = [make_call(at=NOW, service=f"s{number:02}", requested_id=f"x-{n}") for n in range(8 + number)]
        await count_calls(database, loaded, made_up, NOW, store=store)
    await exposed(database, loaded)
    assert [one.subject for one in await told(database)] == [f"s{number:02}" for number in range(2, 12)]


async def test_batch_that_is_not_committed_makes_no_names(database: Database, loaded: LoadedCatalog) -> None:
    store = a_process(database, loaded)
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE usage_hourly RENAME TO gone"))
    with pytest.raises(Exception, match="usage_hourly"):
        await count_calls(database, loaded, services(range(9)), NOW, store=store)
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO usage_hourly"))
    await count_calls(database, loaded, services(range(9)), NOW, store=store)
    assert len(await exposed(database, loaded)) == 6
    assert await scalar(database, "SELECT calls FROM name_floods") == 4
