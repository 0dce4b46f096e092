"""clean_up: create partitions for coming months, close past months, and delete expired data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from service.adapters.postgres.clean_up_store import NAMES, REST, USES, Delete
from service.adapters.postgres.database import Database
from service.adapters.postgres.usage_months import close_month, make_months, open_months
from service.core.retention import Retention, months_ahead


@dataclass(frozen=True, slots=True)
class CleanedUp:
    made: int | None
    """Number of created months. None: postponed."""
    closed: tuple[date, ...]
    """First days of the closed months."""
    deleted: Mapping[str, int]
    """Number of deleted rows by kind, without zeros."""


async def clean_up(database: Database, retention: Retention, *, now: datetime) -> CleanedUp:
    """Safe to run in several processes, and to interrupt: each batch is a transaction of its own. Locked rows, and
    months with days that are not recalculated yet, wait for the next run."""
    made = await make_months(database, months_ahead(now), now=now)
    async with database.connect() as connection:
        closable = retention.closable(await open_months(connection), now)
    closed = tuple([month for month in closable if await close_month(database, month, now=now)])

    async def run(deletions: Mapping[str, Delete]) -> dict[str, int]:
        rows = {kind: await _delete_all(database, delete, retention, now) for kind, delete in deletions.items()}
        return {kind: count for kind, count in rows.items() if count}

    uses = await run(USES)
    names = await run(NAMES) if uses or closed else {}
    return CleanedUp(made, closed, uses | names | await run(REST))


async def _delete_all(database: Database, delete: Delete, retention: Retention, now: datetime) -> int:
    total = 0
    while True:
        async with database.begin() as connection:
            rows = await delete(connection, retention, now)
        if rows == 0:
            return total
        total += rows
