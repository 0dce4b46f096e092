"""Puts notifications into the outbox as the engine does, and reads back what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import insert, select, text

from service.adapters.postgres import tables
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import conditions, messages, notifications
from service.core.delivery import Transport
from service.core.notification import Facts
from service.core.ownership import Channels
from service.core.wording import to_slack
from service.core.wording.blocks import read_blocks
from service.engine.deliver import DeliveryReport, deliver

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
PAGE = "http://lastcall.test"
CHANNELS = Channels(fallback="#fallback", operator="#operator")


@dataclass(frozen=True)
class Company:
    channels: Channels = CHANNELS


async def send(
    database: Database, transport: Transport, *, minutes: float = 0, seconds: Callable[[], float] = lambda: 0
) -> DeliveryReport:
    """One tick of delivery, so long after noon. It takes no time unless `seconds` says so."""
    now = NOON + timedelta(minutes=minutes)
    return await deliver(database, {"slack": transport}, Company().channels, page=PAGE, now=now, seconds=seconds)


async def enqueue(database: Database, destination: str, *facts: Facts, not_before: datetime = NOON) -> list[UUID]:
    """One pending notification for each of `facts`. Returns their ids."""
    ids = [uuid4() for _ in facts]
    rows: Sequence[dict[str, Any]] = [
        {
            "id": id_,
            "dedup_key": str(id_),
            "kind": "notice",
            "audience": "owner",
            "destination": destination,
            "facts": msgspec.to_builtins(fact),
            "decided_at": NOON,
            "not_before": not_before,
        }
        for id_, fact in zip(ids, facts, strict=True)
    ]
    async with database.begin() as connection:
        await connection.execute(insert(notifications), rows)
    return ids


async def states(database: Database) -> dict[str, list[str]]:
    """The states of all notifications, by destination, sorted."""
    found: dict[str, list[str]] = {}
    async with database.connect() as connection:
        for row in await connection.execute(select(notifications).order_by(notifications.c.state)):
            found.setdefault(row.destination, []).append(row.state)
    return found


async def stored_messages(database: Database) -> Sequence[Any]:
    async with database.connect() as connection:
        return (await connection.execute(select(messages).order_by(messages.c.written_at))).all()


async def cards(database: Database) -> list[tuple[str, str, int, str]]:
    """Destination, model, urgency and the ts of the message of each live card."""
    c, m = tables.cards.c, messages.c
    async with database.connect() as connection:
        joined = tables.cards.join(messages, c.message_id == m.id)
        rows = await connection.execute(select(c.destination, c.model, c.urgency, m.ts).select_from(joined))
        return sorted((row.destination, row.model, row.urgency, row.ts) for row in rows)


def as_posted(stored: Sequence[object]) -> list[dict[str, Any]]:
    """Stored blocks as Slack is to get them."""
    return [to_slack.block(one) for one in read_blocks(stored)]


async def open_kinds(database: Database) -> list[tuple[str, str]]:
    """Kind and subject of each condition that holds."""
    async with database.connect() as connection:
        rows = await connection.execute(select(conditions).where(conditions.c.cleared_at.is_(None)))
        return sorted((row.kind, row.subject) for row in rows)


async def let_leases_lapse(database: Database) -> None:
    """As if the process that holds them had been gone for longer than a lease."""
    async with database.begin() as connection:
        await connection.execute(
            text("UPDATE notifications SET lease_until = now() - interval '1 second' WHERE state = 'leased'")
        )
