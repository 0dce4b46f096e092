"""All models that one service calls."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series
from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.paging import AnswerModel
from service.adapters.queries.unknown import UnknownId, read_unknown_ids
from service.adapters.queries.uses import ModelUse, read_uses
from service.config.world import World

MAX_NAMES = 20_000
"""Maximum number of names compared with a misspelled one."""


class ServiceAnswer(AnswerModel):
    """All models that one service calls."""

    service: str
    team: str | None
    channel: str | None = None
    people: list[str] = Field(default_factory=list)
    rule: str = Field(default="", description="The rule in lastcall.yaml that determined the owner.")
    exposures: list[ExposureAnswer]
    models: list[ModelUse] = Field(description="Models of the last 28 days, deprecated or not, most calls first.")
    unknown_ids: list[UnknownId]


async def read_service(
    connection: AsyncConnection, name: str, world: World, exposures: Sequence[ExposureAnswer], *, now: datetime
) -> ServiceAnswer | None:
    """`exposures`: those of the service. None: no log contains the service."""
    if await connection.scalar(select(1).where(series.c.service == name).limit(1)) is None:
        return None
    owner = world.owners.owner_of(name)
    return ServiceAnswer(
        service=name,
        team=owner.team,
        channel=owner.channel,
        people=list(owner.people),
        rule=owner.rule,
        exposures=list(exposures),
        models=list((await read_uses(connection, world.catalog, now=now, service=name)).some),
        unknown_ids=await read_unknown_ids(connection, now=now, service=name),
    )


async def read_service_names(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(select(series.c.service).distinct().order_by(series.c.service).limit(MAX_NAMES))
    return list(rows.scalars())
