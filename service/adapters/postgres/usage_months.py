"""The partitions of usage_hourly, one per month.

`usage_hourly_late` is the default partition, so every hour can be stored. A month is created once, in advance or with
its first calls, and closed once; later hours of it go to `usage_hourly_late`.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.tables import stale_days, usage_months
from service.adapters.postgres.trouble import waited_in_vain
from service.core.retention import month_after, within_reach

_MAKE_LOCK = 0x6D616B65
"""Advisory lock: only one process at a time creates months."""
_WAIT = "2s"
"""Maximum wait for readers and writers of hours. Others queue behind us in the meantime, so it is short."""
_m = usage_months.c


class MonthBook:
    """Cache of the months that exist."""

    def __init__(self) -> None:
        self._known: set[date] = set()

    async def make(self, database: Database, months: Iterable[date], *, now: datetime) -> None:
        missing = within_reach(set(months) - self._known, now)
        if missing and await make_months(database, missing, now=now) is not None:
            self._known |= missing


async def make_months(database: Database, months: Iterable[date], *, now: datetime) -> int | None:
    """Create the missing months. Returns their number. None: later, because another process reads late hours for longer
    than `_WAIT`. Hours can be stored nevertheless.

    It uses transactions of its own, so that a process that waits for the lock on late hours has no other lock.
    """
    try:
        async with database.begin() as connection:
            if not (missing := set(months) - await _made(connection)):
                return 0
            await connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKE_LOCK})
            missing -= await _made(connection)
            for month in sorted(missing):
                await _make(connection, month)
                await connection.execute(insert(usage_months).values(month=month, made_at=now))
            return len(missing)
    except DatabaseTrouble as error:
        if not waited_in_vain(error):
            raise
        return None


async def _made(connection: AsyncConnection) -> set[date]:
    return set(await connection.scalars(select(_m.month)))


async def _make(connection: AsyncConnection, month: date) -> None:
    """Existing hours of the month, from a clock that was ahead, move into it: otherwise PostgreSQL rejects the
    partition."""
    table = table_of(month)
    since, until = (f"'{day} 00:00+00'" for day in (month, month_after(month)))
    hours = f"DELETE FROM usage_hourly_late WHERE hour >= {since} AND hour < {until} RETURNING *"  # noqa: S608
    for statement in (
        "LOCK TABLE ONLY usage_hourly IN SHARE UPDATE EXCLUSIVE MODE",  # same order as `keep_writers_out`
        f"CREATE TABLE {table} (LIKE usage_hourly INCLUDING DEFAULTS)",
        "LOCK TABLE usage_hourly_late IN ACCESS EXCLUSIVE MODE",
        f"WITH moved AS ({hours}) INSERT INTO {table} SELECT * FROM moved",  # noqa: S608
        f"ALTER TABLE usage_hourly ATTACH PARTITION {table} FOR VALUES FROM ({since}) TO ({until})",
    ):
        await connection.execute(text(statement))


def table_of(month: date) -> str:
    return f"usage_hourly_{month:%Y_%m}"


async def open_months(connection: AsyncConnection) -> dict[date, datetime]:
    """Creation time of each month that has a partition."""
    rows = await connection.execute(select(_m.month, _m.made_at).where(_m.closed_at.is_(None)))
    return {row.month: row.made_at for row in rows}


async def closed_of(connection: AsyncConnection, months: Iterable[date]) -> set[date]:
    return set(await connection.scalars(select(_m.month).where(_m.month.in_(set(months)), _m.closed_at.is_not(None))))


async def close_month(database: Database, month: date, *, now: datetime) -> bool:
    """Drop the hours of the month: the totals of its days are final, except that later calls are added. False: later,
    because some of its days are not recalculated yet, or because hours are in use for longer than `_WAIT`.

    The lock on usage_hourly excludes readers and writers, so no hour is missed: writers mark days in one transaction
    with the hours, and once all marks are taken, the days are written.
    """
    try:
        async with database.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
            await connection.execute(text("LOCK TABLE ONLY usage_hourly IN ACCESS EXCLUSIVE MODE"))
            this = (_m.month == month, _m.closed_at.is_(None))
            d = stale_days.c.day
            marked = exists().where(d >= month, d < month_after(month))
            closing = update(usage_months).where(*this, ~marked).values(closed_at=now).returning(_m.month)
            if (await connection.execute(closing)).first() is None:
                return False
            await connection.execute(text(f"DROP TABLE {table_of(month)}"))
            return True
    except DatabaseTrouble as error:
        if not waited_in_vain(error):
            raise
        return False
