"""Who calls which model, deprecated or not."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import usage_daily
from service.adapters.queries.answers import ModelUse
from service.adapters.queries.exposures import DAYS, total_tokens
from service.adapters.queries.lifecycle import lifecycle_of
from service.core.catalog.lifecycle import Catalog


async def read_uses(
    connection: AsyncConnection,
    catalog: Catalog,
    *,
    now: datetime,
    service: str | None = None,
    models: Collection[str] | None = None,
) -> list[ModelUse]:
    """Of the last 28 days, most calls first. `models` are canonical, on whatever platform."""
    today = now.date()
    u = usage_daily.c
    query = select(usage_daily).where(u.day > today - timedelta(days=DAYS), u.day <= today).order_by(u.day)
    if service is not None:
        query = query.where(u.service == service)
    if models is not None:
        query = query.where(u.model.in_(models))
    by_use: dict[tuple[str, str, str, str], list[Row[Any]]] = {}
    for row in await connection.execute(query):
        by_use.setdefault((row.service, row.environment, row.platform, row.model), []).append(row)
    uses = [_use(days, catalog, today) for days in by_use.values()]
    return sorted(uses, key=lambda use: (-use.calls_28d, use.service, use.platform, use.model, use.environment))


def _use(days: Sequence[Row[Any]], catalog: Catalog, today: date) -> ModelUse:
    """`days` are of one service, environment, platform and model."""
    one = days[0]
    reporters: Counter[str] = Counter()
    for day in days:
        reporters.update(day.reporters)
    deprecation = catalog.get(one.platform, one.model)
    return ModelUse(
        service=one.service,
        environment=one.environment,
        platform=one.platform,
        model=one.model,
        calls_7d=sum(day.calls for day in days if day.day > today - timedelta(days=7)),
        calls_28d=sum(day.calls for day in days),
        errors_28d=sum(day.errors for day in days),
        tokens_28d=total_tokens(days),
        first_at=min(day.first_at for day in days),
        last_at=max(day.last_at for day in days),
        reporters=dict(reporters.most_common()),
        deprecation=lifecycle_of(deprecation, today) if deprecation and deprecation.known_on(today) else None,
    )
