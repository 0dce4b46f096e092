"""reconcile: applies the catalog and the marked days to days of use and exposures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from service.adapters.postgres.agenda import make_uses_due
from service.adapters.postgres.conditions import clear_conditions_except, raise_condition
from service.adapters.postgres.daily_usage import RecomputedDays, add_to_models, recompute_days
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.exposure_phases import count_phases
from service.adapters.postgres.exposure_rows import (
    CountedDay,
    DaysInTotal,
    Resummarised,
    StoredExposure,
    drop_exposures,
    load_days,
    load_stored,
    load_totals,
    lock_exposures,
    save_summaries,
    to_summarise_again,
)
from service.adapters.postgres.lifecycle_store import is_any_loaded, load_deprecations, resolve_again
from service.adapters.postgres.name_flood_store import forget_floods, read_floods
from service.adapters.postgres.watermark_store import clock
from service.config.world import World
from service.core.condition_ingest import NameFlood
from service.core.escalation.listing import Listing, new_listing
from service.core.exposure import ExposureKey, Summary
from service.core.name_flood_news import OVER_AFTER, ongoing
from service.engine.drain import drain
from service.engine.world import with_owners

AT_ONCE = 2
"""Batches in parallel: the database works on one while the next is prepared. They take different rows."""
RESUMMARISED = 500
"""Exposures that are summarised again in one transaction, because their future calls have come."""
PHASES = 2_000
"""Exposures whose phase is stored again in one transaction."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    deprecations: int | None
    """Number of changes compared with the previous catalog. None: another release's newer catalog takes precedence."""
    series: int
    """Series resolved again after a new catalog."""
    days: int
    """Recalculated days."""
    until: datetime
    """Time by the database's clock. Days that became stale up to then are recalculated, except those that a writer
    held locked."""


async def reconcile(database: Database, world: World, *, now: datetime) -> Reconciled:
    """Safe to run in several processes, and to interrupt: each batch is a transaction of its own."""
    async with database.begin() as connection:
        changed = await load_deprecations(connection, world.catalog, now=now)
        await _raise_name_floods(connection, now=now)
    resolved = 0
    while changed is not None and (some := await _resolve_batch(database, world)):
        resolved += some
    until, days = await _recompute(database, world, now=now)
    return Reconciled(changed, resolved, days, until)


async def catch_up(database: Database, world: World, *, now: datetime) -> None:
    """Recalculate marked days only, before a read, by any release. Loads the catalog only if no scheduler ever has."""
    async with database.begin() as connection:
        if not await is_any_loaded(connection):
            await load_deprecations(connection, world.catalog, now=now)
    await _recompute(database, world, now=now)


async def _recompute(database: Database, world: World, *, now: datetime) -> tuple[datetime, int]:
    """Returns the time up to which days are recalculated, by the database's clock, and their number. Days marked later
    wait for the next run, so steady traffic does not keep it from ending."""

    async def batch() -> int | None:
        async with database.begin() as connection:
            recomputed = await recompute_days(connection, until=until, now=now)
            if recomputed.taken:
                await summarise(connection, world, recomputed, now=now)
                await add_to_models(connection, recomputed)
            return len(recomputed.taken) or None

    async def again() -> int | None:
        async with database.begin() as connection:
            return await summarise_again(connection, world, now=now) or None

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


async def _raise_name_floods(connection: Transaction, *, now: datetime) -> None:
    told = ongoing(await read_floods(connection), now=now)
    for one in sorted(told, key=lambda one: one.flood.subject):
        await raise_condition(connection, NameFlood(flood=one.flood), since=one.first_at)
    await clear_conditions_except(connection, "name_flood", [one.flood.subject for one in told], now=now)
    await forget_floods(connection, last_before=now - OVER_AFTER)


# --- summaries of exposures ------------------------------------------------------------------------------------------


async def summarise(connection: Transaction, world: World, recomputed: RecomputedDays, *, now: datetime) -> None:
    """Update the exposures of the recalculated days. `recompute_days` has locked their keys on the agenda."""
    touched = {key: list(marks) for key, marks in groupby(recomputed.taken, key=lambda mark: mark.key)}
    known = await load_stored(connection, touched)
    counted: dict[ExposureKey, Resummarised] = {}
    for key, one in known.items():
        days = [recomputed.use.get(mark) for mark in touched[key]]
        if (found := _with_days(one, days, now)) is not None:
            counted[key] = found
    need_all_days = {key: one for key, one in known.items() if key not in counted}
    # Another past day may change the first call and the quiet period, and by them what is due.
    await make_uses_due(connection, [key for key, one in need_all_days.items() if one.summary], now=now)
    await _save(connection, world, known, counted | await _from_all_days(connection, need_all_days, now), now=now)


async def summarise_again(connection: Transaction, world: World, *, now: datetime) -> int:
    """Recalculate exposures with calls that were in the future when they were counted. Returns their number."""
    keys = await to_summarise_again(connection, now=now, limit=RESUMMARISED)
    if keys:
        await make_uses_due(connection, keys, now=now)
    known = await load_stored(connection, keys) if keys else {}
    if known:
        await _save(connection, world, known, await _from_all_days(connection, known, now), now=now)
    return len(known)


def _with_days(known: StoredExposure, days: Sequence[CountedDay | None], now: datetime) -> Resummarised | None:
    """The summary with new `days`, oldest first. None: it needs all days."""
    summary, errors_count_after = known.summary, known.deprecation.errors_count_after
    for one in days:
        if summary is None or one is None or one.first_at > now or one.use.day < summary.last_day:
            return None
        if one.use.day == summary.first_at.date() and one.first_at != summary.first_at:
            return None
        if one.use.day == summary.last_day:
            summary = summary.with_last(one.use, errors_count_after, last_at=one.last_at)
        else:
            summary = summary.then(one.use, errors_count_after, last_at=one.last_at)
    return Resummarised(summary, known, known.counted_until) if summary else None


async def _from_all_days(
    connection: Transaction, known: Mapping[ExposureKey, StoredExposure], now: datetime
) -> dict[ExposureKey, Resummarised]:
    totals = await load_totals(connection, known) if known else {}
    counted = {key: found for key, one in totals.items() if (found := _of_totals(one, known[key], now)) is not None}
    streaks = [key for key in totals if key not in counted]
    days = await load_days(connection, streaks) if streaks else {}
    return counted | {key: _counted(found, known[key], now) for key, found in days.items()}


def _of_totals(totals: DaysInTotal, known: StoredExposure, now: datetime) -> Resummarised | None:
    """None: it needs all days."""
    last = totals.last
    if last.first_at > now:
        return None
    summary = Summary.of_totals(
        last.use,
        known.deprecation.errors_count_after,
        first_at=totals.first_at,
        last_at=last.last_at,
        gap=totals.longest_gap,
        calls=totals.calls,
    )
    return Resummarised(summary, known, None) if summary is not None else None


def _counted(days: Sequence[CountedDay], known: StoredExposure, now: datetime) -> Resummarised:
    """The summary of past calls; if all calls are in the future, of those: they are not shown until then."""
    ahead = min((one.first_at for one in days if one.first_at > now), default=None) if days[-1].first_at > now else None
    by_now = days if ahead is None else [one for one in days if one.first_at <= now]
    some = by_now or days
    summary = Summary.of(
        [one.use for one in some],
        known.deprecation.errors_count_after,
        first_at=min(one.first_at for one in some),
        last_at=max(one.last_at for one in some),
    )
    return Resummarised(summary, known, ahead)


async def _save(
    connection: Transaction,
    world: World,
    known: Mapping[ExposureKey, StoredExposure],
    counted: Mapping[ExposureKey, Resummarised],
    *,
    now: datetime,
) -> None:
    await lock_exposures(connection, known)
    new: dict[ExposureKey, Listing] = {}
    if unlisted := [key for key in counted if not known[key].has_row]:
        owners = (await with_owners(connection, world, now=now)).owners
        for key in unlisted:
            new[key] = new_listing(known[key].deprecation, owners.owner_of(key.service), now.date())
    await save_summaries(connection, counted, new)
    await drop_exposures(connection, [key for key, one in known.items() if one.has_row and key not in counted])
