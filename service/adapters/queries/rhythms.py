"""Hours of the week in which services call a model."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_hourly
from service.adapters.postgres.usage_keys import KEY, key_rows
from service.adapters.postgres.volumes import by_reporter, ranked, volume
from service.core.exposure import ExposureKey
from service.core.rehearsal import WEEKS, Rhythm


async def read_rhythms(
    connection: AsyncConnection, keys: Collection[ExposureKey], *, now: datetime
) -> dict[ExposureKey, Rhythm]:
    """Rhythms over the four weeks before this hour; each of `keys` has one, even without calls."""
    until = now.replace(minute=0, second=0, microsecond=0)
    v, s, u = key_rows(keys), series.c, usage_hourly.c
    key = [v.c[name] for name in KEY]
    reported = (
        by_reporter(key)
        .select_from(v)
        .join(series, or_(s.requested_model == v.c.model, s.served_model == v.c.model))
        .join(usage_hourly, u.series_id == s.id)
        .where(*(s[name] == v.c[name] for name in KEY[:3]))
        .where(u.hour >= until - timedelta(weeks=WEEKS), u.hour < until)
    )
    of_use = ranked(reported.subquery(), KEY)
    in_utc = func.timezone("UTC", of_use.c.hour)
    weekday = cast(func.extract("isodow", in_utc), Integer).label("weekday")
    hour = cast(func.extract("hour", in_utc), Integer).label("hour_of_day")
    grouped = (*(of_use.c[name] for name in KEY), weekday, hour)
    rows = await connection.execute(select(*grouped, volume(of_use).label("calls")).group_by(*grouped))
    found: defaultdict[ExposureKey, dict[tuple[int, int], int]] = defaultdict(dict)
    for row in rows:
        found[ExposureKey(*row[:4])][row.weekday - 1, row.hour_of_day] = int(row.calls)
    return {one: Rhythm(found[one]) for one in keys}
