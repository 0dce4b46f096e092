"""The outbox: claim the due notifications of one destination, write the message before it is sent, settle the outcome.

A claim is a lease with a token, by the database's clock. Nobody else claims a destination with a live lease, so each
channel has one sender. Every write checks the token; False means that somebody else has taken the rows since the lease
expired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.conditions import raise_condition
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_rows import note_told
from service.adapters.postgres.outbox_reroute import end_conditions, reroute, tell_operator
from service.adapters.postgres.tables import cards, messages, notifications
from service.core.card import Urgency, changed_cards
from service.core.condition import Condition
from service.core.delivery import Delivered
from service.core.messages.message import Message
from service.core.notification import Facts, read_facts
from service.core.wording.blocks import read_blocks

LEASE = timedelta(minutes=5)
"""Must be longer than an attempt."""
_other, _origin = notifications.alias("other"), notifications.alias("origin")
_NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Written:
    """A message in the database."""

    id: UUID
    message: Message
    since: datetime
    """By the database's clock; a message on Slack is there since then."""


@dataclass(frozen=True, slots=True)
class DueNotification:
    """A notification of a claim."""

    id: UUID
    facts: dict[str, Any]
    attempts: int
    """Number of attempts so far."""
    message_id: UUID | None
    came_from: str | None
    """The previous destination, which failed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Due notifications of one destination, under one lease."""

    token: UUID
    destination: str
    rows: Sequence[DueNotification]
    in_doubt: Written | None
    """The message of these notifications that may have been sent already."""

    @property
    def attempts(self) -> int:
        return max(row.attempts for row in self.rows)

    @property
    def came_from(self) -> frozenset[str | None]:
        return frozenset(row.came_from for row in self.rows)

    @property
    def facts(self) -> list[Facts]:
        """Facts, oldest first. Raises `msgspec.ValidationError` for facts that this release cannot read."""
        return [msgspec.convert(row.facts, Facts) for row in self.rows]


class Outbox:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime) -> Claim | None:
        """Leases the due notifications of the destination that has waited longest. None: nothing is due, or others
        have it."""
        async with self._database.begin() as connection:
            for destination in await _destinations_due(connection, now):
                # Row locks are not enough: two claims could take different rows of one destination.
                key = func.hashtextextended(f"lastcall outbox {destination}", 0)
                if await connection.scalar(select(func.pg_try_advisory_xact_lock(key))):
                    rows = _of_one_message(await _rows_due(connection, destination, now))
                    if rows:
                        return await _lease(connection, destination, rows)
        return None

    async def write(self, claim: Claim, message_id: UUID, message: Message, *, now: datetime) -> bool:
        """Stores the message before an attempt, in place of an earlier one with this id. From then on it may have been
        sent."""
        content = {**msgspec.to_builtins(message), "rendered_at": now}
        async with self._database.connect() as connection:
            await connection.execute(
                insert(messages)
                .values(id=message_id, destination=claim.destination, **content)
                .on_conflict_do_update(index_elements=[messages.c.id], set_=content)
            )
            held = await _update(connection, claim, message_id=message_id, lease_until=_lease_end())
            await (connection.commit() if held else connection.rollback())
            return held

    async def renew(self, claim: Claim) -> bool:
        async with self._database.begin() as connection:
            return await _update(connection, claim, lease_until=_lease_end())

    async def delivered(self, claim: Claim, message_id: UUID, sent: Delivered, *, now: datetime) -> bool:
        async with self._database.begin() as connection:
            settled = {"settled_at": now, "outcome": "delivered", "attempts": notifications.c.attempts + 1}
            if not await _update(connection, claim, state="delivered", **settled, **_NO_LEASE):
                return False
            there = {"delivered_at": now, "channel": sent.channel, "ts": sent.ts}
            of_message = update(messages).where(messages.c.id == message_id).values(there)
            rendered_at = await connection.scalar(of_message.returning(messages.c.rendered_at))
            if sent.ts and rendered_at:
                await _store_cards(connection, claim, message_id, rendered_at.date())
            await note_told(connection, [row.id for row in claim.rows], at=now)
            await end_conditions(connection, claim.destination, now=now)
            return True

    async def wait(
        self,
        claim: Claim,
        reason: str,
        *,
        not_before: datetime,
        attempts: int,
        in_doubt: bool,
        condition: Condition | None,
        now: datetime,
    ) -> bool:
        """Returns the rows for another attempt. `in_doubt`: the message may have been sent, so it is kept."""
        async with self._database.begin() as connection:
            again = {"not_before": not_before, "attempts": attempts, "outcome": reason}
            if not await _update(connection, claim, state="unknown" if in_doubt else "pending", **again, **_NO_LEASE):
                return False
            if not in_doubt:
                await _unwrite(connection, claim)
            if condition:
                await raise_condition(connection, condition, since=now)
            return True

    async def failed(
        self, claim: Claim, reason: str, *, instead: str, in_doubt: bool, condition: Condition, now: datetime
    ) -> bool:
        """Settles the rows, and notifies `instead` of the same facts. The operator is notified of the condition."""
        async with self._database.begin() as connection:
            final = {"settled_at": now, "outcome": reason, "attempts": notifications.c.attempts + 1}
            if not await _update(connection, claim, state="failed", **final, **_NO_LEASE):
                return False
            if not in_doubt:
                await _unwrite(connection, claim)
            await reroute(connection, [row.id for row in claim.rows], claim.destination, reason, instead, now=now)
            await raise_condition(connection, condition, since=now)
            return True

    async def is_on_slack(self) -> bool:
        """True: Slack has accepted a message from this database."""
        async with self._database.connect() as connection:
            taken = select(messages.c.id).where(messages.c.ts.is_not(None)).limit(1)
            return await connection.scalar(taken) is not None

    async def raise_condition(self, condition: Condition, *, since: datetime) -> None:
        async with self._database.begin() as connection:
            await raise_condition(connection, condition, since=since)

    async def tell_operator(self, operator: str, *, now: datetime) -> bool:
        """Creates a notification for each condition that is not notified yet. False: there was none."""
        async with self._database.begin() as connection:
            return await tell_operator(connection, operator, now=now)

    async def hold(self, until: datetime) -> None:
        """Suspends the whole workspace: nothing is due before `until`."""
        n = notifications.c
        waiting = select(n.id).where(n.state.in_(("pending", "unknown")), n.not_before < until)
        unlocked = n.id.in_(waiting.with_for_update(skip_locked=True))
        async with self._database.begin() as connection:
            await connection.execute(update(notifications).where(unlocked).values(not_before=until))


def _lease_end() -> ColumnElement[datetime]:
    return func.clock_timestamp() + LEASE


def _is_due(now: datetime) -> ColumnElement[bool]:
    n = notifications.c
    waited = and_(n.state.in_(("pending", "unknown")), n.not_before <= now)
    return or_(waited, and_(n.state == "leased", n.lease_until < func.clock_timestamp()))


def _is_held(now: datetime) -> ColumnElement[bool]:
    """True: another process sends to the destination, or the last attempt there has not succeeded, and its
    wait is not over."""
    o = _other.c
    live = and_(o.state == "leased", o.lease_until >= func.clock_timestamp())
    resting = and_(o.state.in_(("pending", "unknown")), o.attempts > 0, o.not_before > now)
    same = o.destination == notifications.c.destination
    return select(o.id).where(same, or_(live, resting)).correlate(notifications).exists()


async def _destinations_due(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    n = notifications.c
    due = select(n.destination).where(_is_due(now), ~_is_held(now)).group_by(n.destination)
    return (await connection.scalars(due.order_by(func.min(n.not_before), n.destination))).all()


async def _rows_due(connection: AsyncConnection, destination: str, now: datetime) -> Sequence[DueNotification]:
    n = notifications.c
    rows = (
        select(n.id, n.facts, n.attempts, n.message_id, _origin.c.destination.label("came_from"))
        .select_from(notifications.outerjoin(_origin, n.rerouted_from == _origin.c.id))
        .where(n.destination == destination, _is_due(now), ~_is_held(now))
        .order_by(n.message_id.nulls_last(), n.decided_at, n.id)
        .with_for_update(of=notifications, skip_locked=True)
    )
    return [DueNotification(*row) for row in await connection.execute(rows)]


def _of_one_message(rows: Sequence[DueNotification]) -> Sequence[DueNotification]:
    """Rows of a message in doubt, or else all rows without a message."""
    return [row for row in rows if row.message_id == rows[0].message_id]


async def _lease(connection: AsyncConnection, destination: str, rows: Sequence[DueNotification]) -> Claim:
    token = uuid4()
    lease = {"state": "leased", "lease_token": token, "lease_until": _lease_end()}
    ids = [row.id for row in rows]
    await connection.execute(update(notifications).where(notifications.c.id.in_(ids)).values(lease))
    written = None
    if rows[0].message_id is not None:
        of_rows = select(messages).where(messages.c.id == rows[0].message_id)
        stored = (await connection.execute(of_rows)).one()
        message = Message(stored.text, read_blocks(stored.blocks), tuple(map(read_blocks, stored.replies)))
        written = Written(stored.id, message, stored.written_at)
    return Claim(token, destination, rows, written)


async def _update(connection: AsyncConnection, claim: Claim, **values: Any) -> bool:
    held = update(notifications).where(notifications.c.lease_token == claim.token).values(values)
    return (await connection.execute(held)).rowcount > 0


async def _store_cards(connection: AsyncConnection, claim: Claim, message_id: UUID, today: date) -> None:
    """Needs no lock: one sender per destination."""
    stored = select(cards.c.platform, cards.c.model, cards.c.urgency).where(cards.c.destination == claim.destination)
    current = {(row.platform, row.model): Urgency(row.urgency) for row in await connection.execute(stored)}
    for card in changed_cards((read_facts(row.facts) for row in claim.rows), current, today=today):
        key = {"destination": claim.destination, "platform": card.platform, "model": card.model}
        row = insert(cards).values(**key, urgency=card.urgency, message_id=message_id)
        changed = {"urgency": row.excluded.urgency} | ({"message_id": row.excluded.message_id} if card.begins else {})
        await connection.execute(row.on_conflict_do_update(index_elements=[*cards.primary_key], set_=changed))


async def _unwrite(connection: AsyncConnection, claim: Claim) -> None:
    """Deletes a message that was not sent, so that its rows can be sent together with newer ones."""
    rows = notifications.c.id.in_([row.id for row in claim.rows])
    ids = (await connection.scalars(select(notifications.c.message_id).where(rows).distinct())).all()
    await connection.execute(update(notifications).where(rows).values(message_id=None))
    await connection.execute(delete(messages).where(messages.c.id.in_(ids)))
