"""check: tick items of an exposure's migration checklist, or take ticks back."""

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
    """The checklist afterwards. All of it is written, or nothing; asking twice changes nothing the second time."""
    async with database.begin() as connection:
        for item in done:
            await tick(connection, key, item, author=author, at=now)
        for item in undone:
            await untick(connection, key, item, author=author, at=now)
        return (await load_checklists(connection, [key])).get(key, Checklist())
