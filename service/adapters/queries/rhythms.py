"""At which hours of the week services call a model."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.postgres.usage_keys import KEY, key_rows
from service.core.exposure import ExposureKey
from service.core.rehearsal import WEEKS, Rhythm


async def read_rhythms(
    connection: AsyncConnection, keys: Collection[ExposureKey], *, now: datetime
) -> dict[ExposureKey, Rhythm]:
    """Of the four weeks before this hour. Calls are the largest reporter's, hour by hour, as everywhere. `keys` without
    a call have a rhythm too."""
    until = now.replace(minute=0, second=0, microsecond=0)
    v, s, u = key_rows(keys), series.c, usage_hourly.c
    key = [v.c[name] for name in KEY]
    by_reporter = (
        select(*key, u.hour, func.sum(u.calls).label("calls"))
        .join_from(v, series, or_(s.requested_model == v.c.model, s.served_model == v.c.model))
        .join(usage_hourly, u.series_id == s.id)
        .where(*(s[name] == v.c[name] for name in KEY[:3]))
        .where(u.hour >= until - timedelta(weeks=WEEKS), u.hour < until)
        .group_by(*key, u.hour, s.reporter)
        .subquery()
    )
    r = by_reporter.c
    names = [r[name] for name in KEY]
    by_hour = select(*names, r.hour, func.max(r.calls).label("calls")).group_by(*names, r.hour).subquery()
    h = by_hour.c
    in_utc = func.timezone("UTC", h.hour)
    weekday = cast(func.extract("isodow", in_utc), Integer).label("weekday")
    hour = cast(func.extract("hour", in_utc), Integer).label("hour_of_day")
    grouped = (*(h[name] for name in KEY), weekday, hour)
    rows = await connection.execute(select(*grouped, func.sum(h.calls).label("calls")).group_by(*grouped))
    found: defaultdict[ExposureKey, dict[tuple[int, int], int]] = defaultdict(dict)
    for row in rows:
        found[ExposureKey(*row[:4])][row.weekday - 1, row.hour_of_day] = int(row.calls)
    return {one: Rhythm(found[one]) for one in keys}
