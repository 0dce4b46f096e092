"""Reads and writes the rows of exposures.

Every writer locks the keys on the agenda first, so that older data never overwrites newer data; only `told_at` is
written without this lock. Rows are locked in the order of their keys, to prevent deadlocks.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    collate,
    delete,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.exposure_phases import UNCERTAIN, Place, move, stays_in_phase
from service.adapters.postgres.exposure_store import summary_in
from service.adapters.postgres.tables import campaigns, deprecations, exposures, notifications, usage_daily
from service.adapters.postgres.unnest import chunked, insert_rows, unnested
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.core.catalog.lifecycle import Deprecation, Shutdown
from service.core.escalation.listing import Listing
from service.core.exposure import DayOfUse, ExposureKey, Summary

COUNTED_DAY = (*DayOfUse.__struct_fields__, "first_at", "last_at")
"""Columns of `usage_daily`."""


class CountedDay(NamedTuple):
    """A day of use, calculated from its hours."""

    use: DayOfUse
    first_at: datetime
    last_at: datetime


def counted_day(columns: Sequence[Any]) -> CountedDay:
    """From a row with `COUNTED_DAY`."""
    *use, first_at, last_at = columns
    return CountedDay(DayOfUse(*use), first_at, last_at)


@dataclass(frozen=True, slots=True)
class StoredExposure:
    """A stored use of a deprecated model."""

    deprecation: Deprecation
    """Dates of the deprecation, from the current catalog, or from the last one that had it."""
    public_from: date
    """`date.max`: the deprecation is withdrawn."""
    summary: Summary | None
    """None: the use or the deprecation is new, or its dates or its standing have changed."""
    has_row: bool
    counted_until: datetime | None


@dataclass(frozen=True, slots=True)
class Resummarised:
    """Summary of a use's calls up to some moment."""

    summary: Summary
    known: StoredExposure
    counted_until: datetime | None
    """Time of the first call after that moment. None: all calls are counted."""


async def load_stored(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> dict[ExposureKey, StoredExposure]:
    """Those of `keys` whose models are or were deprecated."""
    v, d = key_rows(keys), deprecations.c
    rows = await connection.execute(
        select(*(v.c[name].label(f"key_{name}") for name in KEY), exposures, *_dates())
        .join_from(v, deprecations, and_(d.platform == v.c.platform, d.model == v.c.model))
        .join(exposures, same_key(exposures, v), isouter=True)
    )
    return {ExposureKey(*row[: len(KEY)]): _known(row) for row in rows.all()}


def _dates() -> list[Any]:
    d = deprecations.c
    return [d.announced_on, d.shutdown_on, d.precision, d.standing, d.withdrawn]


def _known(row: Any) -> StoredExposure:
    deprecation = Deprecation(
        row.key_platform,
        row.key_model,
        row.key_model,
        announced=row.announced_on,
        shutdown=Shutdown(row.shutdown_on, row.precision),
        standing=row.standing,
    )
    public_from = date.max if row.withdrawn else row.announced_on or date.min
    judged_by = deprecation.shutdown.deadline, deprecation.errors_count_after
    if row.service is None or (row.deadline, row.errors_count_after) != judged_by:
        return StoredExposure(deprecation, public_from, None, row.service is not None, None)
    return StoredExposure(deprecation, public_from, summary_in(row), True, row.counted_until)


async def load_days(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> dict[ExposureKey, list[CountedDay]]:
    """All days of use of `keys`, oldest first."""
    v, d = key_rows(keys), usage_daily.c
    rows = await connection.execute(
        select(*(d[name] for name in (*KEY, *COUNTED_DAY)))
        .join_from(v, usage_daily, same_key(usage_daily, v))
        .order_by(*(d[name] for name in KEY), d.day)
    )
    found: dict[ExposureKey, list[CountedDay]] = {}
    for row in rows.all():
        found.setdefault(ExposureKey(*row[: len(KEY)]), []).append(counted_day(row[len(KEY) :]))
    return found


class DaysInTotal(NamedTuple):
    """All days of a use, without what only streaks need: a twentieth of the time of `load_days`."""

    first_at: datetime
    longest_gap: int
    calls: int
    last: CountedDay


async def load_totals(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> dict[ExposureKey, DaysInTotal]:
    v, d = key_rows(keys), usage_daily.c
    ahead = func.lead(d.day).over(partition_by=[d[name] for name in KEY], order_by=d.day)
    days = (
        select(*(d[name] for name in KEY), d.day, d.first_at, d.calls, (ahead - d.day).label("gap"))
        .join_from(v, usage_daily, same_key(usage_daily, v))
        .subquery()
    )
    key, c = [days.c[name] for name in KEY], days.c
    least, most = func.min(c.first_at).label("first"), func.max(c.day).label("last")
    sums = select(*key, least, most, func.max(c.gap).label("gap"), func.sum(c.calls).label("calls")).group_by(*key)
    total = sums.cte("total")
    rows = await connection.execute(
        select(
            *(total.c[name] for name in KEY), total.c.first, func.coalesce(total.c.gap, 0), total.c.calls,
            *(d[name] for name in COUNTED_DAY),
        ).join_from(total, usage_daily, and_(same_key(total, usage_daily), d.day == total.c.last))
    )  # fmt: skip
    return {
        ExposureKey(*row[:4]): DaysInTotal(row[4], int(row[5]), int(row[6]), counted_day(row[7:])) for row in rows.all()
    }


async def save_summaries(
    connection: AsyncConnection,
    counted: Mapping[ExposureKey, Resummarised],
    new: Mapping[ExposureKey, Listing],
) -> None:
    """`new`: listings of keys without a row; other rows keep their listing. The caller has locked the rows."""
    known = [_summary_row(key, one) for key, one in counted.items() if key not in new]
    await _update(connection, known, stays_in_phase)
    told = await _told(connection, new)
    rows = [
        _summary_row(key, counted[key]) | one._asdict() | {"told_at": told.get(key)} for key, one in sorted(new.items())
    ]
    for some in chunked(rows):
        await connection.execute(insert_rows(exposures, some))


async def _told(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> dict[ExposureKey, datetime]:
    """Last delivery about each exposure: it may have been deleted and recreated, if all its calls were of another
    model for a time."""
    v, c, n = key_rows(keys), campaigns.c, notifications.c
    rows = await connection.execute(
        select(*(c[name] for name in KEY), func.max(n.settled_at))
        .join_from(v, campaigns, same_key(campaigns, v))
        .join(notifications, and_(n.campaign_id == c.id, n.state == "delivered"))
        .group_by(*(c[name] for name in KEY))
    )
    return {ExposureKey(*row[: len(KEY)]): row[-1] for row in rows}


async def save_listings(connection: AsyncConnection, listings: Mapping[ExposureKey, Listing]) -> None:
    """Updates the listings of existing rows."""
    await _lock(connection, key_rows(sorted(listings)))
    await _update(connection, [key._asdict() | one._asdict() for key, one in listings.items()], lambda _: false())


async def _update(
    connection: AsyncConnection,
    rows: Sequence[Mapping[str, object]],
    stays: Callable[[Mapping[str, ColumnElement[Any]]], ColumnElement[bool]],
) -> None:
    """Updates rows that differ. Each has the columns of its key, and the columns to set. `stays`: whether a row keeps
    its phase."""
    for some in chunked(rows):
        names = list(some[0])
        v = unnested(*((name, exposures.c[name].type, [row[name] for row in some]) for name in names))
        changed = {name: v.c[name] for name in names if name not in KEY}
        differs = or_(*(exposures.c[name].is_distinct_from(value) for name, value in changed.items()))
        until = case((stays(changed), exposures.c.phase_until), else_=UNCERTAIN)
        await connection.execute(
            update(exposures).where(same_key(exposures, v), differs).values(**changed, phase_until=until)
        )


async def save_team(connection: AsyncConnection, service: str, team: str | None) -> None:
    """Sets the team on all exposures of the service."""
    own = exposures.c.service == service
    await _lock(connection, select(*(exposures.c[name] for name in KEY)).where(own).subquery("own"))
    await connection.execute(update(exposures).where(own).values(team=team))


async def note_told(connection: AsyncConnection, notified: Sequence[uuid.UUID], *, at: datetime) -> None:
    """Notes that a message with these notifications was delivered."""
    c, n = campaigns.c, notifications.c
    ids = bindparam("ids", list(notified), type_=ARRAY(Uuid()))
    keys = select(*(c[name] for name in KEY)).join(notifications, n.campaign_id == c.id).where(n.id == any_(ids))
    told = keys.distinct().subquery("told")
    await _lock(connection, told)
    until = case((exposures.c.told_at.is_(None), UNCERTAIN), else_=exposures.c.phase_until)
    await connection.execute(update(exposures).where(same_key(exposures, told)).values(told_at=at, phase_until=until))


async def lock_exposures(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> None:
    """Locks rows before some are written and others deleted."""
    await _lock(connection, key_rows(keys))


async def _lock(connection: AsyncConnection, keys: FromClause) -> None:
    """Locks rows in Python's order of the keys, whatever the database's collation."""
    in_order = [collate(exposures.c[name], "C") for name in KEY]
    rows = select(exposures.c.service).join(keys, same_key(exposures, keys)).order_by(*in_order)
    await connection.execute(rows.with_for_update(of=exposures))


async def drop_exposures(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> None:
    """Deletes exposures without calls. Call it last in a transaction."""
    if not (dropped := sorted(keys)):
        return
    v = key_rows(dropped)
    await _lock(connection, v)
    gone = delete(exposures).where(same_key(exposures, v))
    counted = (exposures.c.phase, exposures.c.phase_change_by)
    rows = await connection.execute(gone.returning(*(exposures.c[name] for name in KEY), *counted))
    await move(connection, [(ExposureKey(*row[:4]), Place(row.phase, row.phase_change_by), Place()) for row in rows])


async def to_summarise_again(connection: AsyncConnection, *, now: datetime, limit: int) -> list[ExposureKey]:
    """Exposures with calls that were in the future when they were counted, and are now past."""
    e = exposures.c
    rows = await connection.execute(
        select(*(e[name] for name in KEY)).where(e.counted_until <= now).order_by(e.counted_until).limit(limit)
    )
    return sorted(ExposureKey(*row) for row in rows)


def _summary_row(key: ExposureKey, one: Resummarised) -> dict[str, object]:
    summary, deadline = one.summary, one.known.deprecation.shutdown.deadline
    fails = summary.failing
    return {
        **key._asdict(),
        "first_at": summary.first_at,
        "last_at": summary.last_at,
        "last_day": summary.last_day,
        "last_calls": summary.last_calls,
        "longest_gap": summary.longest_gap,
        "calls": summary.calls,
        "failing_since": fails.since if fails else None,
        "answered_on": fails.answered_on if fails else None,
        "redirected_since": summary.redirected_since,
        "deadline": deadline,
        "errors_count_after": one.known.deprecation.errors_count_after,
        "public_from": one.known.public_from,
        "state_while_calling": summary.state_while_calling(deadline),
        "quiet_at": summary.quiet_at,
        "counted_until": one.counted_until,
    }
