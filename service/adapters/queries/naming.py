"""The exposures of a service, under all names that people use for them."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series, usage_daily
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey
from service.core.naming import ExposureNames


async def read_candidates(
    connection: AsyncConnection, catalog: Catalog, service: str, *, now: datetime
) -> list[ExposureNames]:
    """The service's uses, with calls by `now`, of models whose deprecation was public by `now`."""
    u, s = usage_daily.c, series.c
    own = and_(
        s.service == u.service,
        s.environment == u.environment,
        s.platform == u.platform,
        or_(s.requested_model == u.model, s.served_model == u.model),
    )
    spelled = func.array_agg(s.requested_id.distinct()).filter(s.requested_id.is_not(None)).label("spelled")
    rows = await connection.execute(
        select(u.environment, u.platform, u.model, spelled)
        .join_from(usage_daily, series, own, isouter=True)
        .where(u.service == service, u.first_at <= now)
        .group_by(u.environment, u.platform, u.model)
    )
    found = []
    for row in rows:
        record = catalog.get(row.platform, row.model)
        if record is not None and record.known_on(now.date()):
            key = ExposureKey(service, row.environment, row.platform, row.model)
            ids = frozenset({record.model, record.id, *record.aliases})
            found.append(ExposureNames(key, ids, frozenset(row.spelled or ())))
    return found
