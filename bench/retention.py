"""A year of 1,000 services: how large each table is at the end of each month. Run by `make bench-retention`.

Coarse traffic: each service calls three models in two hours of each day, and a few calls come a hundred days
late. Notices, messages, rejections and conditions come at a steady pace. Days are kept for 120 days here, and all that
has a setting of its own for 90, so that every horizon is past after five months. From then on no table may grow by
more than a tenth.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from bench.servers import database_server, new_database
from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from service.config.company import Company
from service.config.world import World
from service.core.batch import Batch
from service.core.identity import use_platforms
from service.core.retention import Retention
from service.core.rollup import Rollup
from service.core.usage import Call, Who
from service.engine.clean_up import clean_up
from service.engine.reconcile import reconcile

FIRST = date(2025, 1, 1)
KEPT = Retention(hourly=42, daily=120, notifications=90, rejections=90, conditions=90)
HOURS = (9, 15)
MODELS = ("gpt-4o", "gpt-4.1", "o3", "gpt-4o-mini", "gpt-4.1-mini")
MODELS_A_SERVICE = 3
LATE = timedelta(days=100)
FLAT_FROM = 7
"""The month, counted from 1, from which on nothing may grow: 120 days, and a month of hours, are past then."""
GROWTH = 1.1
SIZES = """
SELECT CASE WHEN relname LIKE 'usage_hourly_2%' THEN 'usage_hourly' ELSE relname END AS name,
       sum(pg_total_relation_size(oid))::bigint AS bytes
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY 1
"""
BESIDE = """
WITH sent AS (
  INSERT INTO messages (id, destination, blocks, text, rendered_at)
  SELECT gen_random_uuid(), '#team', jsonb_build_array(repeat('x', 1500)), 'text', :at FROM generate_series(1, 40)
  RETURNING id
)
INSERT INTO notifications (id, dedup_key, kind, audience, destination, facts, decided_at, not_before, state,
                           message_id, settled_at)
SELECT gen_random_uuid(), id::text, 'digest', 'team', '#team', '{}', :at, :at, 'delivered', id, :at
FROM sent
"""
REJECTED = """
INSERT INTO rejections (source, topic, reason, hour, format, rejected, sample_partition, sample_offset)
SELECT 'kafka', 'topic-' || n, 'bad_json', :at, '', 1, 0, 0 FROM generate_series(1, 50) AS n
"""
OVER = """
INSERT INTO conditions (kind, subject, since, facts, cleared_at)
SELECT 'gap', :at || '/' || n, CAST(:at AS timestamptz), '{}', CAST(:at AS timestamptz) FROM generate_series(1, 5) n
"""


def calls_of(day: date, services: int) -> Rollup:
    rollup = Rollup()
    for number in range(services):
        for nth in range(MODELS_A_SERVICE):
            who = _who(number, MODELS[(number + nth) % len(MODELS)])
            for hour in HOURS:
                rollup.add(Call(who, at=_at(day, hour), input_tokens=800, output_tokens=200))
        if number % 100 == 0:
            rollup.add(Call(_who(number, MODELS[0]), at=_at(day, HOURS[0]) - LATE))
    return rollup


def _who(number: int, model: str) -> Who:
    return Who("lastcall", "lastcall", f"service-{number}", "production", "openai", requested_id=model, status=200)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 5, tzinfo=UTC)


async def simulate(database: Database, services: int, days: int) -> list[Mapping[str, int]]:
    """Bytes by table at the end of each month."""
    loaded = load_catalog()
    use_platforms(loaded.resolver.platforms)
    world = World(loaded.catalog, loaded.resolver, Company())
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    months: list[Mapping[str, int]] = []
    for day in (FIRST + timedelta(days=n) for n in range(days)):
        now = _at(day, 23)
        await store.apply(Batch(calls_of(day, services)), {}, now=now)
        await reconcile(database, world, now=now)
        async with database.begin() as connection:
            await connection.execute(text(BESIDE), {"at": now})
            await connection.execute(text(REJECTED), {"at": now})
            await connection.execute(text(OVER.replace(":at", f"'{now.isoformat()}'")))
            # nothing is decided here, as if each use was looked at and had nothing due
            await connection.execute(text("UPDATE agenda SET due_at = NULL WHERE due_at IS NOT NULL"))
        await clean_up(database, KEPT, now=now)
        if (day + timedelta(days=1)).day == 1:
            months.append(await _sizes(database))
            _print(len(months), day, months[-1])
    return months


async def _sizes(database: Database) -> Mapping[str, int]:
    async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM"))
        return {row.name: row.bytes for row in await connection.execute(text(SIZES))}


def _print(number: int, day: date, sizes: Mapping[str, int]) -> None:
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:7]
    shown = "  ".join(f"{name} {size / 2**20:.1f}" for name, size in largest)
    print(f"{day:%b %Y} {sum(sizes.values()) / 2**20:7.1f} MB   {shown}", flush=True)


def grown(months: list[Mapping[str, int]]) -> list[str]:
    """Tables of more than a megabyte that are larger after the horizon than they were when it was reached: against the
    largest of three months there, since hours go by whole months."""
    before, after = months[FLAT_FROM - 1 : FLAT_FROM + 2], months[FLAT_FROM + 2 :]
    return [
        name
        for name in sorted(set().union(*after))
        if (last := max(sizes.get(name, 0) for sizes in after)) > 2**20
        and last > GROWTH * max(sizes.get(name, 0) for sizes in before)
    ]


async def run(services: int) -> int:
    async with database_server() as server:
        database = open_database(await new_database(server))
        months = await simulate(database, services, 365)
        await database.dispose()
    growing = grown(months)
    print(f"grown after the horizon: {', '.join(growing) or 'none'}")
    return 1 if growing else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1_000)
    return asyncio.run(run(parser.parse_args().services))


if __name__ == "__main__":
    sys.exit(main())
