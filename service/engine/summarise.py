"""summarise: update the summaries of exposures from recalculated days."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from service.adapters.postgres.agenda import look_at_uses
from service.adapters.postgres.daily_usage import WorkedOut
from service.adapters.postgres.database import Transaction
from service.adapters.postgres.exposure_rows import (
    Counted,
    CountedDay,
    Known,
    drop_exposures,
    load_days,
    load_known,
    lock_exposures,
    save_summaries,
    to_count_again,
)
from service.config.world import World
from service.core.escalation.listing import Listing, new_listing
from service.core.exposure import ExposureKey, Summary
from service.engine.world import with_owners

BATCH = 500


async def summarise(connection: Transaction, world: World, worked_out: WorkedOut, *, now: datetime) -> None:
    """The keys of the days are locked on the agenda, as `work_out_days` leaves them."""
    touched = {key: list(marks) for key, marks in groupby(worked_out.taken, key=lambda mark: mark.key)}
    known = await load_known(connection, touched)
    counted: dict[ExposureKey, Counted] = {}
    for key, one in known.items():
        days = [worked_out.use.get(mark) for mark in touched[key]]
        if (found := _with_days(one, days, now)) is not None:
            counted[key] = found
    unknown = {key: one for key, one in known.items() if key not in counted}
    await _save(connection, world, known, counted | await _from_all_days(connection, unknown, now), now=now)


async def count_again(connection: Transaction, world: World, *, now: datetime) -> int:
    """Recalculate exposures with calls that were in the future when they were counted. Returns their number."""
    keys = await to_count_again(connection, now=now, limit=BATCH)
    if keys:
        await look_at_uses(connection, keys, now=now)
    known = await load_known(connection, keys) if keys else {}
    if known:
        await _save(connection, world, known, await _from_all_days(connection, known, now), now=now)
    return len(known)


def _with_days(known: Known, days: Sequence[CountedDay | None], now: datetime) -> Counted | None:
    """The summary with new `days`, oldest first. None: it needs all days."""
    summary, deadline = known.summary, known.deprecation.shutdown.deadline
    for one in days:
        if summary is None or one is None or one.first_at > now or one.use.day < summary.last_day:
            return None
        if one.use.day == summary.first_at.date() and one.first_at != summary.first_at:
            return None
        if one.use.day == summary.last_day:
            summary = summary.with_last(one.use, deadline, last_at=one.last_at)
        else:
            summary = summary.then(one.use, deadline, last_at=one.last_at)
    return Counted(summary, known, known.counted_until) if summary else None


async def _from_all_days(
    connection: Transaction, known: Mapping[ExposureKey, Known], now: datetime
) -> dict[ExposureKey, Counted]:
    found = await load_days(connection, known) if known else {}
    return {key: _counted(days, known[key], now) for key, days in found.items()}


def _counted(days: Sequence[CountedDay], known: Known, now: datetime) -> Counted:
    """The summary of past calls; if all calls are in the future, of those: they are not shown until then."""
    by_now = [one for one in days if one.first_at <= now]
    ahead = min((one.first_at for one in days if one.first_at > now), default=None)
    some = by_now or days
    summary = Summary.of(
        [one.use for one in some],
        known.deprecation.shutdown.deadline,
        first_at=min(one.first_at for one in some),
        last_at=max(one.last_at for one in some),
    )
    return Counted(summary, known, ahead)


async def _save(
    connection: Transaction,
    world: World,
    known: Mapping[ExposureKey, Known],
    counted: Mapping[ExposureKey, Counted],
    *,
    now: datetime,
) -> None:
    await lock_exposures(connection, known)
    new: dict[ExposureKey, Listing] = {}
    if unlisted := [key for key in counted if not known[key].is_listed]:
        owners = (await with_owners(connection, world, now=now)).owners
        for key in unlisted:
            new[key] = new_listing(known[key].deprecation, owners.owner_of(key.service), now.date())
    await save_summaries(connection, counted, new)
    await drop_exposures(connection, [key for key, one in known.items() if one.is_listed and key not in counted])
