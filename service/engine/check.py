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
    """The checklist afterwards. All of it is written, or nothing; asking twice changes nothing the second time. No item
    is in both."""
    ticks = dict.fromkeys(done, tick) | dict.fromkeys(undone, untick)
    async with database.begin() as connection:
        for item in sorted(ticks):  # two who ask for the same items lock them in one order
            await ticks[item](connection, key, item, author=author, at=now)
        return (await load_checklists(connection, [key])).get(key, Checklist())
