"""Model ids that identity does not know. An unknown id is not fine: it may be going away, and nobody could tell."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.queries.answers import UnknownId

DAYS = 28
MAX_SERVICES = 5
"""Named with each id; the count says how many there are."""


_ID = ("requested_id", "provider", "platform")


def _unresolved() -> ColumnElement[bool]:
    return series.c.requested_model.is_(None) & series.c.served_model.is_(None)


async def read_unknown_ids(
    connection: AsyncConnection, *, now: datetime, service: str | None = None, limit: int = 100
) -> list[UnknownId]:
    """Of the last 28 days, most calls first. Calls are the largest reporter's, hour by hour, as everywhere."""
    s, u = series.c, usage_hourly.c
    words = [s[name] for name in (*_ID, "service", "environment", "reporter")]
    scope = [_unresolved(), u.hour > now - timedelta(days=DAYS), u.hour <= now]
    if service is not None:
        scope.append(s.service == service)
    by_reporter = (
        select(*words, u.hour, func.sum(u.calls).label("calls"), func.max(u.last_at).label("last_at"))
        .join_from(series, usage_hourly, u.series_id == s.id)
        .where(*scope)
        .group_by(*words, u.hour)
        .subquery()
    )
    by_hour = _fold(by_reporter, (*_ID, "service", "environment", "hour"), func.max(by_reporter.c.calls))
    by_service = _fold(by_hour, (*_ID, "service"), func.sum(by_hour.c.calls))
    t = by_service.c
    calls = func.sum(t.calls).label("calls")
    rows = await connection.execute(
        select(t.requested_id, t.provider, t.platform, calls, func.max(t.last_at).label("last_at"))
        .add_columns(func.array_agg(aggregate_order_by(t.service, t.calls.desc(), t.service)).label("services"))
        .group_by(t.requested_id, t.provider, t.platform)
        .order_by(calls.desc(), t.requested_id, t.provider, t.platform)
        .limit(limit)
    )
    return [
        UnknownId(
            requested_id=row.requested_id,
            provider=row.provider,
            platform=row.platform,
            services=row.services[:MAX_SERVICES],
            service_count=len(row.services),
            calls_28d=int(row.calls),
            last_at=row.last_at,
        )
        for row in rows
    ]


def _fold(rows: Subquery, keys: Iterable[str], calls: ColumnElement[Any]) -> Subquery:
    kept = [rows.c[key] for key in keys]
    return select(*kept, calls.label("calls"), func.max(rows.c.last_at).label("last_at")).group_by(*kept).subquery()


async def count_unknown_ids(connection: AsyncConnection, *, now: datetime) -> int:
    """Distinct ids of the last 28 days."""
    s, u = series.c, usage_hourly.c
    recent = select(1).where(u.series_id == s.id, u.hour > now - timedelta(days=DAYS), u.hour <= now).exists()
    distinct = select(s.requested_id, s.provider, s.platform).where(_unresolved(), recent).distinct().subquery()
    return (await connection.execute(select(func.count()).select_from(distinct))).scalar_one()
