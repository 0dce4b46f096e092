"""Model ids that lastcall does not know, and known models whose platform is unknown.

Such a model may be deprecated without anybody noticing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import Field
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.postgres.volumes import by_reporter, ranked, volume
from service.adapters.queries.exposures import DAYS
from service.adapters.queries.paging import AnswerModel
from service.core.exposure import ExposureKey

MAX_SERVICES = 5
"""Maximum number of services listed per id; the count includes all."""

_requested, _served = series.c.requested_id, series.c.served_id
_INSTANT = DateTime(timezone=True)
_MODEL = func.coalesce(series.c.served_model, series.c.requested_model)
_NAMED = func.coalesce(_requested, _served)
_SUBJECT = func.coalesce(_MODEL, _NAMED).label("subject")
_UNRESOLVED = and_(series.c.requested_model.is_(None), series.c.served_model.is_(None))
"""Must equal the condition of the index."""
_UNPLACED = and_(series.c.platform.is_(None), _MODEL.is_not(None))
_BY_UNPLACED = {True: _UNPLACED, False: _UNRESOLVED, None: or_(_UNRESOLVED, _UNPLACED)}
_ID = ("subject", "model", "platform")
"""Key of the comparison between reporters, with service and environment: one model, or one id as spelled in logs."""
_SHOWN = ("requested_id", "provider", "host", "last_at")
"""Of several values, the last in sort order: two reporters may spell the same thing differently."""


class UnknownId(AnswerModel):
    """A model id that lastcall does not know, or a known model whose platform the log does not show. The model may be
    deprecated without anybody noticing."""

    requested_id: str | None = Field(
        description="The requested model as the log spells it, or else the served model; null: the log has none."
    )
    model: str | None = Field(
        default=None, description="The model, if it is known and only its platform is not; null: the id is unknown."
    )
    provider: str | None = Field(examples=["Langchain"], description="The provider's name in a log.")
    host: str | None = Field(default=None, description="A called host, if a log has one.")
    platform: str | None
    services: list[str] = Field(description="Some of the services, most calls first.")
    service_count: int
    calls_28d: int
    last_at: datetime


def _spelled() -> ColumnElement[bool]:
    """True: a log has the id of `_spellings` as the requested or served model, ignoring case and a provider's prefix on
    either side."""
    return or_(*(_is_spelled(column, name) for column in (_requested, _served) for name in ("given", "bare")))


def _is_spelled(column: Column[Any], name: str) -> ColumnElement[bool]:
    written, spelling = func.lower(column), bindparam(name, type_=Text())
    return or_(written == spelling, func.right(written, func.length(spelling) + 1) == "/" + spelling)


def _spellings(text: str) -> dict[str, str]:
    given = text.lower()
    return {"given": given, "bare": given.partition("/")[2] or given}


async def read_uses_spelled(connection: AsyncConnection, text: str) -> set[ExposureKey]:
    """Known models of uses whose log also has this unknown id."""
    s = series.c
    models = [
        select(s.service, s.environment, s.platform, model).where(
            _spelled(), model.is_not(None), s.platform.is_not(None)
        )
        for model in (s.requested_model, s.served_model)
    ]
    return {ExposureKey(*row) for row in await connection.execute(union(*models), _spellings(text))}


async def read_unknown_ids(
    connection: AsyncConnection,
    *,
    now: datetime,
    service: str | None = None,
    spelled: str | None = None,
    models: Collection[str] = (),
    unplaced: bool | None = None,
    limit: int = 100,
) -> list[UnknownId]:
    """Ids of the last 28 days, most calls first.

    `spelled`: only ids that a log spells so, with or without a provider's prefix, and the models in `models`, which it
    is known to mean. `unplaced`: True, known models on an unknown platform; False, unknown ids; None, both.
    """
    query = _unknown_ids(unplaced, of_one=service is not None, named=spelled is not None)
    values: dict[str, object] = {"now": now, "since": now - timedelta(days=DAYS), "limit": limit}
    if service is not None:
        values["service"] = service
    if spelled is not None:
        values |= {**_spellings(spelled), "models": list(models)}
    rows = await connection.execute(query, values)
    return [UnknownId(**row) for row in rows.mappings()]


@cache
def _unknown_ids(unplaced: bool | None, *, of_one: bool, named: bool) -> Select[Any]:
    scope = [_BY_UNPLACED[unplaced]]
    if of_one:
        scope.append(series.c.service == bindparam("service"))
    if named:
        scope.append(or_(_spelled(), _MODEL.in_(bindparam("models", expanding=True))))
    reported = _reported(scope)
    of_use = ranked(reported.subquery(), (*_ID, "service", "environment"), evidence=_SHOWN)
    of_service = [of_use.c[name] for name in (*_ID, "service")]
    by_service = select(*of_service, volume(of_use).label("calls"), *_last_of(of_use)).group_by(*of_service).subquery()
    t = by_service.c
    calls, count = func.sum(t.calls).label("calls_28d"), func.count().label("service_count")
    services = func.array_agg(aggregate_order_by(t.service, t.calls.desc(), t.service))
    return (
        select(t.model, t.platform, calls, count, services[1:MAX_SERVICES].label("services"), *_last_of(by_service))
        .group_by(*(t[name] for name in _ID))
        .order_by(calls.desc(), t.subject, t.platform)
        .limit(bindparam("limit", type_=Integer()))
    )


def _reported(scope: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Calls of the last 28 days by use, hour and reporter, for the series in `scope`."""
    s, u = series.c, usage_hourly.c
    use = (_SUBJECT, _MODEL.label("model"), s.platform, s.service, s.environment)
    shown = (_NAMED.label("requested_id"), s.provider, s.host, u.last_at)
    return (
        by_reporter(use, *(func.max(each).label(each.name) for each in shown))
        .join_from(series, usage_hourly, u.series_id == s.id)
        .where(u.hour > bindparam("since", type_=_INSTANT), u.hour <= bindparam("now", type_=_INSTANT), *scope)
    )


def _last_of(rows: Subquery) -> list[ColumnElement[Any]]:
    return [func.max(rows.c[name]).label(name) for name in _SHOWN]


async def count_unknown_ids(connection: AsyncConnection, *, unplaced: bool, now: datetime) -> int:
    """Number of the ids that `read_unknown_ids` returns without a limit."""
    s, u = series.c, usage_hourly.c
    recent = select(1).where(u.series_id == s.id, u.hour > now - timedelta(days=DAYS), u.hour <= now).exists()
    distinct = select(_SUBJECT, s.platform).where(_BY_UNPLACED[unplaced], recent).distinct().subquery()
    return (await connection.execute(select(func.count()).select_from(distinct))).scalar_one()
