"""which: finds the exposure that a person means, for all acts."""

from datetime import datetime

from service.adapters.postgres.database import Database
from service.adapters.queries.naming import read_candidates
from service.adapters.queries.services import read_service_names
from service.config.world import World
from service.core.exposure import ExposureKey
from service.core.naming import Ambiguous, Missing, meant, no_such_service


async def which(
    database: Database,
    world: World,
    service: str,
    *,
    model: str | None = None,
    environment: str | None = None,
    platform: str | None = None,
    now: datetime,
) -> ExposureKey | Ambiguous | Missing:
    """`model` is canonical or as in requests. A missing argument matches everything: for a service with one exposure,
    its name is enough. If not exactly one matches, returns the candidates."""
    async with database.connect() as connection:
        candidates = await read_candidates(connection, world.catalog, service, now=now)
        if not candidates:
            return no_such_service(service, await read_service_names(connection))
    return meant(candidates, model=model, environment=environment, platform=platform)
