"""check: tick items of the checklist of an exposure, or remove ticks."""

from collections.abc import Iterable
from datetime import datetime

from service.adapters.postgres.checklist_store import load_checklists, tick, untick
from service.adapters.postgres.database import Database
from service.core.checklist import Checklist, ItemId
from service.core.exposure import ExposureKey


async def check(
    database: Database,
    key: ExposureKey,
    *,
    done: Iterable[ItemId] = (),
    undone: Iterable[ItemId] = (),
    author: str,
    now: datetime,
) -> Checklist:
    """Returns the checklist after the change. All of it is written, or nothing. Repeating changes nothing. No item is
    in both."""
    ticks = dict.fromkeys(done, tick) | dict.fromkeys(undone, untick)
    async with database.begin() as connection:
        for item in sorted(ticks):  # same order of locks for concurrent requests
            await ticks[item](connection, key, item, author=author, at=now)
        return (await load_checklists(connection, [key])).get(key, Checklist())
