"""sync: ask the catalog's sources, and store what they say. What takes effect is judged where a World is looked up."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import structlog

from service.adapters.catalog.files import load_files
from service.adapters.postgres.catalog_store import (
    HeldReading,
    StoredSource,
    claim_source,
    installed_at,
    load_sources,
    load_statements,
    lock_source,
    read_verdict,
    save_changes,
    save_failure,
    save_good_reading,
    save_held,
)
from service.adapters.postgres.conditions import clear_condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.sources.source import CatalogSource, Failed, Read, Unchanged, Version
from service.config.world import World
from service.core.catalog.finding import Reading
from service.core.catalog.judgement import known_ends
from service.core.catalog.proposal import Proposal
from service.core.catalog.rhythm import AFTER_ERROR, STALE_AFTER, latest_slot
from service.core.catalog.statement import Changes, Name, Statement, compare
from service.core.catalog.suspicion import Suspicion, suspicions
from service.core.condition_catalog import CatalogHeld, CatalogStale

HELD = "catalog_held"
STALE = "catalog_stale"
NOT_ASKED = "`lastcall doctor` shows whether a scheduler runs; `lastcall catalog sync` asks the source now"
UNDECIDED = "decide on the reading that is held back: `lastcall catalog proposals`"
log = structlog.get_logger(__name__)

SourcesFor = Callable[[World], Mapping[str, CatalogSource | Failed]]
"""The configured sources by name. Failed: it cannot be asked, for example without its credential."""


def no_sources(_world: World) -> Mapping[str, CatalogSource | Failed]:
    return {}


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of asking one source."""

    source: str
    outcome: str
    """changed, unchanged, held, failed"""
    new: int = 0
    """Statements that are new or different."""
    dropped: int = 0
    held: tuple[Suspicion, ...] = ()
    error: str | None = None
    remedy: str | None = None


async def sync(
    database: Database, world: World, sources: Mapping[str, CatalogSource | Failed], *, now: datetime
) -> list[Synced]:
    """Ask the sources that are due. Any number of processes may run this at the same time: only one asks each."""
    synced: list[Synced] = []
    for name, source in sources.items():
        async with database.begin() as connection:
            slot = latest_slot(name, await installed_at(connection), now)
            before = await claim_source(connection, name, slot=slot, after_error=AFTER_ERROR, now=now)
        if before is not None:
            synced += await _ask(database, source, before, now=now)
    await note_stale(database, world.company.catalog.names, now=now)
    return synced


async def sync_now(
    database: Database, world: World, name: str, source: CatalogSource | Failed, *, now: datetime
) -> Synced | None:
    """Ask one source, due or not. None: another process has asked it in the meantime."""
    async with database.begin() as connection:
        before = await claim_source(connection, name, slot=now, after_error=AFTER_ERROR, now=now)
    asked = await _ask(database, source, before, now=now) if before is not None else []
    await note_stale(database, world.company.catalog.names, now=now)
    return asked[0] if asked else None


async def preview(
    database: Database, name: str, source: CatalogSource | Failed, *, now: datetime
) -> tuple[Synced, Changes]:
    """What `sync_now` would store, without storing it. Asks for the whole document, changed or not."""
    if isinstance(source, Failed):
        return Synced(name, "failed", error=source.reason, remedy=source.remedy), Changes((), ())
    answer = await source.read(None, now)
    if not isinstance(answer, Read):
        failed = answer if isinstance(answer, Failed) else Failed("unreadable_answer", NOT_ASKED)
        return Synced(name, "failed", error=failed.reason, remedy=failed.remedy), Changes((), ())
    async with database.connect() as connection:
        current = await _statements(connection, name)
    reading = replace(answer.reading, source=name)
    changes, held = _compared(reading, current, now)
    return _synced(name, changes, held), changes


async def _ask(
    database: Database, source: CatalogSource | Failed, before: StoredSource, *, now: datetime
) -> list[Synced]:
    """Empty if another process has asked in the meantime: its answer is newer."""
    name = before.source
    known = msgspec.convert(before.newest_version, Version) if before.newest_version is not None else None
    answer = source if isinstance(source, Failed) else await source.read(known, now)
    async with database.begin() as connection:
        if not await lock_source(connection, name, now=now):
            return []
        match answer:
            case Failed():
                await save_failure(
                    connection, name, error=answer.reason, remedy=answer.remedy, is_refusal=answer.is_refusal
                )
                log.warning("catalog_source_failed", source=name, reason=answer.reason)
                return [Synced(name, "failed", error=answer.reason, remedy=answer.remedy)]
            case Unchanged():
                if before.held is None:
                    version = before.version
                    await save_good_reading(connection, before, version=version, is_change=False, now=now)
                else:
                    await save_held(connection, name, before.held)
                return [Synced(name, "unchanged" if before.held is None else "held")]
            case Read():
                reading = replace(answer.reading, source=name)
                return [await _take(connection, before, reading, answer.version, now=now)]


async def _take(
    connection: Transaction, before: StoredSource, reading: Reading, version: Version, *, now: datetime
) -> Synced:
    current = await _statements(connection, reading.source)
    changes, why = _compared(reading, current, now)
    if why:
        held = HeldReading(
            reading=reading, version=msgspec.to_builtins(version), digest=version.digest, suspicions=why, held_at=now
        )
        await save_held(connection, reading.source, held)
        proposal = proposal_of_held(held)
        if await read_verdict(connection, proposal.id) is None:
            told = CatalogHeld(source=reading.source, proposal=proposal.id, suspicions=why)
            await raise_condition(connection, told, since=now)
    else:
        await apply(connection, before, changes, version=msgspec.to_builtins(version), now=now)
    synced = _synced(reading.source, changes, why)
    if synced.outcome != "unchanged":
        log.info(
            "catalog_source_read", source=synced.source, outcome=synced.outcome, new=synced.new, dropped=synced.dropped
        )
    return synced


async def apply(
    connection: Transaction, before: StoredSource, changes: Changes, *, version: object, now: datetime
) -> None:
    """Put a reading in force: each process takes it into account at its next look."""
    await save_changes(connection, before.source, changes, now=now)
    await save_good_reading(connection, before, version=version, is_change=not changes.are_none, now=now)
    await clear_condition(connection, HELD, before.source, now=now)


def proposal_of_held(held: HeldReading) -> Proposal:
    return Proposal(
        kind="held_reading",
        source=held.reading.source,
        standing=held.reading.standing,
        url=held.reading.url,
        since=held.held_at.date(),
        digest=held.digest,
        suspicions=held.suspicions,
    )


async def _statements(connection: Transaction, source: str) -> dict[Name, Statement]:
    return {one.name: one for one in await load_statements(connection, [source])}


def _compared(
    reading: Reading, current: Mapping[Name, Statement], now: datetime
) -> tuple[Changes, tuple[Suspicion, ...]]:
    changes = compare(reading, current, on=now.date())
    if reading.proposes or changes.are_none:
        return changes, ()
    return changes, suspicions(reading, changes, current, known_ends(load_files()), on=now.date())


def _synced(source: str, changes: Changes, held: tuple[Suspicion, ...]) -> Synced:
    outcome = "held" if held else "unchanged" if changes.are_none else "changed"
    return Synced(source, outcome, len(changes.said), len(changes.dropped), held)


async def note_stale(database: Database, names: Collection[str], *, now: datetime) -> None:
    """Raise a condition for each configured source without a good reading for days, and close the others'."""
    async with database.begin() as connection:
        stored = {one.source: one for one in await load_sources(connection)}
        stale: list[str] = []
        for name in names:
            one = stored.get(name)
            if one is not None and (one.is_refusal or _is_old(one, now)):
                stale.append(name)
                advice = one.remedy or (UNDECIDED if one.held is not None else NOT_ASKED)
                told = CatalogStale(source=name, read_at=one.read_at, error=one.error, advice=advice)
                await raise_condition(connection, told, since=now)
        await clear_conditions_except(connection, STALE, stale, now=now)
        held = {name for name in names if (one := stored.get(name)) is not None and one.held is not None}
        await clear_conditions_except(connection, HELD, held, now=now)


def _is_old(one: StoredSource, now: datetime) -> bool:
    return one.error is not None if one.read_at is None else now - one.read_at > STALE_AFTER
