"""How long the page, the API, the metrics and the commands' questions take over 100,000 exposures. `make bench-ask`.

5,000 services call 20 of 300 deprecated models each, daily for 90 days, with an open campaign and a delivered message
for each. The database is filled with SQL. A question is asked some hundred times, each time of another service, model,
team or page. Told apart: the time of its statements, as the driver sees it, and of the whole answer.
"""

import argparse
import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import msgspec
from sqlalchemy import event, text

from bench.tick import company, database_server, fresh_database
from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.campaign_store import campaign_id
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.exposure_phases import count_phases
from service.adapters.postgres.lifecycle_store import load_deprecations
from service.adapters.postgres.migration import migrate
from service.adapters.postgres.usage_months import make_months
from service.adapters.queries.listing import ExposureFilter
from service.app import App
from service.config.settings import Settings
from service.config.world import world_of
from service.core.catalog.lifecycle import Catalog, Deprecation, Shutdown
from service.core.escalation.campaign import Done
from service.core.escalation.policy import DEFAULT_POLICY, policy_to_json
from service.core.exposure import ExposureKey
from service.core.identity import use_platforms
from service.core.retention import month_of
from service.engine import ask
from service.engine.world import Worlds
from service.entrypoints.cli.ask import LIMIT
from service.entrypoints.web import create_web

SERVICES, MODELS, MODELS_A_SERVICE, TEAMS, DAYS = 5_000, 300, 20, 300, 90
NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)
ANNOUNCED, SHUTDOWN = date(2026, 1, 12), date(2026, 4, 1)
"""Of the first model; each goes a day after the one before."""
DATABASE_MS, ANSWER_MS = 50, 200
"""At the 99th percentile."""


def catalog() -> Catalog:
    days = (Shutdown(SHUTDOWN + timedelta(days=n), "exact") for n in range(MODELS))
    records = [replace(one, announced=ANNOUNCED, shutdown=day) for one, day in zip(_records(), days, strict=True)]
    return Catalog(records, digest="bench")


@cache
def _records() -> list[Deprecation]:
    """Of the shipped catalog, with names that identity knows."""
    return [one for one in load_catalog().catalog if one.is_deprecated][:MODELS]


def _model(number: int) -> Deprecation:
    return _records()[number % MODELS]


def _service(number: int) -> str:
    return f"team-{number % TEAMS:03}-service-{number}"


def keys() -> list[ExposureKey]:
    return [
        ExposureKey(_service(service), "production", *_model(service * 7 + n * 13).key)
        for service in range(SERVICES)
        for n in range(MODELS_A_SERVICE)
    ]


# --- the database -----------------------------------------------------------------------------------------------------

FILL = (
    """
INSERT INTO series (digest, service, environment, reporter, provider, requested_id, requested_field, served_id,
                    platform, requested_model, served_model, resolved_by, samples)
SELECT md5(service || platform || model)::uuid, service, environment, 'lastcall', platform, model, 'model', model,
       platform, model, model, 'bench', ARRAY['req-1-' || number, 'req-2-' || number, 'req-3-' || number]
FROM bench_keys
""",
    """
INSERT INTO usage_hourly (series_id, hour, first_at, last_at, calls, input_tokens, output_tokens, tokens_known)
SELECT id, at, at + interval '5 minutes', at + interval '25 minutes', 40, 32000, 8000, 40
FROM series CROSS JOIN generate_series(CAST(:now AS timestamptz) - interval '7 days', :now, interval '1 day') AS at
""",
    """
INSERT INTO usage_daily (service, environment, platform, model, day, first_at, last_at, calls, input_tokens,
                         output_tokens, tokens_known, reporters)
SELECT service, environment, platform, model, day, day, day + interval '20 hours', 80, 64000, 16000, 80,
       '{"lastcall": 80}'
FROM bench_keys CROSS JOIN generate_series(CAST(:first AS timestamptz), :today, interval '1 day') AS day
""",
    """
INSERT INTO exposures (service, environment, platform, model, first_at, last_at, last_day, last_calls, longest_gap,
                       calls, deadline, public_from, state_while_calling, quiet_at, team, lacks_deadline, change_by,
                       told_at)
SELECT service, environment, platform, b.model, :first, :now, :today, 80, 1, 80 * 90, d.shutdown_on, d.announced_on,
       CASE WHEN d.shutdown_on < :today THEN 'overdue' ELSE 'active' END,
       CAST(:now AS timestamptz) + CASE WHEN number % 10 = 0 THEN interval '-1 day' ELSE interval '3 days' END,
       left(service, 8), false, d.shutdown_on, CASE WHEN number % 5 > 0 THEN CAST(:now AS timestamptz) END
FROM bench_keys b JOIN deprecations d USING (platform, model)
""",
    """
INSERT INTO campaigns (id, service, environment, platform, model, state, opened_at, policy, owner, shutdown_on, done,
                       owner_told_at)
SELECT b.id, service, environment, platform, model, 'open', :first, CAST(:policy AS jsonb),
       jsonb_build_object('team', left(service, 8), 'addresses', jsonb_build_array('owner@example.com')),
       d.shutdown_on, CAST(:done AS jsonb), :first
FROM bench_keys b JOIN deprecations d USING (platform, model)
""",
    """
INSERT INTO model_days (day, platform, model, calls)
SELECT day, platform, model, sum(calls) FROM usage_daily GROUP BY day, platform, model
""",
    """
INSERT INTO agenda (service, environment, platform, model, due_at, wakes_on_call)
SELECT service, environment, platform, model, CAST(:now AS timestamptz) + interval '1 day', false FROM bench_keys
""",
)


async def fill(database: Database) -> None:
    given = {
        "now": NOW,
        "today": datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC),
        "first": datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) - timedelta(days=DAYS - 1),
        "policy": json.dumps(policy_to_json(DEFAULT_POLICY)),
        "done": msgspec.json.encode((Done("announced", NOW - timedelta(days=80), told=("owner",)),)).decode(),
    }
    days = [NOW.date() - timedelta(days=n) for n in range(DAYS)]
    await make_months(database, set(map(month_of, days)), now=NOW)
    async with database.begin() as connection:
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        await load_deprecations(connection, catalog(), now=NOW)
        await _fill_keys(connection)
        for statement in FILL:
            query = text(statement)
            await connection.execute(query, {name: given[name] for name in query.compile().params})
        await _fill_notifications(connection)
        while await count_phases(connection, now=NOW, limit=10_000):
            pass
    async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))


async def _fill_keys(connection: Any) -> None:
    await connection.execute(
        text("CREATE TABLE bench_keys (number int, id uuid, service text, environment text, platform text, model text)")
    )
    rows = [{"number": number, "id": campaign_id(key), **key._asdict()} for number, key in enumerate(keys())]
    for start in range(0, len(rows), 10_000):
        some = rows[start : start + 10_000]
        columns = {name: [row[name] for row in some] for name in some[0]}
        await connection.execute(
            text(
                "INSERT INTO bench_keys SELECT * FROM unnest(CAST(:number AS int[]), CAST(:id AS uuid[]),"
                " CAST(:service AS text[]), CAST(:environment AS text[]), CAST(:platform AS text[]),"
                " CAST(:model AS text[]))"
            ),
            columns,
        )


async def _fill_notifications(connection: Any) -> None:
    """As a notice that was delivered, as far as lists read it."""
    await connection.execute(
        text(
            "INSERT INTO notifications (id, dedup_key, campaign_id, kind, step, audience, destination, facts,"
            " decided_at, not_before, state, settled_at) SELECT gen_random_uuid(), number::text, id, 'notice',"
            " 'announced', 'owner', '#' || left(service, 8), '{}', CAST(:now AS timestamptz),"
            " :now, 'delivered', :now FROM bench_keys WHERE number % 5 > 0"
        ),
        {"now": NOW},
    )


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Question:
    name: str
    put: Callable[[int], Awaitable[int]]
    """Its how-manieth time -> the size of the answer, in bytes."""
    database_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    most_bytes: int = 0

    @property
    def kept(self) -> bool:
        return percentile(self.database_ms) < DATABASE_MS and percentile(self.answer_ms) < ANSWER_MS


def percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


class Stopwatch:
    """Milliseconds that statements have taken since it was last read."""

    def __init__(self, database: Database) -> None:
        self._begun, self._spent = 0.0, 0.0
        event.listen(database.sync_engine, "before_cursor_execute", self._begin)
        event.listen(database.sync_engine, "after_cursor_execute", self._end)

    def _begin(self, *_: object) -> None:
        self._begun = time.perf_counter()

    def _end(self, *_: object) -> None:
        self._spent += time.perf_counter() - self._begun

    def read(self) -> float:
        spent, self._spent = self._spent * 1000, 0.0
        return spent


def questions(app: App, client: httpx.AsyncClient) -> list[Question]:
    database = app.database

    async def get(path: str, **params: object) -> int:
        response = await client.get(path, params={name: str(value) for name, value in params.items()})
        response.raise_for_status()
        return len(response.content)

    async def who(n: int) -> int:
        found = await ask.who(database, await app.look(now=NOW), _model(n * 31).id, now=NOW, limit=LIMIT)
        assert found is not None
        return sum(len(one.model_dump_json()) for one in (*found.exposures.items, *found.uses, *found.others.some))

    async def service(n: int) -> int:
        found = await ask.service(database, await app.look(now=NOW), _service(n * 37 % SERVICES), now=NOW)
        assert found is not None
        return len(found.model_dump_json())

    async def due(n: int) -> int:
        wanted = ExposureFilter(calling=True, within_days=10 + n % 30)
        page = await ask.exposures(database, await app.look(now=NOW), wanted, now=NOW, limit=LIMIT)
        return len(page.model_dump_json())

    return [
        Question("list page", lambda n: get("/")),
        Question("list page of a team", lambda n: get("/", team=f"team-{n % TEAMS:03}")),
        Question("/api/v1/exposures", lambda n: get("/api/v1/exposures")),
        Question(
            "the same, of a platform", lambda n: get("/api/v1/exposures", platform=_model(n).platform, within=n % 90)
        ),
        Question("/api/v1/deprecations", lambda n: get("/api/v1/deprecations")),
        Question("who", who),
        Question("service", service),
        Question("due", due),
        Question("/metrics", lambda n: get("/metrics")),
    ]


async def measure(database: Database, times: int) -> list[Question]:
    resolver = load_catalog().resolver
    use_platforms(resolver.platforms)
    app = App(Settings(), Worlds(world_of(catalog(), resolver, company())), database)
    web = create_web(app, clock=lambda: NOW)
    stopwatch = Stopwatch(database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://127.0.0.1:8080") as client:
        every = questions(app, client)
        for one in every:
            await one.put(0)  # statements are compiled, templates are loaded
        gc.freeze()
        for n in range(times):
            for one in every:
                stopwatch.read()
                started = time.perf_counter()
                size = await one.put(n)
                one.answer_ms.append((time.perf_counter() - started) * 1000)
                one.database_ms.append(stopwatch.read())
                one.most_bytes = max(one.most_bytes, size)
    return every


def table(every: list[Question]) -> None:
    print(f"{'':26}{'database, ms':>20}{'answer, ms':>20}{'most kB':>10}")
    print(f"{'':26}{'median':>12}{'99th':>8}{'median':>12}{'99th':>8}")
    for one in every:
        line = f"{one.name:26}"
        for times in (one.database_ms, one.answer_ms):
            line += f"{statistics.median(times):12.1f}{percentile(times):8.1f}"
        print(line + f"{one.most_bytes / 1000:10.0f}" + ("" if one.kept else "  MISSED"))
    print(f"wanted at the 99th percentile: below {DATABASE_MS} ms at the database, {ANSWER_MS} ms the whole answer")


async def run(times: int) -> bool:
    async with database_server() as server, fresh_database(server) as url:
        database = open_database(url)
        await migrate(database)
        started = time.perf_counter()
        await fill(database)
        print(f"{SERVICES * MODELS_A_SERVICE:,} exposures, filled in {time.perf_counter() - started:.0f} s", flush=True)
        every = await measure(database, times)
        table(every)
        await database.dispose()
    return all(one.kept for one in every)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="each question is asked")
    return 0 if asyncio.run(run(parser.parse_args().times)) else 1


if __name__ == "__main__":
    sys.exit(main())
