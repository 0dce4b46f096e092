"""Removes a person's name from all rows, in the caller's transaction. The rows stay."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Column, ColumnElement, Table, Text, bindparam, cast, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import (
    acts,
    assignments,
    campaigns,
    cards,
    catalog_decisions,
    checklist,
    conditions,
    digests,
    directory_answers,
    exposures,
    key_owners,
    messages,
    notifications,
)
from service.core.author import erased

_n = notifications.c
_SETTLED = _n.state.in_(("delivered", "failed"))


class _Place(NamedTuple):
    table: Table
    columns: tuple[str, ...]
    where: tuple[ColumnElement[bool], ...] = ()


_PLACES = (
    _Place(acts, ("author", "details")),
    _Place(assignments, ("author", "owner")),
    _Place(catalog_decisions, ("author", "reason")),
    _Place(checklist, ("author",)),
    _Place(campaigns, ("owner", "acknowledged", "hold", "promise", "kept_open")),
    _Place(notifications, ("facts", "outcome")),
    _Place(notifications, ("destination", "dedup_key"), (_SETTLED,)),
    _Place(messages, ("destination", "text", "blocks", "replies")),
    _Place(digests, ("picture", "audience")),
    _Place(exposures, ("team",)),
    _Place(directory_answers, ("answer",)),
    _Place(conditions, ("facts",)),
)


async def lock_out_writers(connection: AsyncConnection) -> None:
    """Nobody else writes to a table that may hold a name until the transaction ends, so none is written after the
    search. One exception: a message that was being made at that moment.

    Raises DatabaseTrouble (`waited_in_vain`) if somebody writes now. It never waits, so it is in no deadlock.
    """
    tables = {place.table.name for place in _PLACES} | {key_owners.name, cards.name}
    await connection.execute(text(f"LOCK TABLE {', '.join(sorted(tables))} IN SHARE ROW EXCLUSIVE MODE NOWAIT"))


async def erase_name(connection: AsyncConnection, person: str) -> Mapping[str, int]:
    """Number of changed or deleted rows by table, without zeros.

    Unsent notifications to the person keep the address until they are sent. Key owners with the name are deleted, and
    so are closed conditions about the address.
    """
    gone = {
        "key_owners": await _forget(connection, key_owners.c.name, person),
        "cards": await _forget(connection, cards.c.destination, person),
        "conditions": await _forget(connection, conditions.c.subject, person, conditions.c.cleared_at.is_not(None)),
    }
    counts: dict[str, int] = {}
    for place in _PLACES:
        if rows := await _changed(connection, place, person):
            key = [c == bindparam(f"key_{c.name}") for c in place.table.primary_key]
            new = {name: bindparam(f"new_{name}", type_=place.table.c[name].type) for name in place.columns}
            await connection.execute(update(place.table).where(*key).values(new), rows)
            counts[place.table.name] = max(len(rows), counts.get(place.table.name, 0))
    for table in (assignments, directory_answers):
        if table.name in counts:  # so that caches of owners are reloaded
            await connection.execute(update(table).values(times_said=table.c.times_said + 1))
    return Counter(counts) + Counter(gone)


async def _forget(connection: AsyncConnection, column: Column[str], person: str, *where: ColumnElement[bool]) -> int:
    """Delete the rows whose column names the person."""
    held = await connection.scalars(select(column).where(_holds(column, person), *where).distinct())
    names = [one for one in held if erased(one, person) != one]
    if not names:
        return 0
    return (await connection.execute(delete(column.table).where(column.in_(names), *where))).rowcount


def _holds(column: ColumnElement[Any], person: str) -> ColumnElement[bool]:
    """May also match too much: some collations lower ASCII only, so the name is also searched as typed."""
    words = cast(column, Text)
    return or_(func.strpos(func.lower(words), person.lower()) > 0, func.strpos(words, person) > 0)


async def _changed(connection: AsyncConnection, place: _Place, person: str) -> list[dict[str, Any]]:
    """The rows with the name removed: key columns, and columns that may contain the name."""
    columns = [place.table.c[name] for name in place.columns]
    holds = or_(*(_holds(column, person) for column in columns))
    found = await connection.execute(select(place.table).where(holds, *place.where).with_for_update())
    rows = []
    for row in found.mappings():
        new = {name: erased(row[name], person) for name in place.columns}
        if any(new[name] != row[name] for name in place.columns):
            if "dedup_key" in new:  # must stay unique
                new["dedup_key"] = f"{new['dedup_key']}/{row['id']}"
            if "audience" in new and new["audience"] != row["audience"]:  # so must this: it is in the key of a digest
                new["audience"] = f"{new['audience']}/{uuid4().hex[:8]}"
            key = {f"key_{c.name}": row[c.name] for c in place.table.primary_key}
            rows.append(key | {f"new_{name}": value for name, value in new.items()})
    return rows
