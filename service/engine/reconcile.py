"""reconcile: what the stream counted, and what the catalog says now, brought together."""

from dataclasses import dataclass
from datetime import datetime

from service.adapters.postgres.daily_usage import work_out_days
from service.adapters.postgres.database import Database
from service.adapters.postgres.lifecycle_store import load_deprecations, resolve_again
from service.adapters.postgres.watermark_store import clock
from service.config.world import World
from service.engine.batches import drain
from service.engine.name_floods import tell_name_floods

AT_ONCE = 2
"""Batches: while the database works on one, the next is made ready. They take different rows."""


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
    until, days = await catch_up(database, now=now)
    return Reconciled(changed, resolved, days, until)


async def catch_up(database: Database, *, now: datetime) -> tuple[datetime, int]:
    """Work out the days that calls came in for, and nothing else: for those who ask, whatever release they are of.

    Returns up to when, by the database's clock, and how many days. Days touched later wait for the next time, so that
    steady traffic does not keep this from ending.
    """
    async with database.begin() as connection:
        until = await clock(connection)
        first = await work_out_days(connection, until=until, now=now)

    async def batch() -> int | None:
        async with database.begin() as connection:
            return await work_out_days(connection, until=until, now=now) or None

    return until, first + sum(await drain(batch, at_once=AT_ONCE) if first else ())


async def _resolve_batch(database: Database, world: World) -> int:
    async with database.begin() as connection:
        return await resolve_again(connection, world.catalog, world.resolver)
