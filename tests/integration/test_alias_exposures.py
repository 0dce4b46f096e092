"""An alias asked for and a version of it that answered are one exposure; a model behind a router is one of its own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures
from service.adapters.postgres.tables import model_days, notifications, usage_daily
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog, Deprecation, Shutdown
from service.core.notification import Notice
from service.core.ownership import Owner, OwnerRule
from service.core.usage import Call
from service.engine import ask
from service.engine.escalate import escalate
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call

COMPANY = Company(owners=(OwnerRule(("search-*",), Owner("search", channel="#search", rule="owners[0]")),))
NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
AT = NOW - timedelta(hours=8)
VERSIONS = ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20")


@pytest.fixture(scope="module")
def shipped() -> LoadedCatalog:
    return load_catalog()


def ending(platform: str, model: str, **facts: Any) -> Deprecation:
    end = Shutdown(date(2027, 1, 14), "exact")
    return Deprecation(platform, model, model, announced=date(2026, 10, 14), shutdown=end, **facts)


def calls(**given: Any) -> list[Call]:
    """Two of the alias answered by one version, one by another, one that failed and names none."""
    served = (VERSIONS[1], VERSIONS[1], VERSIONS[2], None)
    return [make_call(at=AT, requested_id="gpt-4o", served_id=one, **given) for one in served]


async def exposed(
    database: Database, shipped: LoadedCatalog, catalog: Catalog, some: list[Call]
) -> dict[tuple[str, str], int]:
    """Calls by platform and model of the exposures."""
    loaded = LoadedCatalog(catalog, shipped.resolver)
    await count_calls(database, loaded, some, NOW)
    await reconcile(database, make_world(catalog), now=NOW)
    async with database.connect() as connection:
        found = await load_public_exposures(connection, catalog, now=NOW)
    return {one.deprecation.key: one.use.calls for one in found}


async def test_alias_with_an_end_of_its_own_is_the_one_exposure(database: Database, shipped: LoadedCatalog) -> None:
    catalog = Catalog([ending("openai-api", model) for model in ("gpt-4o", *VERSIONS)], digest="own end")
    assert await exposed(database, shipped, catalog, calls()) == {("openai-api", "gpt-4o"): 4}


async def test_call_of_an_alias_counts_once_in_every_total(database: Database, shipped: LoadedCatalog) -> None:
    catalog = Catalog([ending("openai-api", model) for model in ("gpt-4o", *VERSIONS)], digest="own end")
    await exposed(database, shipped, catalog, calls())
    async with database.connect() as connection:
        days = (await connection.execute(select(usage_daily.c.model, usage_daily.c.calls))).all()
        totals = (await connection.execute(select(model_days.c.model, model_days.c.calls))).all()
    assert days == totals == [("gpt-4o", 4)]


async def test_alias_that_ends_with_its_versions_counts_for_those_that_answered(
    database: Database, shipped: LoadedCatalog
) -> None:
    records = [ending("azure-openai", model) for model in VERSIONS]
    alias = ending("azure-openai", "gpt-4o", versions=VERSIONS)
    catalog = Catalog([*records, alias], digest="derived end")
    answered = calls(provider="azure")[:3]
    assert await exposed(database, shipped, catalog, answered) == {
        ("azure-openai", VERSIONS[1]): 2,
        ("azure-openai", VERSIONS[2]): 1,
    }


async def test_new_end_of_an_alias_takes_effect_on_history(database: Database, shipped: LoadedCatalog) -> None:
    """First only the version has an end; then the provider gives one to the alias as well."""
    of_version = ending("openai-api", VERSIONS[1])
    before = Catalog([of_version], digest="the version")
    some = calls()[:2]
    assert await exposed(database, shipped, before, some) == {("openai-api", VERSIONS[1]): 2}
    after = Catalog([of_version, ending("openai-api", "gpt-4o")], digest="the alias too")
    later = NOW + timedelta(minutes=1)
    await reconcile(database, make_world(after), now=later)
    async with database.connect() as connection:
        found = await load_public_exposures(connection, after, now=later)
    assert {one.deprecation.model: one.use.calls for one in found} == {"gpt-4o": 2}


async def test_closed_model_through_a_router_is_an_exposure(database: Database, shipped: LoadedCatalog) -> None:
    some = [make_call(at=AT, provider="openrouter", requested_id="openai/gpt-5", served_id="openai/gpt-5")]
    some += [make_call(at=AT, provider="openrouter", requested_id="openai/gpt-oss-120b", served_id=None)]
    found = await exposed(database, shipped, shipped.catalog, some)
    assert found == {("openrouter", "gpt-5-2025-08-07"): 1}


async def notices(database: Database, shipped: LoadedCatalog, some: list[Call]) -> list[Notice]:
    await exposed(database, shipped, shipped.catalog, some)
    await escalate(database, make_world(company=COMPANY), now=NOW)
    async with database.connect() as connection:
        return [msgspec.convert(one, Notice) for one in await connection.scalars(select(notifications.c.facts))]


async def test_alias_and_its_versions_are_told_once(database: Database, shipped: LoadedCatalog) -> None:
    (notice,) = await notices(database, shipped, calls())
    assert (notice.use.platform, notice.use.id, notice.traffic.calls_7d) == ("openai-api", "gpt-4o", 4)


async def test_model_through_a_router_is_told_with_its_maker(database: Database, shipped: LoadedCatalog) -> None:
    some = [make_call(at=AT, provider="openrouter", requested_id="openai/gpt-5", served_id="openai/gpt-5")]
    (notice,) = await notices(database, shipped, some)
    assert (notice.use.platform, notice.end.dates_of) == ("openrouter", "openai-api")
    assert notice.end.shutdown_on == date(2026, 12, 11)


async def test_list_of_deprecations_has_a_model_behind_a_router_only_if_it_is_called(
    database: Database, shipped: LoadedCatalog
) -> None:
    some = [make_call(at=AT, provider="openrouter", requested_id="openai/gpt-5", served_id=None)]
    await exposed(database, shipped, shipped.catalog, some)
    listed = await ask.deprecations(database, make_world(), now=NOW)
    assert [(one.through, one.dates_of, one.model) for one in listed if one.through] == [
        ("openrouter", "openai-api", "gpt-5-2025-08-07")
    ]
