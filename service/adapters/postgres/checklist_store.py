"""Stores the ticks of checklists. Each tick and its removal also goes into the history of acts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.tables import checklist
from service.adapters.postgres.usage_keys import KEY, key_rows, key_values, same_key
from service.core.checklist import Checklist, ItemId, known_ticks
from service.core.exposure import ExposureKey


async def load_checklists(
    connection: AsyncConnection, keys: Iterable[ExposureKey] | None = None
) -> dict[ExposureKey, Checklist]:
    """The checklists of `keys`, or all. Exposures without ticks are left out."""
    query, parameters = (select(checklist), None) if keys is None else (_of_keys(), key_values(keys))
    ticks: dict[ExposureKey, list[tuple[str, str, datetime]]] = defaultdict(list)
    for row in await connection.execute(query, parameters):
        key = ExposureKey(row.service, row.environment, row.platform, row.model)
        ticks[key].append((row.item, row.author, row.done_at))
    return {key: known_ticks(some) for key, some in ticks.items()}


@cache
def _of_keys() -> Select[Any]:
    v = key_rows()
    return select(checklist).join(v, same_key(checklist, v))


async def tick(connection: AsyncConnection, key: ExposureKey, item: ItemId, *, author: str, at: datetime) -> None:
    """Existing ticks keep their author and time."""
    row = key._asdict() | {"item": item, "author": author, "done_at": at}
    written = insert(checklist).values(row).on_conflict_do_nothing().returning(checklist.c.item)
    if (await connection.execute(written)).first() is not None:
        await record_act(connection, key, "check", author=author, at=at, details={"item": item, "done": True})


async def untick(connection: AsyncConnection, key: ExposureKey, item: ItemId, *, author: str, at: datetime) -> None:
    """Items without a tick are skipped."""
    c = checklist.c
    same = and_(c.item == item, *(c[name] == value for name, value in zip(KEY, key, strict=True)))
    removed = checklist.delete().where(same).returning(c.item)
    if (await connection.execute(removed)).first() is not None:
        await record_act(connection, key, "check", author=author, at=at, details={"item": item, "done": False})
