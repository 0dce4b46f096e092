"""The partitions of usage_hourly, one a month.

`usage_hourly_late` is the default one: an hour always has a place, whatever month it is of. A month is made once, ahead
of its time or when its first calls come, and closed once; what comes for it afterwards goes to `usage_hourly_late`.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.tables import usage_dirty, usage_months
from service.adapters.postgres.trouble import waited_in_vain
from service.core.retention import month_after, within_reach

_MAKE_LOCK = 0x6D616B65
"""Advisory: one process at a time makes months."""
_WAIT = "2s"
"""For those who read and write hours. Meanwhile others queue behind, so it is short."""
_m = usage_months.c


class MonthBook:
    """The months that this process knows to have been made."""

    def __init__(self) -> None:
        self._known: set[date] = set()

    async def make(self, database: Database, months: Iterable[date], *, now: datetime) -> None:
        missing = within_reach(set(months) - self._known, now)
        if missing and await make_months(database, missing, now=now) is not None:
            self._known |= missing


async def make_months(database: Database, months: Iterable[date], *, now: datetime) -> int | None:
    """Those of them that never were. Returns how many; None: not now, because somebody reads late hours for longer than
    `_WAIT`. Then hours have a place all the same.

    Transactions of its own, so that whoever waits for the lock on late hours holds no other.
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
    """Hours that are there already, of a clock that was ahead, move into it: PostgreSQL takes no other partition."""
    table = table_of(month)
    since, until = (f"'{day} 00:00+00'" for day in (month, month_after(month)))
    hours = f"DELETE FROM usage_hourly_late WHERE hour >= {since} AND hour < {until} RETURNING *"  # noqa: S608
    for statement in (
        "LOCK TABLE ONLY usage_hourly IN SHARE UPDATE EXCLUSIVE MODE",  # before its parts, as whoever keeps writers out
        f"CREATE TABLE {table} (LIKE usage_hourly INCLUDING DEFAULTS)",
        "LOCK TABLE usage_hourly_late IN ACCESS EXCLUSIVE MODE",
        f"WITH moved AS ({hours}) INSERT INTO {table} SELECT * FROM moved",  # noqa: S608
        f"ALTER TABLE usage_hourly ATTACH PARTITION {table} FOR VALUES FROM ({since}) TO ({until})",
    ):
        await connection.execute(text(statement))


def table_of(month: date) -> str:
    return f"usage_hourly_{month:%Y_%m}"


async def open_months(connection: AsyncConnection) -> dict[date, datetime]:
    """When each month was made that has a partition."""
    rows = await connection.execute(select(_m.month, _m.made_at).where(_m.closed_at.is_(None)))
    return {row.month: row.made_at for row in rows}


async def closed_of(connection: AsyncConnection, months: Iterable[date]) -> set[date]:
    return set(await connection.scalars(select(_m.month).where(_m.month.in_(set(months)), _m.closed_at.is_not(None))))


async def close_month(database: Database, month: date, *, now: datetime) -> bool:
    """Drop the hours of the month: what its days came to is final, but for what is added. False: not now, because days
    of it are still to be worked out, or because somebody reads or writes hours for longer than `_WAIT`.

    While usage_hourly is locked nobody writes or reads hours, so none is missed: who writes marks days in one
    transaction with the hours, and whose marks are all taken has its days written.
    """
    try:
        async with database.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
            await connection.execute(text("LOCK TABLE ONLY usage_hourly IN ACCESS EXCLUSIVE MODE"))
            this = (_m.month == month, _m.closed_at.is_(None))
            d = usage_dirty.c.day
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
