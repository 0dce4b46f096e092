"""Exposures at a moment in the past, from all their days; rows have the current state only."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Row, Select, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import usage_daily
from service.adapters.postgres.usage_keys import KEY, model_rows, same_key, same_model
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import DayOfUse, Exposure

BATCH = 1000
"""Exposures per batch: with their days, ten megabytes."""
_d = usage_daily.c
_DAY = DayOfUse.__struct_fields__


async def stream_exposures_as_of(
    connection: AsyncConnection, catalog: Catalog, *, now: datetime
) -> AsyncIterator[list[Exposure]]:
    """All exposures to deprecations that were public by `now`, with the calls up to then, in batches, without
    evidence."""
    v = model_rows(record.key for record in catalog if record.known_on(now.date()))
    of_whom = select(*(_d[name] for name in KEY)).join(v, same_model(usage_daily, v))
    keys = of_whom.distinct().subquery("keys")
    async with connection.stream(_uses(now, keys).order_by(*(keys.c[name] for name in KEY))) as rows:
        async for some in rows.partitions(BATCH):
            yield _exposures(some, catalog, now)


def _uses(now: datetime, keys: FromClause) -> Select[Any]:
    """One row per use, with its days in arrays: as rows they take several times as long to fetch.

    Use by use, so that the index returns the days in order and nothing is sorted. By event time: calls after `now` are
    left out.
    """
    by_now = and_(same_key(usage_daily, keys), _d.day <= now.date(), _d.first_at <= now)
    days = select(usage_daily).where(by_now).order_by(_d.day).correlate(keys).subquery("days").c
    use = (
        select(
            func.min(days.first_at).label("first_at"),
            func.max(days.last_at).label("last_at"),
            *(func.array_agg(days[name]).label(name) for name in _DAY),
        )
        .having(func.count() > 0)
        .correlate(keys)
        .lateral("use")
    )
    return select(*(keys.c[name] for name in KEY), *use.c).join_from(keys, use, true())


def _exposures(rows: Iterable[Row[Any]], catalog: Catalog, now: datetime) -> list[Exposure]:
    found = []
    for row in rows:
        deprecation = catalog.get(row.platform, row.model)
        if deprecation is not None:
            days = list(map(DayOfUse, *(row._mapping[name] for name in _DAY)))
            last_at = min(row.last_at, now)
            found.append(
                Exposure.of(row.service, row.environment, deprecation, days, first_at=row.first_at, last_at=last_at)
            )
    return found
