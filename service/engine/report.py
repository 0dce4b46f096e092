"""report: record and queue the weekly digests that are due. Runs at every tick."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import structs

from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.digest_store import anything_known, load_picture, record, recorded_audiences
from service.adapters.postgres.exposure_history import stream_exposures_as_of
from service.config.world import World
from service.core.digest import ORGANISATION, Draft, has_news
from service.core.notification import Digest
from service.core.ownership import Destination, Owner
from service.core.week import Week, due_week
from service.engine.candidates import CandidateBook
from service.engine.world import with_owners


@dataclass(frozen=True, slots=True)
class Reported:
    """The digests recorded now. Empty: none were due, or all were recorded before."""

    queued: tuple[Digest, ...] = ()
    """Digests to deliver."""
    silent: tuple[Digest, ...] = ()
    """Digests without contents."""


async def report(database: Database, world: World, *, now: datetime) -> Reported:
    """Digests of a week are due on the following Monday at 9:00 UTC. Missed ones are sent late once, or not at all if
    the next ones are due in less than 48 hours. A week without any data has none."""
    week = due_week(now)
    return Reported() if week is None else await record_week(database, world, week, now=now)


async def record_week(database: Database, world: World, week: Week, *, now: datetime) -> Reported:
    """Record the missing digests of the week, and queue those with contents, in one transaction."""
    queued: list[Digest] = []
    silent: list[Digest] = []
    async with database.begin() as connection:
        recorded = await recorded_audiences(connection, week)
        named = _destinations(world, world.owners.named())
        if not named.keys() - recorded or not await anything_known(connection, week.end):
            return Reported()
        draft = await _draft(connection, world, week)
        destinations = _destinations_of(draft, world)
        for audience in sorted(destinations.keys() - recorded):
            digest = await _digest(connection, draft, audience, world)
            destination = destinations[audience] if has_news(digest) else None
            if await record(connection, digest, destination, now=now):
                (queued if destination else silent).append(digest)
    return Reported(tuple(queued), tuple(silent))


async def preview_week(database: Database, world: World, week: Week) -> list[Digest]:
    """The digests with contents, the organisation's first. Records nothing."""
    async with database.connect() as connection:
        world = await with_owners(connection, world, now=week.end)
        draft = await _draft(connection, world, week)
        audiences = _destinations_of(draft, world)
        digests = [await _digest(connection, draft, audience, world) for audience in audiences]
    return [digest for digest in digests if has_news(digest)]


async def _draft(connection: Transaction, world: World, week: Week) -> Draft:
    draft = Draft(await load_picture(connection, week, topics=world.topics), world.owners.owner_of, world.catalog)
    async for some in stream_exposures_as_of(connection, world.catalog, now=week.last_moment):
        for exposure in some:
            draft.add(exposure)
    return draft


async def _digest(connection: Transaction, draft: Draft, audience: str, world: World) -> Digest:
    digest = draft.digest(audience)
    return structs.replace(digest, candidates=await CandidateBook(world.owners).look(connection, digest.unowned))


def _destinations_of(draft: Draft, world: World) -> Mapping[str, Destination | None]:
    """Destinations of named teams, and of teams to which a directory assigns a service of the draft."""
    calling = (world.owners.owner_of(service) for service in sorted(draft.services))
    return _destinations(world, (*world.owners.named(), *calling))


def _destinations(world: World, owners: Iterable[Owner]) -> Mapping[str, Destination | None]:
    """Destinations by audience: the organisation, then each team. None: the team has no channel, so only the
    organisation's digest covers it."""
    found: dict[str, Destination | None] = {ORGANISATION: Destination(world.company.fallback_channel, "organisation")}
    for owner in owners:
        if owner.team is not None and found.get(owner.team) is None:
            found[owner.team] = Destination(owner.channel, "team") if owner.channel else None
    return found
