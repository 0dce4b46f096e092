"""Stores what the catalog's sources say, and people's decisions on proposals."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Text, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import catalog_decisions, catalog_loads, catalog_sources, catalog_statements
from service.adapters.postgres.unnest import chunked, insert_rows, unnested
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.judgement import Evidence
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.proposal import Decision, Proposal, Verdict
from service.core.catalog.statement import Changes, Statement
from service.core.catalog.suspicion import Suspicion

Said = tuple[int, int, int]
"""Numbers of changes of statements, of days with a good reading, and of decisions."""


class HeldReading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading that waits for a person."""

    reading: Reading
    version: Any
    digest: str
    suspicions: tuple[Suspicion, ...]
    held_at: datetime


@dataclass(frozen=True, slots=True)
class StoredSource:
    source: str
    tried_at: datetime
    read_at: datetime | None
    """Last good reading that was not held."""
    error: str | None
    remedy: str | None
    is_refusal: bool
    """The failure persists until a person acts."""
    version: Any
    """Of the last good reading, as the adapter describes it."""
    held: HeldReading | None

    @property
    def newest_version(self) -> Any:
        return self.held.version if self.held is not None else self.version


async def read_said(connection: AsyncConnection) -> Said:
    """Changes with everything that the catalog in force depends on, whatever the order of commits."""
    s = catalog_sources.c
    counts = select(
        func.coalesce(func.sum(s.times_said), 0),
        func.coalesce(func.sum(s.times_read), 0),
        select(func.count()).select_from(catalog_decisions).scalar_subquery(),
    )
    said, read, decided = (await connection.execute(counts)).one()
    return int(said), int(read), int(decided)


async def load_evidence(database: Database, sources: Collection[str]) -> tuple[Said, Evidence]:
    """What these sources say, and all decisions, as of one moment."""
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        said = await read_said(connection)
        statements = await load_statements(connection, sources)
        read_on = {
            one.source: one.read_at.astimezone(UTC).date()
            for one in await load_sources(connection)
            if one.source in sources and one.read_at is not None
        }
        return said, Evidence(tuple(statements), read_on, tuple(await load_decisions(connection)))


# --- sources ---------------------------------------------------------------------------------------------------------


async def load_sources(connection: AsyncConnection) -> list[StoredSource]:
    """All that were ever asked, by name."""
    rows = await connection.execute(select(catalog_sources).order_by(catalog_sources.c.source))
    return [_source(row) for row in rows]


def _source(row: Row[Any]) -> StoredSource:
    held = msgspec.convert(row.held, HeldReading) if row.held is not None else None
    return StoredSource(row.source, row.tried_at, row.read_at, row.error, row.remedy, row.is_refusal, row.version, held)


async def claim_source(
    connection: AsyncConnection, source: str, *, slot: datetime, after_error: timedelta, now: datetime
) -> StoredSource | None:
    """The source as it was, if it was not tried since `slot`, or if it failed at least `after_error` ago. None: it is
    not due, or another process asks it now."""
    s = catalog_sources.c
    await connection.execute(upsert(catalog_sources).values(source=source, tried_at=_NEVER).on_conflict_do_nothing())
    row = (await connection.execute(select(catalog_sources).where(s.source == source).with_for_update())).one()
    if row.tried_at >= slot and (row.error is None or row.tried_at > now - after_error):
        return None
    await connection.execute(update(catalog_sources).where(s.source == source).values(tried_at=now))
    return _source(row)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


async def installed_at(connection: AsyncConnection) -> datetime:
    """When this database loaded its first catalog; 1970 before that."""
    return await connection.scalar(select(func.min(catalog_loads.c.loaded_at))) or _NEVER


async def lock_stored(connection: AsyncConnection, source: str) -> StoredSource | None:
    """Nobody else changes the source until the transaction ends. None: it was never asked."""
    locked = select(catalog_sources).where(catalog_sources.c.source == source).with_for_update()
    row = (await connection.execute(locked)).one_or_none()
    return _source(row) if row is not None else None


async def lock_source(connection: AsyncConnection, source: str, *, now: datetime) -> bool:
    """Whether the claim of `now` still holds; nobody else changes the source until the transaction ends."""
    s = catalog_sources.c
    tried_at = await connection.scalar(select(s.tried_at).where(s.source == source).with_for_update())
    return bool(tried_at == now)


_NO_FAILURE = {"error": None, "remedy": None, "is_refusal": False}


async def save_failure(connection: AsyncConnection, source: str, *, error: str, remedy: str, is_refusal: bool) -> None:
    """What the source said before stays."""
    await _update(connection, source, error=error, remedy=remedy, is_refusal=is_refusal)


async def save_held(connection: AsyncConnection, source: str, held: HeldReading | None) -> None:
    """None: no reading waits any more."""
    stored = msgspec.to_builtins(held) if held is not None else None
    await _update(connection, source, held=stored, **_NO_FAILURE)


async def save_good_reading(
    connection: AsyncConnection, before: StoredSource, *, version: Any, is_change: bool, now: datetime
) -> None:
    s = catalog_sources.c
    is_new_day = before.read_at is None or before.read_at.astimezone(UTC).date() != now.astimezone(UTC).date()
    await _update(
        connection,
        before.source,
        read_at=now,
        **_NO_FAILURE,
        version=version,
        held=None,
        times_said=s.times_said + int(is_change),
        times_read=s.times_read + int(is_new_day),
    )


async def _update(connection: AsyncConnection, source: str, **values: Any) -> None:
    await connection.execute(update(catalog_sources).where(catalog_sources.c.source == source).values(values))


# --- statements ------------------------------------------------------------------------------------------------------


async def load_statements(connection: AsyncConnection, sources: Collection[str]) -> list[Statement]:
    """Those in force, with the other ends that each source gave for the model before."""
    s = catalog_statements.c
    rows = (
        await connection.execute(
            select(catalog_statements).where(s.source.in_(sources)).order_by(s.source, s.platform, s.model_id, s.id)
        )
    ).all()
    earlier: dict[tuple[str, str, str], list[Shutdown]] = {}
    found: list[Statement] = []
    for row in rows:
        finding = msgspec.convert(row.finding, Finding)
        ends = earlier.setdefault((row.source, row.platform, row.model_id), [])
        if row.until is None:
            before = tuple(end for end in ends if end != finding.shutdown)
            since = row.since.astimezone(UTC).date()
            found.append(
                Statement(row.source, row.standing, finding, row.url, since, row.proposes, row.left_on, before)
            )
        elif finding.shutdown is not None and finding.shutdown.on is not None and finding.shutdown not in ends:
            ends.append(finding.shutdown)
    return found


async def save_changes(connection: AsyncConnection, source: str, changes: Changes, *, now: datetime) -> None:
    """Closes what is said no longer, and adds what is new."""
    s = catalog_statements.c
    for some in chunked([one.name for one in (*changes.said, *changes.dropped)]):
        v = unnested(("platform", Text(), [name[0] for name in some]), ("model_id", Text(), [name[1] for name in some]))
        is_over = (s.source == source, s.until.is_(None), s.platform == v.c.platform, s.model_id == v.c.model_id)
        await connection.execute(update(catalog_statements).where(*is_over).values(until=now))
    for new in chunked(changes.said):
        await connection.execute(insert_rows(catalog_statements, [_row(one, now) for one in new]))


def _row(said: Statement, now: datetime) -> dict[str, object]:
    return {
        "source": said.source,
        "platform": said.finding.platform,
        "model_id": said.finding.id,
        "since": now,
        "standing": said.standing,
        "url": said.url,
        "proposes": said.proposes,
        "left_on": said.left_on,
        "finding": msgspec.json.encode(said.finding).decode(),
    }


# --- decisions -------------------------------------------------------------------------------------------------------


async def load_decisions(connection: AsyncConnection) -> list[Decision]:
    """The newest one on each proposal, oldest first."""
    d = catalog_decisions.c
    newest = select(func.max(d.id)).group_by(d.proposal_id)
    rows = await connection.execute(select(catalog_decisions).where(d.id.in_(newest)).order_by(d.id))
    return [
        Decision(
            proposal=msgspec.convert(row.proposal, Proposal),
            verdict=row.verdict,
            author=row.author,
            reason=row.reason,
            on=row.at.astimezone(UTC).date(),
        )
        for row in rows
    ]


async def lock_decisions(connection: AsyncConnection) -> None:
    """Two people may decide on one proposal at once: the later one sees the decision of the other."""
    await connection.execute(text("LOCK TABLE catalog_decisions IN SHARE ROW EXCLUSIVE MODE"))


async def read_verdict(connection: AsyncConnection, proposal_id: str) -> Verdict | None:
    """The newest one. None: nobody has decided."""
    d = catalog_decisions.c
    newest = select(d.verdict).where(d.proposal_id == proposal_id).order_by(d.id.desc()).limit(1)
    verdict: Verdict | None = await connection.scalar(newest)
    return verdict


async def save_decision(
    connection: AsyncConnection, proposal: Proposal, verdict: Verdict, *, author: str, reason: str, at: datetime
) -> None:
    row: dict[str, Any] = {
        "proposal_id": proposal.id,
        "proposal": msgspec.to_builtins(proposal),
        "verdict": verdict,
        "author": author,
        "reason": reason,
        "at": at,
    }
    await connection.execute(insert(catalog_decisions).values(row))
