"""Current exposures: one row each with a summary of its use, and its latest days."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import structs
from sqlalchemy import FromClause, Row, Select, and_, bindparam, func, select, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from service.adapters.postgres.tables import exposures, usage_daily
from service.adapters.postgres.usage_keys import KEY, key_rows, key_values, model_rows, same_key, same_model
from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.exposure import RECENT_DAYS, DayOfUse, Exposure, ExposureKey, Failing, Summary, failing, recent

_DAY = DayOfUse.__struct_fields__
_SUMMARY = (
    "first_at", "last_at", "last_day", "last_calls", "longest_gap", "calls", "failing_since", "answered_on",
    "redirected_since",
)  # fmt: skip


async def load_exposures_of(
    connection: AsyncConnection,
    catalog: Catalog,
    keys: Iterable[ExposureKey],
    *,
    now: datetime,
) -> dict[ExposureKey, Exposure]:
    """The exposures of `keys` that have a record in the catalog and a call by `now`, without evidence."""
    wanted = list(keys)
    return await _load(connection, catalog, _of_keys(), now, **key_values(wanted)) if wanted else {}


@cache
def _of_keys() -> Select[Any]:
    return _with_days(key_rows())


async def load_public_exposures(
    connection: AsyncConnection, catalog: Catalog, *, now: datetime, service: str | None = None
) -> list[Exposure]:
    """All exposures to deprecations that were public by `now`, or those of one `service`, without evidence."""
    e, v = exposures.c, model_rows(record.key for record in catalog if record.known_on(now.date()))
    keys = select(*(e[name] for name in KEY)).join(v, same_model(exposures, v))
    narrowed = keys if service is None else keys.where(e.service == service)
    found = await _load(connection, catalog, _with_days(narrowed.subquery("keys")), now)
    return [one for _, one in sorted(found.items())]


async def newest_call(connection: AsyncConnection) -> datetime | None:
    """Latest call of a deprecated model by event time; later than the database's clock does not count."""
    e = exposures.c
    by_now = (func.max(at).filter(at <= func.clock_timestamp()) for at in (e.first_at, e.last_at))
    newest: datetime | None = await connection.scalar(select(func.greatest(*by_now)))
    return newest


async def _load(
    connection: AsyncConnection, catalog: Catalog, query: Select[Any], now: datetime, **parameters: object
) -> dict[ExposureKey, Exposure]:
    found = {}
    for row in await connection.execute(query, parameters | {"now": now}):
        if (deprecation := catalog.get(row.platform, row.model)) is not None:
            exposure = _exposure(row, deprecation, now)
            found[exposure.key] = exposure
    return found


def _with_days(keys: FromClause) -> Select[Any]:
    """The recent days with calls as arrays, latest first: as rows they take several times as long to fetch. The arrays
    are as the driver returns them.

    Leaves out a use whose days were deleted concurrently.
    """
    e, d = exposures.c, usage_daily.c
    own = and_(same_key(usage_daily, exposures), d.day <= e.last_day)
    latest = select(*(d[name] for name in _DAY)).where(own).order_by(d.day.desc()).limit(RECENT_DAYS + 1)
    days = latest.correlate(exposures).subquery("days").c
    last = select(*(type_coerce(func.array_agg(days[name]), NullType()).label(f"days_{name}") for name in _DAY))
    use = last.correlate(exposures).lateral("last")
    return (
        select(*(e[name] for name in KEY), *(e[name] for name in _SUMMARY), e.errors_count_after, *use.c)
        .join_from(keys, exposures, same_key(exposures, keys))
        .join(use, true())
        .where(e.first_at <= bindparam("now", type_=e.first_at.type), use.c.days_day.is_not(None))
    )


def _exposure(row: Row[Any], deprecation: Deprecation, now: datetime) -> Exposure:
    days = recent(list(map(DayOfUse, *map(reversed, row[-len(_DAY) :]))))
    use, after = summary_in(row), deprecation.errors_count_after
    fails = use.failing if row.errors_count_after == after else failing(days, after)
    use = structs.replace(use, last_at=min(row.last_at, now), failing=fails)
    return Exposure(row.service, row.environment, deprecation, use, days)


def summary_in(row: Row[Any]) -> Summary:
    """The stored summary, evaluated with the row's `errors_count_after`."""
    fails = Failing(row.failing_since, row.answered_on) if row.failing_since else None
    return Summary(
        row.first_at, row.last_at, row.last_day, row.last_calls, row.longest_gap, row.calls, fails,
        row.redirected_since,
    )  # fmt: skip
