"""All that one service calls."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.queries.answers import ExposureAnswer, ModelUse, ServiceAnswer
from service.adapters.queries.exposures import Owners, total_tokens
from service.adapters.queries.lifecycle import lifecycle_of
from service.adapters.queries.unknown import read_unknown_ids
from service.adapters.tables import series, usage_daily
from service.core.catalog import Catalog

DAYS = 28
MAX_NAMES = 20_000
"""Names that a misspelled one is compared with."""


async def read_service(
    connection: AsyncConnection,
    name: str,
    catalog: Catalog,
    owners: Owners,
    exposures: Sequence[ExposureAnswer],
    *,
    now: datetime,
) -> ServiceAnswer | None:
    """`exposures` are the service's own. None: no log has named it."""
    if not await _exists(connection, name):
        return None
    owner = owners(name)
    return ServiceAnswer(
        service=name,
        team=owner.team,
        channel=owner.channel,
        people=list(owner.people),
        rule=owner.rule,
        exposures=list(exposures),
        models=await _models(connection, name, catalog, now.date()),
        unknown_ids=await read_unknown_ids(connection, now=now, service=name),
    )


async def read_service_names(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(select(series.c.service).distinct().order_by(series.c.service).limit(MAX_NAMES))
    return list(rows.scalars())


async def _exists(connection: AsyncConnection, name: str) -> bool:
    row = await connection.execute(select(1).where(series.c.service == name).limit(1))
    return row.first() is not None


async def _models(connection: AsyncConnection, name: str, catalog: Catalog, today: date) -> list[ModelUse]:
    u = usage_daily.c
    rows = await connection.execute(
        select(usage_daily)
        .where(u.service == name, u.day > today - timedelta(days=DAYS), u.day <= today)
        .order_by(u.day)
    )
    by_model: dict[tuple[str, str, str], list[Row[Any]]] = {}
    for row in rows:
        by_model.setdefault((row.platform, row.model, row.environment), []).append(row)
    uses = [_use(key, days, catalog, today) for key, days in by_model.items()]
    return sorted(uses, key=lambda use: (-use.calls_28d, use.platform, use.model, use.environment))


def _use(key: tuple[str, str, str], days: Sequence[Row[Any]], catalog: Catalog, today: date) -> ModelUse:
    platform, model, environment = key
    reporters: Counter[str] = Counter()
    for day in days:
        reporters.update(day.reporters)
    deprecation = catalog.get(platform, model)
    return ModelUse(
        platform=platform,
        model=model,
        environment=environment,
        calls_7d=sum(day.calls for day in days if day.day > today - timedelta(days=7)),
        calls_28d=sum(day.calls for day in days),
        errors_28d=sum(day.errors for day in days),
        tokens_28d=total_tokens(days),
        first_at=min(day.first_at for day in days),
        last_at=max(day.last_at for day in days),
        reporters=dict(reporters.most_common()),
        deprecation=lifecycle_of(deprecation, today) if deprecation and deprecation.known_on(today) else None,
    )
