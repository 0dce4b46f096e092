"""Uses of models, deprecated or not."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from pydantic import Field
from sqlalchemy import ColumnElement, Text, and_, cast, collate, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import model_days, usage_daily
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.adapters.queries.exposures import DAYS
from service.adapters.queries.lifecycle import Lifecycle, lifecycle_of
from service.adapters.queries.paging import AnswerModel
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey

_u = usage_daily.c
_REPORTERS = msgspec.json.Decoder(list[dict[str, int]])


class ModelUse(AnswerModel):
    """A service's use of one model over 28 days, deprecated or not."""

    service: str
    platform: str
    model: str
    environment: str
    calls_7d: int
    calls_28d: int
    errors_28d: int
    tokens_28d: int | None
    first_at: datetime = Field(description="First call of the 28 days.")
    last_at: datetime
    reporters: dict[str, int] = Field(
        description="Calls of the 28 days by reporter. Several reporters may describe the same calls: never add "
        "them up."
    )
    deprecation: Lifecycle | None = Field(
        default=None, description="Null: the catalog has no deprecation of this model."
    )

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)


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
    scope: list[ColumnElement[bool]] = [_u.day > today - timedelta(days=DAYS), _u.day <= today]
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
            cast(func.jsonb_agg(_u.reporters), Text).label("reporters_by_day"),
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


def _use(row: Any, catalog: Catalog, today: date) -> ModelUse:
    record = catalog.get(row.platform, row.model)
    deprecation = lifecycle_of(record, today) if record and record.known_on(today) else None
    return ModelUse(**row._mapping, reporters=_summed(row.reporters_by_day), deprecation=deprecation)


async def read_calls_by_model(
    connection: AsyncConnection, *, now: datetime, days: int = DAYS, models: Collection[str] | None = None
) -> dict[tuple[str, str], int]:
    """Calls of the last `days` of each (platform, model) that has any, most first. `models`: canonical ids to look
    for."""
    d, today, calls = model_days.c, now.date(), func.sum(model_days.c.calls)
    recent = and_(d.day > today - timedelta(days=days), d.day <= today, d.calls > 0)
    named = true() if models is None else d.model.in_(models)
    called = select(d.platform, d.model, calls).where(recent, named).group_by(d.platform, d.model)
    rows = await connection.execute(called.order_by(calls.desc(), d.platform, d.model))
    return {(platform, model): int(number) for platform, model, number in rows}
