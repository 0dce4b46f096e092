"""usage_daily x catalog -> Exposures as of `now`, with the evidence that a message shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, TableValuedAlias, Text, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, sightings, usage_daily, usage_hourly
from service.adapters.postgres.unnest import unnested
from service.adapters.postgres.usage_keys import KEY, is_another, key_rows, same_key
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import LONGEST_QUIET, DayOfUse, Exposure, ExposureKey
from service.core.rollup import MAX_SAMPLES

_d = usage_daily.c
_DAY = DayOfUse.__struct_fields__


async def load_exposures(connection: AsyncConnection, catalog: Catalog, *, now: datetime) -> list[Exposure]:
    """All exposures to deprecations that were public by `now`, with their evidence."""
    return await with_evidence(connection, await load_public_exposures(connection, catalog, now=now), now=now)


async def load_public_exposures(connection: AsyncConnection, catalog: Catalog, *, now: datetime) -> list[Exposure]:
    """All exposures to deprecations that were public by `now`, without evidence."""
    known = [record.key for record in catalog if record.known_on(now.date())]
    v = unnested(
        ("platform", Text(), [platform for platform, _ in known]), ("model", Text(), [model for _, model in known])
    )
    public = and_(_d.platform == v.c.platform, _d.model == v.c.model)
    rows = await connection.execute(_uses(now, v, public))
    return _exposures(rows, catalog, now)


async def load_exposures_of(
    connection: AsyncConnection, catalog: Catalog, keys: Iterable[ExposureKey], *, now: datetime
) -> dict[ExposureKey, Exposure]:
    """The exposures of `keys` that the catalog has a record of and that have a call by `now`, without evidence."""
    v = key_rows(keys)
    rows = await connection.execute(_uses(now, v, same_key(usage_daily, v)))
    return {exposure.key: exposure for exposure in _exposures(rows, catalog, now)}


async def newest_call(connection: AsyncConnection) -> datetime | None:
    """By event time, of any model."""
    newest: datetime | None = await connection.scalar(select(func.max(_d.last_at)))
    return newest


def _uses(now: datetime, given: TableValuedAlias, same: ColumnElement[bool]) -> Select[Any]:
    """A row a use, its days in arrays: as rows they take several times as long to fetch. `given` are the wanted ones.

    By event time: what was called later than `now` is not there yet.
    """
    oldest_first = _d.day
    return (
        select(
            *(_d[name] for name in KEY),
            func.min(_d.first_at).label("first_at"),
            func.max(_d.last_at).label("last_at"),
            *(func.array_agg(aggregate_order_by(_d[name], oldest_first)).label(name) for name in _DAY),
        )
        .join(given, same)
        .where(_d.day <= now.date(), _d.first_at <= now)
        .group_by(*(_d[name] for name in KEY))
        .order_by(*(_d[name] for name in KEY))
    )


def _exposures(rows: Iterable[Row[Any]], catalog: Catalog, now: datetime) -> list[Exposure]:
    found = []
    for row in rows:
        deprecation = catalog.get(row.platform, row.model)
        if deprecation is not None:
            found.append(
                Exposure(
                    service=row.service,
                    environment=row.environment,
                    deprecation=deprecation,
                    first_at=row.first_at,
                    last_at=min(row.last_at, now),
                    days=tuple(map(DayOfUse, *(row._mapping[name] for name in _DAY))),
                )
            )
    return found


async def with_evidence(connection: AsyncConnection, exposures: Sequence[Exposure], *, now: datetime) -> list[Exposure]:
    """The same exposures with the ids that callers spell, those that answered instead, and a few request ids."""
    keys = [exposure.key for exposure in exposures]
    spelled = await _requested_ids(connection, keys, now)
    served = await _served_ids(connection, [one.key for one in exposures if one.days[-1].redirected], now)
    samples = await _request_ids(connection, keys)
    return [
        replace(
            exposure,
            requested_ids=spelled.get(exposure.key, ()),
            served_ids=served.get(exposure.key, ()),
            request_ids=samples.get(exposure.key, ()),
        )
        for exposure in exposures
    ]


async def _requested_ids(
    connection: AsyncConnection, keys: Sequence[ExposureKey], now: datetime
) -> Mapping[ExposureKey, tuple[str, ...]]:
    """The most used of the last weeks first."""
    v = key_rows(keys)
    recent = and_(usage_hourly.c.series_id == series.c.id, usage_hourly.c.hour > now - LONGEST_QUIET)
    rows = await connection.execute(
        select(*(v.c[name] for name in KEY), series.c.requested_id)
        .join_from(v, series, _of(v))
        .outerjoin(usage_hourly, recent)
        .where(series.c.requested_id.is_not(None))
        .group_by(*(v.c[name] for name in KEY), series.c.requested_id)
        .order_by(func.coalesce(func.sum(usage_hourly.c.calls), 0).desc(), series.c.requested_id)
    )
    found: dict[ExposureKey, list[str]] = defaultdict(list)
    for row in rows:
        found[ExposureKey(*row[:4])].append(row.requested_id)
    return {key: tuple(ids) for key, ids in found.items()}


async def _served_ids(
    connection: AsyncConnection, keys: Sequence[ExposureKey], now: datetime
) -> Mapping[ExposureKey, tuple[str, ...]]:
    """Of the other models that answered in the last weeks: the latest day's first, and of one day the most used."""
    if not keys:
        return {}
    v = key_rows(keys)
    s, u = series.c, usage_hourly.c
    another = and_(_asks(v), is_another(s.served_model, v.c.model))
    day = func.date_trunc("day", u.hour, "UTC")
    rows = await connection.execute(
        select(*(v.c[name] for name in KEY), s.served_id)
        .join_from(v, series, another)
        .join(usage_hourly, and_(u.series_id == s.id, u.hour > now - LONGEST_QUIET, u.hour <= now))
        .group_by(*(v.c[name] for name in KEY), s.served_id)
        .order_by(func.max(day).desc(), func.sum(u.calls).desc(), s.served_id)
    )
    found: dict[ExposureKey, list[str]] = defaultdict(list)
    for row in rows:
        found[ExposureKey(*row[:4])].append(row.served_id)
    return {key: tuple(ids) for key, ids in found.items()}


async def _request_ids(
    connection: AsyncConnection, keys: Sequence[ExposureKey]
) -> Mapping[ExposureKey, tuple[str, ...]]:
    """Of the newest sighting, else of the series: calls before the announcement were no sightings."""
    v = key_rows(keys)
    sampled = await connection.execute(
        select(*(v.c[name] for name in KEY), series.c.samples).join_from(v, series, _of(v)).order_by(series.c.id)
    )
    found: dict[ExposureKey, tuple[str, ...]] = {}
    for row in sampled:
        key = ExposureKey(*row[:4])
        found[key] = tuple(dict.fromkeys([*found.get(key, ()), *row.samples]))[:MAX_SAMPLES]
    seen = await connection.execute(
        select(*(v.c[name] for name in KEY), sightings.c.request_ids).join_from(v, sightings, same_key(v, sightings))
    )
    for row in seen:
        if row.request_ids:
            found[ExposureKey(*row[:4])] = tuple(row.request_ids)
    return found


def _of(v: Any) -> Any:
    """Series of the key: asked for the model, or answered by it."""
    return and_(_same_place(v), or_(series.c.requested_model == v.c.model, series.c.served_model == v.c.model))


def _asks(v: Any) -> Any:
    return and_(_same_place(v), series.c.requested_model == v.c.model)


def _same_place(v: Any) -> Any:
    return and_(*(series.c[name] == v.c[name] for name in KEY[:3]))
