"""How long one tick takes over 100,000 open campaigns, and how much memory. Run by `make bench-tick`.

The database is filled with SQL: services that call four of fifty models each, twice a day, for six weeks. Then come the
stages below, in one database one after the other, each tick in a process of its own. Delivery is left out where there
is something to deliver: it has a beat of its own, and goes at Slack's pace.
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import make_url

from service.adapters.catalog.files import load_catalog
from service.adapters.embedded import Embedded
from service.adapters.postgres.campaign_store import campaign_id
from service.adapters.postgres.database import Database, Transaction, open_database
from service.adapters.postgres.exposure_phases import count_phases
from service.adapters.postgres.lifecycle_store import load_deprecations
from service.adapters.postgres.migration import migrate
from service.adapters.postgres.usage_months import make_months
from service.adapters.slack.transport import LocalTransport
from service.config.company import Company
from service.config.world import world_of
from service.core.calendar import Calendar
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.digest import ORGANISATION
from service.core.escalation.campaign import Done
from service.core.escalation.policy import DEFAULT_POLICY, policy_to_json
from service.core.exposure import ExposureKey
from service.core.identity import use_platforms
from service.core.ownership import Owner, OwnerRule
from service.core.retention import month_of
from service.core.week import due_week
from service.engine.escalate import Escalated
from service.engine.reconcile import Reconciled
from service.engine.report import Reported
from service.engine.tick import VERBS, Engine, Verb, tick
from service.engine.world import Worlds

MODELS = 50
MODELS_A_SERVICE = 4
TEAMS = 300
DAYS = 42
HOURS = (8, 14)
"""Of each day's calls, UTC."""
ANNOUNCED = date(2026, 1, 12)
SHUTDOWN = date(2026, 6, 12)
"""Its step at -30 days falls on Wednesday, 13 May. The first model goes a day earlier, and so does its step."""
TUESDAY = date(2026, 5, 12)
"""The first day after the six weeks."""


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    what: str
    now: datetime
    verbs: tuple[Verb, ...] = VERBS
    seconds: float | None = None
    """No more than this is wanted."""


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


NEXT_MONDAY = _at(TUESDAY + timedelta(days=6), 9)
LOCAL: tuple[Verb, ...] = tuple(verb for verb in VERBS if verb != "deliver")
STAGES = (
    Stage("idle", "nothing new, nothing due", _at(TUESDAY, 6), seconds=1),
    Stage("called", "every exposure has new calls", _at(TUESDAY, 6, 30), seconds=10),
    Stage("due", "the same again, and a step is due for one in fifty", _at(TUESDAY, 8), LOCAL, seconds=10),
    Stage("decided", "every exposure is decided on anew, nothing is due", _at(TUESDAY, 9), LOCAL, seconds=60),
    Stage("wave", "a step is due for all others at once", _at(TUESDAY + timedelta(days=1), 8), LOCAL, seconds=60),
    Stage("opening", "one more in ten is found, and told", _at(TUESDAY + timedelta(days=1), 8, 30), LOCAL),
    Stage("digest", "the week's digests alone: a team's each, and one of all", NEXT_MONDAY, ("report",), seconds=60),
)
MEMORY_MB = 500


def catalog() -> Catalog:
    records = [
        Deprecation(
            platform="openai-api",
            model=_model(n),
            id=_model(n),
            announced=ANNOUNCED,
            shutdown=Shutdown(SHUTDOWN - timedelta(days=n == 0), "exact"),
            replacements=(Replacement("model-next", None),),
            sources=("https://example.com/deprecations",),
        )
        for n in range(MODELS)
    ]
    return Catalog(records, digest="bench")


def company() -> Company:
    return Company(
        owners=tuple(
            OwnerRule(
                (f"team-{n:03}-*",),
                Owner(
                    f"team-{n:03}",
                    people=(f"owner-of-team-{n:03}@example.com",),
                    channel=f"#team-{n:03}",
                    manager=(f"manager-{n}@example.com",),
                    calendar=Calendar(ZoneInfo("Europe/Berlin")),
                    rule=f"owners[{n}]",
                ),
            )
            for n in range(TEAMS)
        )
    )


def _model(number: int) -> str:
    return f"model-{number % MODELS:02}"


def _key(number: int) -> ExposureKey:
    service = number // MODELS_A_SERVICE
    return ExposureKey(f"team-{service % TEAMS:03}-service-{service}", "production", "openai-api", _model(number))


# --- one tick, in a process of its own --------------------------------------------------------------------------------


async def run_stage(stage: Stage, url: str) -> dict[str, float]:
    database = open_database(url)
    transport = LocalTransport(lambda destination, message: None)
    resolver = load_catalog().resolver
    use_platforms(resolver.platforms)
    engine = Engine(database, Worlds(world_of(catalog(), resolver, company())), {"slack": transport}, None)
    gc.freeze()  # as `open_engine` does
    started, cpu_started = time.perf_counter(), time.process_time()
    ticked = await tick(engine, now=stage.now, only=stage.verbs)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    await database.dispose()
    if ticked.failures:
        raise SystemExit(f"failed: {ticked.failures}")
    reconciled, escalated = ticked.results.get("reconcile"), ticked.results.get("escalate")
    reported = ticked.results["report"]
    assert isinstance(reconciled, Reconciled | None)
    assert isinstance(escalated, Escalated | None)
    assert isinstance(reported, Reported)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "days": reconciled.days if reconciled else 0,
        "looked_at": escalated.looked_at if escalated else 0,
        "changed": escalated.changed if escalated else 0,
        "notified": (escalated.notified if escalated else 0) + len(reported.queued),
    }


# --- the database -----------------------------------------------------------------------------------------------------

SERIES = """
INSERT INTO series (digest, service, environment, reporter, provider, requested_id, requested_field, served_id,
                    platform, requested_model, served_model, resolved_by, samples)
SELECT md5(service || model)::uuid, service, environment, 'lastcall', 'openai', model, 'model', model,
       platform, model, model, 'bench', ARRAY['req-1-' || number, 'req-2-' || number, 'req-3-' || number]
FROM bench_keys ORDER BY number
"""
HOURS_OF_A_DAY = """
INSERT INTO usage_hourly (series_id, hour, first_at, last_at, calls, input_tokens, output_tokens, tokens_known)
SELECT id, at, at + interval '5 minutes', at + interval '25 minutes', 40, 32000, 8000, 40
FROM series CROSS JOIN unnest(CAST(:hours AS timestamptz[])) AS at
"""
DAY_TOTALS = """
INSERT INTO usage_daily (service, environment, platform, model, day, first_at, last_at, calls, input_tokens,
                         output_tokens, tokens_known, reporters)
SELECT service, environment, platform, model, :day, :first_at, :last_at, 80, 64000, 16000, 80, '{"lastcall": 80}'
FROM bench_keys
"""
MODEL_DAYS = """
INSERT INTO model_days (day, platform, model, calls)
SELECT day, platform, model, sum(calls) FROM usage_daily GROUP BY day, platform, model
"""
CAMPAIGNS = """
INSERT INTO campaigns (id, service, environment, platform, model, state, opened_at, policy, owner, shutdown_on, done,
                       owner_told_at)
SELECT id, service, environment, platform, model, 'open', :opened_at, CAST(:policy AS jsonb),
       jsonb_build_object('team', team, 'addresses', jsonb_build_array('owner-of-' || team || '@example.com')),
       CASE WHEN number % :models = 0 THEN CAST(:shutdown AS date) - 1 ELSE :shutdown END, CAST(:done AS jsonb),
       :opened_at
FROM bench_keys, left(service, 8) AS team WHERE number < :opened
"""
AGENDA = """
INSERT INTO agenda (service, environment, platform, model, due_at, wakes_on_call)
SELECT service, environment, platform, model,
       CASE WHEN number % :models = 0 THEN CAST(:step_at AS timestamptz) - interval '1 day' ELSE :step_at END, false
FROM bench_keys WHERE number < :opened
"""
EXPOSURES = """
INSERT INTO exposures (service, environment, platform, model, first_at, last_at, last_day, last_calls, longest_gap,
                       calls, deadline, public_from, state_while_calling, quiet_at, team, lacks_deadline, change_by)
SELECT service, environment, platform, b.model, :first, :last, CAST(:last AS timestamptz)::date, 80, 1, 80 * :days,
       d.shutdown_on, d.announced_on, 'active', CAST(:last AS timestamptz) + interval '3 days', left(service, 8),
       false, d.shutdown_on
FROM bench_keys b JOIN deprecations d USING (platform, model)
"""
MARK_ALL = """
INSERT INTO stale_days (service, environment, platform, model, day)
SELECT service, environment, platform, model, :day FROM agenda
"""
FIND_MORE = """
INSERT INTO agenda (service, environment, platform, model, due_at)
SELECT service, environment, platform, model, :now FROM bench_keys WHERE number >= :opened
"""


async def fill(database: Database, exposures: int) -> None:
    """Everything is told up to the step at -60 days. A tenth more of exposures is called, and not yet found."""
    days = [TUESDAY - timedelta(days=n) for n in range(DAYS + 1)]
    await make_months(database, set(map(month_of, days)), now=STAGES[0].now)
    async with database.begin() as connection:
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        await load_deprecations(connection, catalog(), now=_at(ANNOUNCED, 9))
        await _fill_keys(connection, exposures + exposures // 10)
        await connection.execute(text(SERIES))
        for day in (TUESDAY - timedelta(days=n) for n in range(DAYS, 0, -1)):
            hours = [_at(day, hour) for hour in HOURS]
            await connection.execute(text(HOURS_OF_A_DAY), {"hours": hours})
            seen = {"first_at": _at(day, HOURS[0], 5), "last_at": _at(day, HOURS[-1], 25)}
            await connection.execute(text(DAY_TOTALS), {"day": day, **seen})
        seen = {"first": _at(TUESDAY - timedelta(days=DAYS), HOURS[0], 5), "last": _at(TUESDAY, 0) - timedelta(hours=9)}
        await connection.execute(text(EXPOSURES), {"days": DAYS, **seen})
        while await count_phases(connection, now=STAGES[0].now, limit=10_000):
            pass
        await connection.execute(text(MODEL_DAYS))
        await _fill_campaigns(connection, exposures)
        await _fill_digests(connection)
    async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))


async def _fill_keys(connection: Transaction, count: int) -> None:
    await connection.execute(
        text("CREATE TABLE bench_keys (number int, id uuid, service text, environment text, platform text, model text)")
    )
    keys = [_key(number) for number in range(count)]
    for start in range(0, count, 10_000):
        some = keys[start : start + 10_000]
        await connection.execute(
            text(
                "INSERT INTO bench_keys SELECT * FROM unnest(CAST(:numbers AS int[]), CAST(:ids AS uuid[]),"
                " CAST(:services AS text[]), CAST(:environments AS text[]), CAST(:platforms AS text[]),"
                " CAST(:models AS text[]))"
            ),
            {
                "numbers": list(range(start, start + len(some))),
                "ids": [campaign_id(key) for key in some],
                "services": [key.service for key in some],
                "environments": [key.environment for key in some],
                "platforms": [key.platform for key in some],
                "models": [key.model for key in some],
            },
        )


async def _fill_campaigns(connection: Transaction, opened: int) -> None:
    opened_at = _at(TUESDAY - timedelta(days=DAYS), 9)
    done = (
        Done("announced", opened_at, told=("owner", "team")),
        Done("-60d", opened_at + timedelta(days=13), told=("owner",)),
    )
    given = {
        "opened_at": opened_at,
        "opened": opened,
        "models": MODELS,
        "shutdown": SHUTDOWN,
        "policy": json.dumps(policy_to_json(DEFAULT_POLICY)),
        "done": msgspec.json.encode(done).decode(),
    }
    await connection.execute(text(CAMPAIGNS), given)
    step_at = _at(SHUTDOWN - timedelta(days=30), 7)
    await connection.execute(text(AGENDA), {"opened": opened, "models": MODELS, "step_at": step_at})


async def _fill_digests(connection: Transaction) -> None:
    """Of the week before, so that none is due."""
    rows = [
        {"week": str(due_week(STAGES[0].now)), "audience": audience, "at": STAGES[0].now}
        for audience in (ORGANISATION, *(f"team-{n:03}" for n in range(TEAMS)))
    ]
    await connection.execute(text("INSERT INTO digests VALUES (:week, :audience, '{}', :at)"), rows)


async def prepare(database: Database, stage: Stage, exposures: int) -> None:
    """What happens before the stage's tick."""
    async with database.begin() as connection:
        match stage.name:
            case "called" | "due":
                await connection.execute(text(HOURS_OF_A_DAY), {"hours": [_at(stage.now.date(), stage.now.hour - 1)]})
                await connection.execute(text(MARK_ALL), {"day": stage.now.date()})
            case "decided":
                await connection.execute(text("UPDATE agenda SET due_at = :now"), {"now": stage.now})
            case "opening":
                await connection.execute(text(FIND_MORE), {"now": stage.now, "opened": exposures})


# --- all of them ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def database_server() -> AsyncIterator[str]:
    if url := os.environ.get("LASTCALL_TEST_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="lastcall-bench-") as folder:
        async with Embedded(Path(folder), broker=False) as addresses:
            assert addresses.database_url is not None
            yield addresses.database_url


@asynccontextmanager
async def fresh_database(server: str) -> AsyncIterator[str]:
    name = f"lastcall_bench_{uuid.uuid4().hex[:8]}"
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        async with engine.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        await engine.dispose()


async def run_all(exposures: int) -> bool:
    fine = True
    async with database_server() as server, fresh_database(server) as url:
        database = open_database(url)
        await migrate(database)
        started = time.perf_counter()
        await fill(database, exposures)
        print(f"{exposures:,} open campaigns, filled in {time.perf_counter() - started:.0f} s", flush=True)
        for stage in STAGES:
            await prepare(database, stage, exposures)
            measured = await asyncio.to_thread(_child, stage, url)
            fine &= _report(stage, measured)
        await database.dispose()
    return fine


def _child(stage: Stage, url: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--stage", stage.name],
        env={**os.environ, "BENCH_DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _report(stage: Stage, measured: dict[str, float]) -> bool:
    seconds, peak = measured["seconds"], measured["peak_mb"]
    wanted = f"wanted: below {stage.seconds:.0f} s and {MEMORY_MB} MB" if stage.seconds else ""
    cpu = measured["cpu_seconds"]
    print(f"{stage.name:8} {seconds:7.2f} s ({cpu:6.2f} CPU s) {peak:4.0f} MB   {wanted:33} {stage.what}")
    counted = ("days", "looked_at", "changed", "notified")
    print(f"{'':8} {', '.join(f'{name} {measured[name]:,}' for name in counted)}", flush=True)
    return peak < MEMORY_MB and (stage.seconds is None or seconds < stage.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=100_000)
    parser.add_argument("--stage", choices=[stage.name for stage in STAGES], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        stage = next(stage for stage in STAGES if stage.name == given.stage)
        print(json.dumps(asyncio.run(run_stage(stage, os.environ["BENCH_DATABASE_URL"]))))
        return 0
    return 0 if asyncio.run(run_all(given.exposures)) else 1


if __name__ == "__main__":
    sys.exit(main())
