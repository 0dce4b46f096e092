"""Stores conditions. The operator is notified once; doctor, /readyz and the page show open ones."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import ColumnElement, Text, any_, bindparam, case, null, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import conditions, heartbeats
from service.core.condition import Condition, OpenCondition, read_condition


async def raise_condition(connection: AsyncConnection, condition: Condition, *, since: datetime) -> None:
    """Open the condition, or update its facts. An open one keeps its `since` and is not sent again; a closed one starts
    again."""
    c = conditions.c
    facts = msgspec.to_builtins(condition)
    row = insert(conditions).values(kind=condition.kind, subject=condition.subject, since=since, facts=facts)
    closed = c.cleared_at.is_not(None)
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=[c.kind, c.subject],
            set_={
                "since": case((closed, row.excluded.since), else_=c.since),
                "told_at": case((closed, null()), else_=c.told_at),
                "cleared_at": None,
                "facts": row.excluded.facts,
            },
            where=or_(closed, c.facts != row.excluded.facts),
        )
    )


async def clear_condition(connection: AsyncConnection, kind: str, subject: str, *, now: datetime) -> None:
    await clear_conditions(connection, kind, [subject], now=now)


async def clear_conditions(connection: AsyncConnection, kind: str, subjects: Iterable[str], *, now: datetime) -> None:
    c = conditions.c
    named = bindparam("subjects", list(subjects), type_=ARRAY(Text()))
    over = (c.kind == kind, c.subject == any_(named), c.cleared_at.is_(None))
    await connection.execute(update(conditions).where(*over).values(cleared_at=now))


async def clear_conditions_except(
    connection: AsyncConnection, kind: str, subjects: Iterable[str], *, now: datetime
) -> None:
    """Close all other conditions of this kind."""
    c = conditions.c
    over = (c.kind == kind, c.subject.not_in(list(subjects)), c.cleared_at.is_(None))
    await connection.execute(update(conditions).where(*over).values(cleared_at=now))


async def clear_conditions_before(connection: AsyncConnection, kind: str, since: datetime, *, now: datetime) -> None:
    """Close conditions of this kind that are older than the given time."""
    c = conditions.c
    over = (c.kind == kind, c.since < since, c.cleared_at.is_(None))
    await connection.execute(update(conditions).where(*over).values(cleared_at=now))


async def open_conditions(connection: AsyncConnection, *which: ColumnElement[bool]) -> Sequence[OpenCondition]:
    """Those that meet all of `which`, oldest first."""
    rows = await connection.execute(
        select(conditions).where(conditions.c.cleared_at.is_(None), *which).order_by(conditions.c.since)
    )
    return [OpenCondition(read_condition(r.kind, r.subject, r.facts), r.since) for r in rows]


async def record_heartbeats(
    database: Database, seconds: Mapping[str, float], *, now: datetime, company: str | None = None
) -> None:
    """Record the duration of each verb in the tick as of `now`, and its lastcall.yaml, for health and doctor."""
    row = insert(heartbeats)
    row = row.on_conflict_do_update(
        index_elements=[heartbeats.c.verb],
        set_={name: row.excluded[name] for name in ("now", "finished_at", "took_ms", "company")},
    )
    values = [
        {"verb": verb, "now": now, "finished_at": datetime.now(UTC), "took_ms": took * 1000, "company": company}
        for verb, took in sorted(seconds.items())
    ]
    if values:
        async with database.begin() as connection:
            await connection.execute(row, values)


async def last_tick(connection: AsyncConnection, verb: str) -> datetime | None:
    """Time of the verb's last tick. None: never."""
    now: datetime | None = await connection.scalar(select(heartbeats.c.now).where(heartbeats.c.verb == verb))
    return now
