"""Tokens and latency of the last 28 days, by use and by model."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import usage_daily
from service.adapters.postgres.usage_keys import KEY, key_rows, model_rows, same_key, same_model
from service.core.comparison import Measured
from service.core.exposure import ExposureKey
from service.core.prices import WINDOW_DAYS, TokenMix

_u = usage_daily.c
_MODEL = ("platform", "model")


async def measure_uses(
    connection: AsyncConnection, keys: Collection[ExposureKey], *, now: datetime
) -> dict[ExposureKey, Measured]:
    """Uses without calls in these days are left out."""
    if not keys:
        return {}
    v = key_rows(keys)
    query = _totals(KEY, now).join(v, same_key(usage_daily, v))
    return {ExposureKey(*row[:4]): _measured(row) for row in await connection.execute(query)}


async def measure_models(
    connection: AsyncConnection,
    models: Collection[tuple[str, str]],
    *,
    service: str | None = None,
    now: datetime,
) -> dict[tuple[str, str], Measured]:
    """Calls to each (platform, model) by all services, or by one. Models without calls are left out."""
    if not models:
        return {}
    v = model_rows(models)
    of_service = [_u.service == service] if service is not None else []
    query = _totals(_MODEL, now).join(v, and_(same_model(usage_daily, v), *of_service))
    return {(row.platform, row.model): _measured(row) for row in await connection.execute(query)}


def _totals(by: tuple[str, ...], now: datetime) -> Select[Any]:
    today = now.date()
    names: list[ColumnElement[Any]] = [_u[name] for name in by]
    sums = ("calls", "errors", "tokens_known", "input_tokens", "output_tokens", "cached_tokens")
    latencies = ("latency_ms", "latency_known")
    return (
        select(
            *names,
            func.count(_u.service.distinct()).label("services"),
            func.count(_u.day.distinct()).label("days"),
            *(func.sum(_u[name]).label(name) for name in (*sums, *latencies)),
        )
        .where(_u.day > today - timedelta(days=WINDOW_DAYS), _u.day <= today)
        .group_by(*names)
    )


def _measured(row: Any) -> Measured:
    return Measured(
        services=row.services,
        days=row.days,
        calls=int(row.calls),
        errors=int(row.errors),
        mix=TokenMix(int(row.tokens_known), int(row.input_tokens), int(row.output_tokens), int(row.cached_tokens)),
        latency_ms=float(row.latency_ms),
        latency_known=int(row.latency_known),
    )
