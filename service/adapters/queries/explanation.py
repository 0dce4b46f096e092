"""Evidence of an explanation: a notification and the others of its decision, those of one exposure, and open
conditions."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.outbox_reroute import SLACK_IS_CLOSED
from service.adapters.postgres.tables import campaigns, conditions, notifications
from service.core.condition import Condition, InWords
from service.core.explanation.notification import Recipient, StoredNotification
from service.core.explanation.reason import reason_of
from service.core.explanation.steps import Notification
from service.core.exposure import ExposureKey
from service.core.notification import read_facts

MAX_NOTIFICATIONS = 500
"""Maximum number of notifications read per exposure, newest first. A daily reminder reaches it after months."""
MAX_IDS = 10
_SHAPE = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
_n = notifications.c
_STORED = (
    "kind", "step", "audience", "destination", "decided_at", "not_before", "state", "attempts", "settled_at", "outcome",
    "policy", "policy_since",
)  # fmt: skip
"""Columns, each named as its field of `StoredNotification`."""
_NAMED = tuple_(conditions.c.kind, conditions.c.subject)
_RECIPIENT = (_n.id, _n.destination, _n.audience, _n.state, _n.outcome)


async def read_ids_beginning(connection: AsyncConnection, prefix: str) -> list[uuid.UUID]:
    """Ids of notifications that begin with `prefix`, at most `MAX_IDS`."""
    if (ids := _range_of(prefix)) is None:
        return []
    return list(await connection.scalars(select(_n.id).where(_n.id.between(*ids)).order_by(_n.id).limit(MAX_IDS)))


def _range_of(prefix: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The range of ids that begin with `prefix`: ids sort like their text."""
    try:
        first, last = (uuid.UUID(prefix + _SHAPE[len(prefix) :].replace("x", digit)) for digit in "0f")
    except ValueError:
        return None
    return (first, last) if str(first).startswith(prefix.lower()) else None


async def read_record(connection: AsyncConnection, id_: uuid.UUID) -> StoredNotification | None:
    opened = (campaigns.c.policy["name"].as_string().label("policy"), campaigns.c.opened_at.label("policy_since"))
    query = select(notifications, *opened).outerjoin_from(notifications, campaigns, _n.campaign_id == campaigns.c.id)
    row = (await connection.execute(query.where(_n.id == id_))).one_or_none()
    if row is None:
        return None
    again = (_n.rerouted_from == id_, _n.kind != "undeliverable")
    facts = read_facts(row.facts)
    came_from = next(iter(await _read_recipients(connection, _n.id == row.rerouted_from)), None)
    return StoredNotification(
        **{name: row._mapping[name] for name in _STORED},
        id=str(row.id),
        reason=reason_of(facts, row.audience, failed=(came_from.destination, came_from.outcome) if came_from else None),
        facts=facts,
        came_from=came_from,
        instead=next(iter(await _read_recipients(connection, *again)), None),
        same_decision=await _read_same_decision(connection, row),
        troubles=tuple(map(InWords.of, await _read_blocking(connection, row.destination))),
    )


async def _read_same_decision(connection: AsyncConnection, row: Row[Any]) -> tuple[Recipient, ...]:
    """Other notifications of the same decision. Without a campaign there are none."""
    if row.campaign_id is None:
        return ()
    same = [_n[name] == row._mapping[name] for name in ("campaign_id", "kind", "step", "decided_at")]
    others = _n.rerouted_from.is_(None) & _n.id.not_in([row.id, *filter(None, [row.rerouted_from])])
    return await _read_recipients(connection, *same, others)


async def _read_recipients(connection: AsyncConnection, *which: ColumnElement[bool]) -> tuple[Recipient, ...]:
    found = select(*_RECIPIENT).where(*which).order_by(_n.destination, _n.id).limit(MAX_NOTIFICATIONS)
    rows = await connection.execute(found)
    return tuple(Recipient(str(row.id), *row[1:]) for row in rows)


async def read_notifications_of(connection: AsyncConnection, key: ExposureKey) -> tuple[Notification, ...]:
    """Notifications of the exposure, newest first."""
    at = case((_n.state == "delivered", _n.settled_at), else_=_n.not_before).label("at")
    step = func.coalesce(_n.step, _n.kind)
    rows = await connection.execute(
        select(_n.id, step, _n.destination, _n.audience, _n.state, _n.decided_at, at, _n.outcome)
        .where(_n.campaign_id == campaign_id(key))
        .order_by(_n.decided_at.desc(), _n.destination, _n.id)
        .limit(MAX_NOTIFICATIONS)
    )
    return tuple(Notification(str(row.id), *row[1:]) for row in rows)


async def read_troubles_of(connection: AsyncConnection, subjects: Collection[tuple[str, str]]) -> tuple[Condition, ...]:
    """Open conditions of these kinds and subjects."""
    return tuple(one.condition for one in await open_conditions(connection, _NAMED.in_(subjects)))


async def _read_blocking(connection: AsyncConnection, destination: str) -> tuple[Condition, ...]:
    """Open conditions that block messages to the destination."""
    of_destination = _NAMED.in_([("slack_destination", destination), ("delivery_broke", destination)])
    found = await open_conditions(connection, or_(of_destination, conditions.c.kind.in_(SLACK_IS_CLOSED)))
    return tuple(one.condition for one in found)
