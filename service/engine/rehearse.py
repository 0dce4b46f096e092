"""rehearse: what breaks on a day, and for whom, if nobody acts. Reads only."""

from asyncio import to_thread
from datetime import date, datetime

from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.rhythms import read_rhythms
from service.config.world import World
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.case import Case
from service.core.rehearsal import AtRisk, at_risk


async def rehearse(database: Database, world: World, *, on: date, now: datetime) -> tuple[AtRisk, ...]:
    """As of `now`; broken uses first, most calls first. While records wait to be read, silence does not mean
    migrated."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        exposures = await load_public_exposures(connection, _gone_by(world.catalog, on), now=now)
        rhythms = await read_rhythms(connection, [one.key for one in exposures], now=now)
    cases = [(Case(one, world.owners.owner_of(one.service), now, known), rhythms[one.key]) for one in exposures]
    return await to_thread(at_risk, cases, world.company.channels, on=on)  # keeps the event loop free


def _gone_by(catalog: Catalog, on: date) -> Catalog:
    """Restricts the query to affected models."""
    gone = (one for one in catalog if one.shutdown.deadline and one.shutdown.deadline <= on)
    return Catalog(gone, digest=catalog.digest)
