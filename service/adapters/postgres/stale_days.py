"""Marks on days whose totals must be recalculated. A transaction that adds calls also marks their days.

A mark has the time of its first use: the database's clock, at the start of the transaction.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Date, Text, collate, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import stale_days, usage_daily
from service.adapters.postgres.unnest import chunked, unnested
from service.adapters.postgres.usage_keys import KEY, model_rows, same_model
from service.core.exposure import ExposureKey

DAY = (*KEY, "day")


class StaleDay(NamedTuple):
    key: ExposureKey
    day: date


async def mark_stale(connection: AsyncConnection, marks: Iterable[StaleDay]) -> None:
    """Mark days as stale. An existing row keeps its time and is locked, so we wait for a process that takes it, or it
    waits for us."""
    for some in chunked(sorted(set(marks))):
        v = unnested(
            *((name, Text(), [getattr(mark.key, name) for mark in some]) for name in KEY),
            ("day", Date(), [mark.day for mark in some]),
        )
        statement = insert(stale_days).from_select([c.name for c in v.c], select(v))
        await connection.execute(
            statement.on_conflict_do_update(index_elements=list(DAY), set_={"stale_since": stale_days.c.stale_since})
        )


async def mark_models(connection: AsyncConnection, models: Iterable[tuple[str, str]]) -> None:
    """Mark the last day of each use of these (platform, model), so that their summaries are recalculated."""
    d, v = usage_daily.c, model_rows(models)
    key = [d[name] for name in KEY]
    last_days = (
        select(*key, func.max(d.day))
        .join(v, same_model(usage_daily, v))
        .group_by(*key)
        .order_by(*(collate(column, "C") for column in key))
    )
    statement = insert(stale_days).from_select(list(DAY), last_days)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=list(DAY), set_={"stale_since": stale_days.c.stale_since})
    )


async def take_stale_days(connection: AsyncConnection, *, until: datetime, limit: int) -> list[StaleDay]:
    """Delete and return the oldest marks first set up to `until`, sorted; a rollback brings them back. Skips marks that
    another process has locked."""
    key = tuple_(*(stale_days.c[name] for name in DAY))
    oldest = (
        select(*(stale_days.c[name] for name in DAY))
        .where(stale_days.c.stale_since <= until)
        .order_by(stale_days.c.stale_since)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await connection.execute(delete(stale_days).where(key.in_(oldest)).returning(*key))
    return sorted(StaleDay(ExposureKey(*row[:4]), row.day) for row in rows)
