"""reconcile: applies the catalog and the marked days to days of use and exposures."""

from dataclasses import dataclass
from datetime import datetime

from service.adapters.postgres.daily_usage import add_to_models, work_out_days
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_phases import count_phases
from service.adapters.postgres.lifecycle_store import is_any_loaded, load_deprecations, resolve_again
from service.adapters.postgres.watermark_store import clock
from service.config.world import World
from service.engine.drain import drain
from service.engine.name_floods import tell_name_floods
from service.engine.summarise import count_again, summarise

AT_ONCE = 2
"""Batches in parallel: the database works on one while the next is prepared. They take different rows."""
PHASES = 2_000
"""Exposures that are recounted in one transaction."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    deprecations: int | None
    """Number of changes compared with the previous catalog. None: another release's newer catalog takes precedence."""
    series: int
    """Series resolved again after a new catalog."""
    days: int
    """Recalculated days."""
    until: datetime
    """Time by the database's clock: days first marked up to then are recalculated, except those that a writer
    locked."""


async def reconcile(database: Database, world: World, *, now: datetime) -> Reconciled:
    """Safe to run in several processes, and to interrupt: each batch is a transaction of its own."""
    async with database.begin() as connection:
        changed = await load_deprecations(connection, world.catalog, now=now)
        await tell_name_floods(connection, now=now)
    resolved = 0
    while changed is not None and (some := await _resolve_batch(database, world)):
        resolved += some
    until, days = await _work_out(database, world, now=now)
    return Reconciled(changed, resolved, days, until)


async def catch_up(database: Database, world: World, *, now: datetime) -> None:
    """Recalculate marked days only, before a read, by any release. Loads the catalog only if no scheduler ever has."""
    async with database.begin() as connection:
        if not await is_any_loaded(connection):
            await load_deprecations(connection, world.catalog, now=now)
    await _work_out(database, world, now=now)


async def _work_out(database: Database, world: World, *, now: datetime) -> tuple[datetime, int]:
    """Returns the time up to which days are recalculated, by the database's clock, and their number. Days marked later
    wait for the next run, so steady traffic does not keep it from ending."""

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
