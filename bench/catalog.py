"""A catalog that changes over stored usage. Run by `make bench-catalog`.

1. A source announces 300 ends at once, over 5,000 services that called three of these models each for 90 days. One tick
   must find all 15,000 exposures within 10 s.
2. A source brings an id that 200,000 series have and nobody knew. They must be resolved again within 60 s, while calls
   go on being counted; the longest flush in that time is printed.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter

from sqlalchemy import text

from bench.servers import database_server, new_database
from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.catalog_store import claim_source, save_changes, save_good_reading
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_months import make_months
from service.adapters.postgres.usage_store import UsageStore
from service.config.catalog import CatalogSettings
from service.config.company import Company
from service.config.world import world_of
from service.core.batch import Batch
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.statement import compare
from service.core.identity import use_platforms
from service.core.retention import month_of
from service.core.rollup import Rollup
from service.core.usage import Call, Who
from service.engine.tick import Engine, Verb, tick
from service.engine.world import Worlds, look_up

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
DAYS = 90
MODELS = 300
MODELS_A_SERVICE = 3
ANNOUNCED_WITHIN, RESOLVED_WITHIN = 10.0, 60.0
"""Seconds."""
RECONCILING: tuple[Verb, ...] = ("reconcile",)
KEYS = """
CREATE TABLE bench_keys AS
SELECT 'service-' || s AS service, 'production' AS environment, 'openai-api' AS platform,
       'bench-model-' || ((s * 7 + n * 13) % :models) AS model
FROM generate_series(1, :services) AS s, generate_series(0, :each - 1) AS n
"""
FILL = (
    """
INSERT INTO series (digest, service, environment, reporter, provider, requested_id, requested_field, platform,
                    requested_model, resolved_by)
SELECT md5(service || model)::uuid, service, environment, 'lastcall', 'openai', model, 'model', platform,
       model, :identity
FROM bench_keys
""",
    """
INSERT INTO usage_hourly (series_id, hour, first_at, last_at, calls, input_tokens, output_tokens, tokens_known)
SELECT id, at, at, at + interval '25 minutes', 40, 32000, 8000, 40
FROM series CROSS JOIN generate_series(CAST(:now AS timestamptz) - interval '41 days', :now, interval '1 day') AS at
""",
    """
INSERT INTO usage_daily (service, environment, platform, model, day, first_at, last_at, calls, input_tokens,
                         output_tokens, tokens_known, reporters)
SELECT service, environment, platform, model, day, day, day + interval '5 hours', 40, 32000, 8000, 40,
       '{"lastcall": 40}'
FROM bench_keys CROSS JOIN generate_series(CAST(:first AS timestamptz), :today, interval '1 day') AS day
""",
    """
INSERT INTO agenda (service, environment, platform, model)
SELECT service, environment, platform, model FROM bench_keys
""",
)
UNKNOWN = """
INSERT INTO series (digest, service, environment, reporter, provider, requested_id, requested_field, platform,
                    resolved_by)
SELECT md5('unknown' || n)::uuid, 'other-' || (n % 5000), 'e' || n, 'lastcall', 'openai', 'bench-unknown', 'model',
       'openai-api', :identity
FROM generate_series(1, :series) AS n
"""


async def say(database: Database, ends: dict[str, Shutdown | None], *, now: datetime) -> None:
    """The source's reading of these models, as if it was judged sane."""
    findings = tuple(Finding("openai-api", id_, shutdown=end) for id_, end in ends.items())
    reading = Reading("openai", "provider", "https://openai.example", findings)
    async with database.begin() as connection:
        before = await claim_source(connection, "openai", slot=now, after_error=timedelta(0), now=now)
        assert before is not None
        await save_changes(connection, "openai", compare(reading, {}, on=now.date()), now=now)
        await save_good_reading(connection, before, version=None, is_change=True, now=now)


async def announce(database: Database, engine: Engine, services: int) -> float:
    """Seconds of the tick that finds the callers of all models that a source announces."""
    names = [f"bench-model-{number}" for number in range(MODELS)]
    await say(database, dict.fromkeys(names), now=NOW - timedelta(days=1))
    world = await look_up(database, engine.worlds, now=NOW)
    today = NOW.replace(hour=0)
    given = {"now": NOW, "today": today, "first": today - timedelta(days=DAYS - 1), "identity": world.catalog.identity}
    await make_months(database, {month_of((NOW - timedelta(days=n)).date()) for n in range(DAYS)}, now=NOW)
    async with database.begin() as connection:
        await connection.execute(text(KEYS), {"models": MODELS, "services": services, "each": MODELS_A_SERVICE})
        for statement in FILL:
            query = text(statement)
            await connection.execute(query, {name: given[name] for name in query.compile().params})
    await tick(engine, now=NOW, only=RECONCILING)
    async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    end = Shutdown((NOW + timedelta(days=60)).date(), "exact")
    await say(database, dict.fromkeys(names, end), now=NOW)
    started = perf_counter()
    await look_up(database, engine.worlds, now=NOW)
    judged = perf_counter() - started
    ticked = await tick(engine, now=NOW + timedelta(minutes=1), only=RECONCILING)
    took = perf_counter() - started
    async with database.connect() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM exposures"))
        wanted = await connection.scalar(text("SELECT count(DISTINCT (service, model)) FROM bench_keys"))
    print(f"announced: {found:,} of {wanted:,} exposures in {took:.1f} s, judging included: {judged:.1f} s", flush=True)
    assert not ticked.failures, ticked.failures
    assert found == wanted
    return took


async def resolve(database: Database, engine: Engine, series: int) -> float:
    """Seconds of the tick that resolves all series again while calls are counted."""
    before = await look_up(database, engine.worlds, now=NOW)
    async with database.begin() as connection:
        await connection.execute(text(UNKNOWN), {"series": series, "identity": before.catalog.identity})
    async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE series"))
    later = NOW + timedelta(minutes=5)
    await say(database, {"bench-unknown": None}, now=later)
    stopping = asyncio.Event()
    counting = asyncio.create_task(count(database, SeriesBook(before.catalog, before.resolver), stopping))
    started = perf_counter()
    ticked = await tick(engine, now=later, only=RECONCILING)
    took = perf_counter() - started
    stopping.set()
    flushes = await counting
    async with database.connect() as connection:
        left = await connection.scalar(text("SELECT count(*) FROM series WHERE requested_model IS NULL"))
    longest = f"{len(flushes)} flushes meanwhile, the longest {max(flushes):.1f} s"
    print(f"resolved: {series:,} series in {took:.1f} s; {longest}", flush=True)
    assert not ticked.failures, ticked.failures
    assert left == 0, left
    return took


async def count(database: Database, book: SeriesBook, stopping: asyncio.Event) -> list[float]:
    """Flushes of 100 calls twice a second. Seconds of each."""
    store, took = UsageStore(database, book), list[float]()
    while not stopping.is_set():
        rollup = Rollup()
        for number in range(100):
            who = Who(
                "lastcall", "lastcall", f"service-{number}", "production", "openai", requested_id="gpt-4o", status=200
            )
            rollup.add(Call(who, at=NOW, input_tokens=800, output_tokens=200))
        started = perf_counter()
        await store.apply(Batch(rollup), {}, now=NOW)
        took.append(perf_counter() - started)
        await asyncio.sleep(0.5)
    return took


async def run(services: int, series: int) -> int:
    loaded = load_catalog()
    use_platforms(loaded.platforms)
    company = Company(catalog=CatalogSettings(sources=("openai",)))
    async with database_server() as server:
        database = open_database(await new_database(server))
        engine = Engine(database, Worlds(world_of(loaded.catalog, loaded.resolver, company)), {}, None)
        announced = await announce(database, engine, services)
        resolved = await resolve(database, engine, series)
        await database.dispose()
    return int(announced > ANNOUNCED_WITHIN or resolved > RESOLVED_WITHIN)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=5_000)
    parser.add_argument("--series", type=int, default=200_000)
    given = parser.parse_args()
    return asyncio.run(run(given.services, given.series))


if __name__ == "__main__":
    sys.exit(main())
