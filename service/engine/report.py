"""The weekly digest: asked at every tick whether a week's is due for an audience and not recorded."""

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
    """What was recorded now. Empty: nothing was due, or all of it was recorded before."""

    queued: tuple[Digest, ...] = ()
    """Digests that wait to be delivered."""
    silent: tuple[Digest, ...] = ()
    """Digests with nothing to say."""


async def report(database: Database, world: World, *, now: datetime) -> Reported:
    """A week's digests are due on the Monday after it at 9:00 UTC. Missed, they go out late once, or not at all if the
    next are less than 48 hours away. A week before anything was known has none."""
    week = due_week(now)
    return Reported() if week is None else await record_week(database, world, week, now=now)


async def record_week(database: Database, world: World, week: Week, *, now: datetime) -> Reported:
    """Record the week's digests that are not recorded yet, and queue those with news, in one transaction."""
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
    """The digests with news, the organisation's first, with nothing recorded."""
    async with database.connect() as connection:
        world = await with_owners(connection, world, now=week.end)
        draft = await _draft(connection, world, week)
        audiences = _destinations_of(draft, world)
        digests = [await _digest(connection, draft, audience, world) for audience in audiences]
    return [digest for digest in digests if has_news(digest)]


async def _draft(connection: Transaction, world: World, week: Week) -> Draft:
    draft = Draft(await load_picture(connection, week, topics=world.topics), world.owners.owner_of)
    async for some in stream_exposures_as_of(connection, world.catalog, now=week.last_moment):
        for exposure in some:
            draft.add(exposure)
    return draft


async def _digest(connection: Transaction, draft: Draft, audience: str, world: World) -> Digest:
    digest = draft.digest(audience)
    found = await CandidateBook(world.owners).look(connection, digest.unowned)
    return structs.replace(digest, candidates={service: tuple(map(str, some)) for service, some in found.items()})


def _destinations_of(draft: Draft, world: World) -> Mapping[str, Destination | None]:
    """Of the teams that are named, and of those that a directory gives a service of the draft to."""
    calling = (world.owners.owner_of(service) for service in sorted(draft.services))
    return _destinations(world, (*world.owners.named(), *calling))


def _destinations(world: World, owners: Iterable[Owner]) -> Mapping[str, Destination | None]:
    """By audience: the organisation, then each team. None: no channel, so only the organisation's tells of it."""
    found: dict[str, Destination | None] = {ORGANISATION: Destination(world.company.fallback_channel, "organisation")}
    for owner in owners:
        if owner.team is not None and found.get(owner.team) is None:
            found[owner.team] = Destination(owner.channel, "team") if owner.channel else None
    return found
