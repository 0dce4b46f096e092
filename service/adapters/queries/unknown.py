"""Model ids that identity does not know. An unknown id is not fine: it may be going away, and nobody could tell."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Subquery, func, or_, select, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.queries.answers import UnknownId
from service.adapters.queries.exposures import DAYS
from service.core.exposure import ExposureKey

MAX_SERVICES = 5
"""Named with each id; the count says how many there are."""


_ID = ("requested_id", "provider", "platform")
_requested, _served = series.c.requested_id, series.c.served_id


def _unresolved() -> ColumnElement[bool]:
    return series.c.requested_model.is_(None) & series.c.served_model.is_(None)


def _spelled(text: str) -> ColumnElement[bool]:
    """Whether a log wrote `text` for the model asked for or for the one that answered, with a provider's prefix on
    either side or on none, in whatever case."""
    given = text.lower()
    spellings = {given, given.partition("/")[2] or given}
    return or_(*(_is_spelled(column, spelling) for column in (_requested, _served) for spelling in spellings))


def _is_spelled(column: Column[Any], spelling: str) -> ColumnElement[bool]:
    written = func.lower(column)
    return or_(written == spelling, func.right(written, len(spelling) + 1) == f"/{spelling}")


async def read_uses_spelled(connection: AsyncConnection, text: str) -> set[ExposureKey]:
    """The known models behind an id that identity does not know alone: a log that wrote it named another as well."""
    s = series.c
    models = [
        select(s.service, s.environment, s.platform, model).where(
            _spelled(text), model.is_not(None), s.platform.is_not(None)
        )
        for model in (s.requested_model, s.served_model)
    ]
    return {ExposureKey(*row) for row in await connection.execute(union(*models))}


async def read_unknown_ids(
    connection: AsyncConnection,
    *,
    now: datetime,
    service: str | None = None,
    spelled: str | None = None,
    limit: int = 100,
) -> list[UnknownId]:
    """Of the last 28 days, most calls first. Calls are the largest reporter's, hour by hour, as everywhere.

    `spelled` keeps those that a log wrote so, with a provider's prefix or without.
    """
    s, u = series.c, usage_hourly.c
    named = func.coalesce(_requested, _served).label("requested_id")
    words = [named, *(s[name] for name in ("provider", "platform", "service", "environment", "reporter"))]
    scope = [_unresolved(), u.hour > now - timedelta(days=DAYS), u.hour <= now]
    if service is not None:
        scope.append(s.service == service)
    if spelled is not None:
        scope.append(_spelled(spelled))
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
    named = func.coalesce(_requested, _served)
    recent = select(1).where(u.series_id == s.id, u.hour > now - timedelta(days=DAYS), u.hour <= now).exists()
    distinct = select(named, s.provider, s.platform).where(_unresolved(), recent).distinct().subquery()
    return (await connection.execute(select(func.count()).select_from(distinct))).scalar_one()
