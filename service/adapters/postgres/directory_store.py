"""Stores the last valid answers of the directories, and the owners that people set."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import assignments, directory_answers

ITSELF = ""
"""Key of the row with the status of the directory."""


@dataclass(frozen=True, slots=True)
class DirectoryHealth:
    """Status of a directory."""

    directory: str
    fetched_at: datetime | None
    """Time of its last valid answer. None: there was none yet."""
    tried_at: datetime
    error: str | None
    """Reason why the last query failed."""
    answers: int


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A valid answer."""

    directory: str
    key: str
    answer: dict[str, Any]
    fetched_at: datetime


async def claim(
    connection: AsyncConnection, directory: str, *, every: timedelta, after_error: timedelta, now: datetime
) -> bool:
    """Whether the directory is due and no other process queries it now."""
    d = directory_answers.c
    due = or_(d.tried_at <= now - every, and_(d.error.is_not(None), d.tried_at <= now - after_error))
    row = insert(directory_answers).values(directory=directory, key=ITSELF, tried_at=now)
    claimed = row.on_conflict_do_update(index_elements=[d.directory, d.key], set_={"tried_at": now}, where=due)
    return (await connection.execute(claimed.returning(d.directory))).first() is not None


async def is_claimed(connection: AsyncConnection, directory: str, *, now: datetime) -> bool:
    """Whether the claim of `now` still holds: no other process has queried since, or can before the transaction
    ends."""
    d = directory_answers.c
    asked = select(d.tried_at).where(d.directory == directory, d.key == ITSELF).with_for_update()
    return await connection.scalar(asked) == now


async def replace_answers(
    connection: AsyncConnection, directory: str, answers: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> None:
    """Replace all answers of the directory."""
    d = directory_answers.c
    await connection.execute(delete(directory_answers).where(d.directory == directory, d.key != ITSELF))
    if answers:
        common = {"directory": directory, "fetched_at": now, "tried_at": now}
        rows = [common | {"key": key, "answer": dict(answer)} for key, answer in answers.items()]
        await connection.execute(insert(directory_answers), rows)


async def went_well(connection: AsyncConnection, directory: str, *, now: datetime) -> None:
    d = directory_answers.c
    fresh = {"tried_at": now, "fetched_at": now, "error": None, "times_said": d.times_said + 1}
    await connection.execute(update(directory_answers).where(d.directory == directory, d.key == ITSELF).values(fresh))


async def failed(connection: AsyncConnection, directory: str, error: str, *, now: datetime) -> datetime | None:
    """Record a failure; the answers stay. Returns the time of the last valid answer, or None."""
    d = directory_answers.c
    row = update(directory_answers).where(d.directory == directory, d.key == ITSELF)
    said = await connection.execute(row.values(tried_at=now, error=error).returning(d.fetched_at))
    fetched_at: datetime | None = said.scalar_one_or_none()
    return fetched_at


async def remember(
    connection: AsyncConnection, directory: str, key: str, answer: Mapping[str, Any], *, now: datetime
) -> None:
    """Store one valid answer."""
    values = {"answer": dict(answer), "fetched_at": now, "tried_at": now, "error": None}
    row = insert(directory_answers).values(directory=directory, key=key, **values)
    d = directory_answers.c
    await connection.execute(row.on_conflict_do_update(index_elements=[d.directory, d.key], set_=values))


async def last_good(connection: AsyncConnection, directory: str, key: str) -> StoredAnswer | None:
    d = directory_answers.c
    found = select(d.directory, d.key, d.answer, d.fetched_at).where(d.directory == directory, d.key == key)
    row = (await connection.execute(found.where(d.answer.is_not(None)))).first()
    return StoredAnswer(*row) if row else None


async def load_answers(connection: AsyncConnection, directories: Collection[str]) -> list[StoredAnswer]:
    """All stored answers of `directories`, ordered by name and key."""
    d = directory_answers.c
    good = select(d.directory, d.key, d.answer, d.fetched_at).where(d.directory.in_(directories), d.answer.is_not(None))
    return [StoredAnswer(*row) for row in await connection.execute(good.order_by(d.directory, d.key))]


async def read_times_said(connection: AsyncConnection) -> tuple[int, int]:
    """Numbers of statements by people and by directories about owners. Each row counts its own, so none is missed,
    whatever the order of commits and the writers' clocks."""
    by_people, by_directories = (await connection.execute(_times_said())).one()
    return int(by_people), int(by_directories)


@cache
def _times_said() -> Select[int, int]:
    d = directory_answers.c
    people = select(func.coalesce(func.sum(assignments.c.times_said), 0)).scalar_subquery()
    directories = select(func.coalesce(func.sum(d.times_said), 0)).where(d.key == ITSELF).scalar_subquery()
    return select(people, directories)


async def read_directory_health(database: Database) -> list[DirectoryHealth]:
    """Status of every directory that was ever queried."""
    d, other = directory_answers.c, directory_answers.alias("other")
    answers = (
        select(func.count())
        .where(other.c.directory == d.directory, other.c.answer.is_not(None))
        .correlate(directory_answers)
        .scalar_subquery()
    )
    itself = select(d.directory, d.fetched_at, d.tried_at, d.error, answers).where(d.key == ITSELF)
    async with database.connect() as connection:
        return [DirectoryHealth(*row) for row in await connection.execute(itself.order_by(d.directory))]


@dataclass(frozen=True, slots=True)
class Named:
    """An owner that a person set."""

    service: str
    owner: dict[str, Any]
    """In the form of an owner of lastcall.yaml."""
    author: str
    at: datetime


async def load_assignments(connection: AsyncConnection) -> list[Named]:
    a = assignments.c
    rows = await connection.execute(select(a.service, a.owner, a.author, a.at).order_by(a.service))
    return [Named(*row) for row in rows]


async def assign(
    connection: AsyncConnection, service: str, owner: Mapping[str, Any], *, author: str, at: datetime
) -> bool:
    """Set the owner, in the form of an owner of lastcall.yaml. Returns whether it is new; otherwise the stored author
    and time stay."""
    a = assignments.c
    values = {"owner": dict(owner), "author": author, "at": at}
    row = insert(assignments).values(service=service, **values)
    said = row.on_conflict_do_update(
        index_elements=[a.service],
        set_=values | {"times_said": a.times_said + 1},
        where=a.owner != row.excluded.owner,
    )
    return (await connection.execute(said.returning(a.service))).first() is not None


async def forget_assignments(connection: AsyncConnection, services: Collection[str]) -> None:
    """Clear these assignments. The rows stay, with their number of statements; the history of acts has the details."""
    if services:
        a = assignments.c
        forgotten = {"owner": {}, "times_said": a.times_said + 1}
        await connection.execute(update(assignments).where(a.service.in_(services)).values(forgotten))
