"""Campaigns and the notifications that their decisions write, in the caller's one transaction."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import campaigns, notifications
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.decision import News, Telling
from service.core.escalation.policy import policy_from_json, policy_to_json
from service.core.exposure import ExposureKey
from service.core.notification import DateMoved, Migrated, Notice
from service.core.ownership import Destination, Owner

_NAMESPACE = uuid.UUID("6f2c1f9e-3f0e-5d2c-9a55-0d6c61737463")
_KINDS: Mapping[News, str] = {
    "notice": "notice",
    "date_moved": "date_moved",
    "withdrawn": "withdrawn",
    "migrated": "closed",
}


@dataclass(frozen=True, slots=True)
class Intent:
    """To tell one destination one thing, once."""

    key: ExposureKey
    plan_version: int
    telling: Telling
    destination: Destination
    facts: Notice | Migrated | DateMoved
    owner: Owner


def campaign_id(key: ExposureKey) -> uuid.UUID:
    """One campaign an exposure, for ever: a relapse reopens it."""
    return uuid.uuid5(_NAMESPACE, msgspec.json.encode(key).decode())


async def load_campaigns(
    connection: AsyncConnection, keys: Iterable[ExposureKey] | None = None, *, lock: bool = False
) -> dict[ExposureKey, Campaign]:
    """The campaigns of `keys`, or all; with `lock`, nobody else changes them until the transaction ends."""
    query = select(campaigns)
    if keys is not None:
        v = key_rows(keys)
        query = query.join(v, same_key(campaigns, v))
    if lock:
        query = query.order_by(campaigns.c.id).with_for_update(of=campaigns)
    rows = await connection.execute(query)
    return {ExposureKey(row.service, row.environment, row.platform, row.model): _campaign(row) for row in rows}


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        policy=policy_from_json(row.policy),
        opened_at=row.opened_at,
        deadline=row.shutdown_on,
        plan_version=row.plan_version,
        done=msgspec.convert(row.done, tuple[Done, ...]),
        owner_told_at=row.owner_told_at,
        reopened_at=row.reopened_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
    )


async def save_campaign(
    connection: AsyncConnection, key: ExposureKey, campaign: Campaign, owner: Owner, *, next_at: datetime | None
) -> None:
    values = {
        "state": "open" if campaign.is_open else "closed",
        "opened_at": campaign.opened_at,
        "closed_at": campaign.closed_at,
        "reopened_at": campaign.reopened_at,
        "close_reason": campaign.close_reason,
        "policy": policy_to_json(campaign.policy),
        "owner": _owner(owner),
        "plan_version": campaign.plan_version,
        "shutdown_on": campaign.deadline,
        "done": msgspec.to_builtins(campaign.done),
        "owner_told_at": campaign.owner_told_at,
        "next_at": next_at,
    }
    await connection.execute(
        insert(campaigns)
        .values(id=campaign_id(key), **key._asdict(), **values)
        .on_conflict_do_update(index_elements=[campaigns.c.id], set_=values)
    )


def _owner(owner: Owner) -> dict[str, Any]:
    names = ("team", "people", "channel", "oncall", "manager", "director", "incident", "rule")
    return {name: msgspec.to_builtins(getattr(owner, name)) for name in names} | {"zone": owner.zone.key}


async def record_intents(connection: AsyncConnection, intents: Sequence[Intent], *, now: datetime) -> int:
    """Write what is not written yet. Returns how many are new: repeating is harmless."""
    if not intents:
        return 0
    rows = {key: _notification(key, intent, now) for intent in intents for key in [_dedup_key(intent)]}
    statement = insert(notifications).on_conflict_do_nothing(index_elements=[notifications.c.dedup_key])
    written = await connection.execute(statement.returning(notifications.c.id), list(rows.values()))
    return len(written.all())


def _dedup_key(intent: Intent) -> str:
    telling = intent.telling
    parts = (
        str(campaign_id(intent.key)),
        f"v{intent.plan_version}",
        telling.news,
        telling.step,
        telling.occurrence,
        intent.destination.address,
    )
    return "/".join(parts)


def _notification(dedup_key: str, intent: Intent, now: datetime) -> dict[str, Any]:
    telling, destination = intent.telling, intent.destination
    return {
        "id": uuid.uuid5(_NAMESPACE, dedup_key),
        "dedup_key": dedup_key,
        "campaign_id": campaign_id(intent.key),
        "kind": _KINDS[telling.news],
        "step": telling.step,
        "audience": destination.audience,
        "destination": destination.address,
        "facts": msgspec.to_builtins(intent.facts),
        "reason": f"{telling.reason}; {destination.audience} by {intent.owner.rule}",
        "decided_at": now,
        "not_before": telling.not_before,
    }


@dataclass(frozen=True, slots=True)
class Recorded:
    """A notification that escalation wrote, as `plan` shows it."""

    at: datetime
    """Not sent before."""
    key: ExposureKey
    step: str
    repeat_days: int | None
    destination: Destination
    reason: str


async def told_between(connection: AsyncConnection, start: datetime, end: datetime) -> list[Recorded]:
    """What was to go out from `start` up to, not including, `end`. What was rerouted counts once."""
    n = notifications.c
    repeat_days = n.facts["repeat_days"].as_integer().label("repeat_days")
    rows = await connection.execute(
        select(*(campaigns.c[name] for name in KEY), n.not_before, n.step, n.destination, n.audience, n.reason)
        .add_columns(repeat_days)
        .join_from(notifications, campaigns)
        .where(n.not_before >= start, n.not_before < end, n.rerouted_from.is_(None))
    )
    return [
        Recorded(
            at=row.not_before,
            key=ExposureKey(*row[:4]),
            step=row.step,
            repeat_days=row.repeat_days,
            destination=Destination(row.destination, row.audience),
            reason=row.reason,
        )
        for row in rows
    ]
