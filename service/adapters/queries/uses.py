"""Uses of models, deprecated or not."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Text, and_, cast, collate, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import model_days, usage_daily
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.adapters.queries.answers import ModelUse
from service.adapters.queries.exposures import DAYS
from service.adapters.queries.lifecycle import lifecycle_of
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey

_u = usage_daily.c
_REPORTERS = msgspec.json.Decoder(list[dict[str, int]])


class Uses(NamedTuple):
    some: Sequence[ModelUse]
    total: int


async def read_uses(
    connection: AsyncConnection,
    catalog: Catalog,
    *,
    now: datetime,
    service: str | None = None,
    models: Collection[tuple[str, str]] | None = None,
    keys: Collection[ExposureKey] | None = None,
    limit: int | None = None,
) -> Uses:
    """Uses of the last 28 days, most calls first: of one `service`, of `models` as (platform, model), or of `keys`."""
    today = now.date()
    scope: list[ColumnElement[bool]] = [_in_days(today)]
    if service is not None:
        scope.append(_u.service == service)
    if models is not None:
        scope.append(tuple_(_u.platform, _u.model).in_(models))
    if keys is not None:
        scope.append(same_key(usage_daily, key_rows(keys)))
    calls, tokens = func.sum(_u.calls), _u.input_tokens + _u.output_tokens
    query = (
        select(
            *(_u[name] for name in KEY),
            func.coalesce(calls.filter(_u.day > today - timedelta(days=7)), 0).label("calls_7d"),
            calls.label("calls_28d"),
            func.sum(_u.errors).label("errors_28d"),
            func.sum(tokens).filter(_u.tokens_known > 0).label("tokens_28d"),
            func.min(_u.first_at).label("first_at"),
            func.max(_u.last_at).label("last_at"),
            cast(func.jsonb_agg(_u.reporters), Text).label("reporters"),
            func.count().over().label("total"),
        )
        .where(*scope)
        .group_by(*(_u[name] for name in KEY))
        .order_by(calls.desc(), *(collate(_u[name], "C") for name in ("service", "platform", "model", "environment")))
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return Uses([_use(row, catalog, today) for row in rows], rows[0].total if rows else 0)


def _summed(by_day: str) -> dict[str, int]:
    """Calls by reporter, most first. `by_day` is JSON: msgspec parses it several times as fast as the driver."""
    calls = Counter[str]()
    for day in _REPORTERS.decode(by_day):
        for reporter, number in day.items():
            calls[reporter] += number
    return dict(sorted(calls.items(), key=lambda item: (-item[1], item[0])))


def _in_days(today: date) -> ColumnElement[bool]:
    return and_(_u.day > today - timedelta(days=DAYS), _u.day <= today)


def _use(row: Any, catalog: Catalog, today: date) -> ModelUse:
    deprecation = catalog.get(row.platform, row.model)
    return ModelUse(
        service=row.service,
        environment=row.environment,
        platform=row.platform,
        model=row.model,
        calls_7d=int(row.calls_7d),
        calls_28d=int(row.calls_28d),
        errors_28d=int(row.errors_28d),
        tokens_28d=None if row.tokens_28d is None else int(row.tokens_28d),
        first_at=row.first_at,
        last_at=row.last_at,
        reporters=_summed(row.reporters),
        deprecation=lifecycle_of(deprecation, today) if deprecation and deprecation.known_on(today) else None,
    )


async def read_called_models(
    connection: AsyncConnection, *, now: datetime, models: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """Each (platform, model) called in the last 28 days, most calls first. `models`: canonical ids to look for."""
    d, today = model_days.c, now.date()
    days = and_(d.day > today - timedelta(days=DAYS), d.day <= today, d.calls > 0)
    named = true() if models is None else d.model.in_(models)
    called = select(d.platform, d.model).where(days, named).group_by(d.platform, d.model)
    rows = await connection.execute(called.order_by(func.sum(d.calls).desc(), d.platform, d.model))
    return [(row.platform, row.model) for row in rows]
