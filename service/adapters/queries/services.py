"""All models that one service calls."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series
from service.adapters.queries.answers import ExposureAnswer, ServiceAnswer
from service.adapters.queries.exposures import Owners
from service.adapters.queries.unknown import read_unknown_ids
from service.adapters.queries.uses import read_uses
from service.core.catalog.lifecycle import Catalog

MAX_NAMES = 20_000
"""Maximum number of names compared with a misspelled one."""


async def read_service(
    connection: AsyncConnection,
    name: str,
    catalog: Catalog,
    owners: Owners,
    exposures: Sequence[ExposureAnswer],
    *,
    now: datetime,
) -> ServiceAnswer | None:
    """`exposures`: those of the service. None: no log contains the service."""
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
        models=list((await read_uses(connection, catalog, now=now, service=name)).some),
        unknown_ids=await read_unknown_ids(connection, now=now, service=name),
    )


async def read_service_names(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(select(series.c.service).distinct().order_by(series.c.service).limit(MAX_NAMES))
    return list(rows.scalars())


async def _exists(connection: AsyncConnection, name: str) -> bool:
    row = await connection.execute(select(1).where(series.c.service == name).limit(1))
    return row.first() is not None
