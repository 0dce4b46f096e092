"""The current World: the loaded data, with the current owners from people and directories."""

from dataclasses import replace
from datetime import datetime

from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.directory_store import (
    Named,
    StoredAnswer,
    load_answers,
    load_assignments,
    read_times_said,
)
from service.config.company import Company
from service.config.directories import Directories
from service.config.world import World
from service.core.directory.answer import owner_from_json
from service.core.directory.codeowners import DEFAULT_PATHS, CodeOwners
from service.core.directory.owners import Assignment, Owners, Source
from service.core.directory.stored import catalog_from_answers, rules_from_answers

INSTEAD_OF = "instead_of"
"""Key of a stored assignment: the team in lastcall.yaml at that time."""


class Worlds:
    """The World of a process or of one tick."""

    def __init__(self, world: World) -> None:
        self.latest = world
        """As of the last `look`: only its owners may be outdated."""

    async def look(self, connection: Transaction, *, now: datetime) -> World:
        """Exact: with a key of the agenda locked, it includes every change that made the key due. Reads the owners only
        if somebody has changed them since the last call."""
        before = self.latest
        world = await with_owners(connection, before, now=now)
        if self.latest is before:  # not replaced while the database answered
            self.latest = world
        return world

    def replace(self, world: World) -> None:
        """Takes effect at the next `look`."""
        self.latest = world


async def look_up(database: Database, worlds: Worlds, *, now: datetime) -> World:
    """Call it once per tick or request."""
    async with database.connect() as connection:
        return await worlds.look(connection, now=now)


async def with_owners(connection: Transaction, world: World, *, now: datetime) -> World:
    """`world` itself if no owner has changed, else a copy with the current owners."""
    said = await read_times_said(connection)
    owners = world.owners if said == world.times_said else await _load_owners(connection, world.company)
    at_now = owners.at(now)
    return world if at_now is world.owners else replace(world, owners=at_now, times_said=said)


async def _load_owners(connection: Transaction, company: Company) -> Owners:
    """Uses only directories that lastcall.yaml names."""
    named = await load_assignments(connection)
    asked = company.directories.of_owners
    stored = await load_answers(connection, asked) if asked else []
    backstage = {one.key: one.answer for one in stored if one.directory == "backstage"}
    codeowners = {one.key: one.answer for one in stored if one.directory == "codeowners"}
    listed, groups = catalog_from_answers(backstage, company.calendar)
    said = {
        one.service: Assignment(owner, one.author, one.at, one.owner.get(INSTEAD_OF))
        for one in named
        if (owner := owner_from_json(one.owner, _rule(one), company.calendar))
    }
    return Owners(
        company.owners,
        said,
        listed,
        groups,
        CodeOwners(rules_from_answers(codeowners), _paths(company.directories)),
        company.calendar,
        _as_of(stored),
    )


def _rule(named: Named) -> str:
    return f"what {' '.join(named.author.split())} said on {named.at:%Y-%m-%d}"


def _paths(directories: Directories) -> tuple[str, ...]:
    return directories.codeowners.paths if directories.codeowners else DEFAULT_PATHS


def _as_of(stored: list[StoredAnswer]) -> dict[Source, datetime]:
    sources: tuple[Source, ...] = ("backstage", "codeowners")
    oldest = {source: [one.fetched_at for one in stored if one.directory == source] for source in sources}
    return {source: min(times) for source, times in oldest.items() if times}
