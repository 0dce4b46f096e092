"""reconcile: what the stream counted, and what the catalog says now, brought together."""

from dataclasses import dataclass
from datetime import datetime

from service.adapters.postgres.daily_usage import add_to_models, work_out_days
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_phases import count_phases
from service.adapters.postgres.lifecycle_store import is_any_loaded, load_deprecations, resolve_again
from service.adapters.postgres.watermark_store import clock
from service.config.world import World
from service.engine.batches import drain
from service.engine.name_floods import tell_name_floods
from service.engine.summarise import count_again, summarise

AT_ONCE = 2
"""Batches: while the database works on one, the next is made ready. They take different rows."""
PHASES = 2_000
"""Of exposures, counted in a transaction."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    deprecations: int | None
    """Changed against the catalog that was in force before. None: a newer catalog, of another release, is in force."""
    series: int
    """Resolved again, under a new catalog."""
    days: int
    """Worked out anew."""
    until: datetime
    """By the database's clock: days first touched up to then are worked out, but for those that a writer held."""


async def reconcile(database: Database, world: World, *, now: datetime) -> Reconciled:
    """Safe to run in several processes, and to break off: each batch is a transaction of its own."""
    async with database.begin() as connection:
        changed = await load_deprecations(connection, world.catalog, now=now)
        await tell_name_floods(connection, now=now)
    resolved = 0
    while changed is not None and (some := await _resolve_batch(database, world)):
        resolved += some
    until, days = await _work_out(database, world, now=now)
    return Reconciled(changed, resolved, days, until)


async def catch_up(database: Database, world: World, *, now: datetime) -> None:
    """Work out the days that calls came in for, and nothing else: for those who ask, whatever release they are of.
    The catalog is theirs only where no scheduler has ever loaded one."""
    async with database.begin() as connection:
        if not await is_any_loaded(connection):
            await load_deprecations(connection, world.catalog, now=now)
    await _work_out(database, world, now=now)


async def _work_out(database: Database, world: World, *, now: datetime) -> tuple[datetime, int]:
    """Returns up to when, by the database's clock, and how many days. Days touched later wait for the next time, so
    that steady traffic does not keep this from ending."""

    async def batch() -> int | None:
        async with database.begin() as connection:
            worked_out = await work_out_days(connection, until=until, now=now)
            if worked_out.taken:
                await summarise(connection, world, worked_out, now=now)
                await add_to_models(connection, worked_out)
            return len(worked_out.taken) or None

    async def again() -> int | None:
        async with database.begin() as connection:
            return await count_again(connection, world, now=now) or None

    async def phases() -> int | None:
        async with database.begin() as connection:
            return await count_phases(connection, now=now, limit=PHASES) or None

    async with database.connect() as connection:
        until = await clock(connection)
    days = sum(await drain(batch, at_once=AT_ONCE))
    await drain(again, at_once=1)
    await drain(phases, at_once=1)
    return until, days


async def _resolve_batch(database: Database, world: World) -> int:
    async with database.begin() as connection:
        return await resolve_again(connection, world.catalog, world.resolver)
