"""The current World: the loaded data, with the catalog in force, and the current owners from people and directories."""

import asyncio
from dataclasses import replace
from datetime import datetime

from service.adapters.catalog.files import LoadedCatalog, load_catalog, load_files, load_judged
from service.adapters.postgres.catalog_store import Said, load_evidence, read_said
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.directory_store import (
    Named,
    StoredAnswer,
    load_answers,
    load_assignments,
    read_times_said,
)
from service.adapters.prices import GenaiPrices
from service.config.company import Company
from service.config.directories import Directories
from service.config.world import World
from service.core.catalog.judgement import Evidence, judge
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
        """As of the last `look`: its owners and its catalog may be outdated."""
        self._judging = asyncio.Lock()

    async def follow(self, database: Database) -> None:
        """Put the catalog in force in place, if it is another one since the last call. One small query if it is not.

        While another call judges the catalog, the one before stays in use.
        """
        if self._judging.locked() and self.latest.catalog_said is not None:
            return
        async with self._judging:
            before = self.latest
            after = await with_catalog(database, before)
            if self.latest is before:  # not replaced while the database answered
                self.latest = after

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
    await worlds.follow(database)
    async with database.connect() as connection:
        return await worlds.look(connection, now=now)


async def with_catalog(database: Database, world: World) -> World:
    """`world` itself if nobody has said anything new about the catalog, else a copy with the catalog in force."""
    async with database.connect() as connection:
        said = await read_said(connection)
    if said == world.catalog_said:
        return world
    if world.catalog_said is None and not any(said):
        return replace(world, catalog_said=said)
    said, evidence = await load_evidence(database, world.company.catalog.names)
    evidence = replace(evidence, records=world.company.catalog.records)
    loaded = await asyncio.to_thread(judged_catalog, evidence, said)
    if loaded.catalog.digest == world.catalog.digest:
        return replace(world, catalog_said=said)
    prices = GenaiPrices(loaded.catalog, loaded.resolver)
    return replace(world, catalog=loaded.catalog, resolver=loaded.resolver, prices=prices, catalog_said=said)


def judged_catalog(evidence: Evidence, said: Said = (0, 0, 0)) -> LoadedCatalog:
    """The shipped catalog itself if there is no evidence. Otherwise it may take seconds."""
    if not evidence:
        return load_catalog()
    changes, _, decisions = said
    return load_judged(judge(load_files(), evidence).files, (changes, decisions))


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
