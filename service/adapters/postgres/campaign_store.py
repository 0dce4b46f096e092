"""Stores campaigns, and the notifications of their decisions, in the caller's transaction."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Select,
    Text,
    Update,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import campaigns, notifications
from service.adapters.postgres.unnest import chunked, insert_rows, unnested
from service.adapters.postgres.usage_keys import KEY, key_rows, key_values, same_key
from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.cause import StepCause, key_of, kind_of
from service.core.escalation.hold import Acknowledged, Hold, KeptOpen, Promise
from service.core.escalation.policy import Policy, policy_from_json, policy_to_json
from service.core.exposure import ExposureKey
from service.core.notification import OVERTAKEN, News, Notice
from service.core.ownership import Destination

_n = notifications.c
_NAMESPACE = uuid.UUID("6f2c1f9e-3f0e-5d2c-9a55-0d6c61737463")
_DONE = msgspec.json.Decoder(tuple[Done, ...])
_OWNER = msgspec.json.Decoder(NotifiedOwner)
_ACKNOWLEDGED = msgspec.json.Decoder(Acknowledged)
_HOLD = msgspec.json.Decoder(Hold)
_PROMISE = msgspec.json.Decoder(Promise)
_KEPT_OPEN = msgspec.json.Decoder(KeptOpen)
_READ = [cast(c, Text).label(c.name) if isinstance(c.type, JSONB) else c for c in campaigns.c]
"""JSON as text: msgspec parses it several times as fast as the driver."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The intent to send one thing to one destination, once."""

    key: ExposureKey
    plan_version: int
    facts: Notice | News
    destination: Destination
    not_before: datetime

    @property
    def dedup_key(self) -> str:
        """Includes the plan version. So a step can be sent again if a moved date has put it in the future again."""
        plan = f"v{self.plan_version}"
        return "/".join((str(campaign_id(self.key)), plan, key_of(self.facts.cause), self.destination.address))


@lru_cache(maxsize=4096)
def campaign_id(key: ExposureKey) -> uuid.UUID:
    """Exactly one campaign per exposure: a relapse reopens it. Cached, because each notification needs it."""
    return uuid.uuid5(_NAMESPACE, msgspec.json.encode(key).decode())


async def load_campaigns(
    connection: AsyncConnection, keys: Iterable[ExposureKey] | None = None, *, lock: bool = False
) -> dict[ExposureKey, Campaign]:
    """The campaigns of `keys`, or all. `lock`: lock them until the transaction ends."""
    query = select(*_READ) if keys is None else _of_keys()
    if lock:
        query = query.order_by(campaigns.c.id).with_for_update(of=campaigns)
    rows = await connection.execute(query, None if keys is None else key_values(keys))
    return {ExposureKey(row.service, row.environment, row.platform, row.model): _campaign(row) for row in rows}


@cache
def _of_keys() -> Select[Any]:
    v = key_rows()
    return select(*_READ).join(v, same_key(campaigns, v))


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        policy=_policy(row.policy),
        opened_at=row.opened_at,
        deadline=row.shutdown_on,
        frozen_from=row.frozen_from,
        is_reported=row.is_reported,
        plan_version=row.plan_version,
        done=_DONE.decode(row.done),
        owner=row.owner and _OWNER.decode(row.owner),
        owner_told_at=row.owner_told_at,
        acknowledged=row.acknowledged and _ACKNOWLEDGED.decode(row.acknowledged),
        hold=row.hold and _HOLD.decode(row.hold),
        promise=row.promise and _PROMISE.decode(row.promise),
        kept_open=row.kept_open and _KEPT_OPEN.decode(row.kept_open),
        redirect_told_at=row.redirect_told_at,
        reopened_at=row.reopened_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
    )


@lru_cache(maxsize=256)
def _policy(stored: str) -> Policy:
    """Cached: thousands of campaigns have the same policy."""
    return policy_from_json(msgspec.json.decode(stored))


@lru_cache(maxsize=256)
def _policy_text(policy: Policy) -> str:
    return _json(policy_to_json(policy))


async def save_campaigns(connection: AsyncConnection, decided: Mapping[ExposureKey, Campaign]) -> None:
    for some in chunked([_row(key, campaign) for key, campaign in decided.items()]):
        statement = insert_rows(campaigns, some)
        new = {name: statement.excluded[name] for name in some[0] if name not in ("id", *KEY)}
        await connection.execute(statement.on_conflict_do_update(index_elements=[campaigns.c.id], set_=new))


def _row(key: ExposureKey, campaign: Campaign) -> dict[str, object]:
    return {
        "id": campaign_id(key),
        **key._asdict(),
        "state": "open" if campaign.is_open else "closed",
        "opened_at": campaign.opened_at,
        "closed_at": campaign.closed_at,
        "reopened_at": campaign.reopened_at,
        "close_reason": campaign.close_reason,
        "policy": _policy_text(campaign.policy),
        "owner": campaign.owner and _json(campaign.owner),
        "acknowledged": campaign.acknowledged and _json(campaign.acknowledged),
        "hold": campaign.hold and _json(campaign.hold),
        "promise": campaign.promise and _json(campaign.promise),
        "kept_open": campaign.kept_open and _json(campaign.kept_open),
        "redirect_told_at": campaign.redirect_told_at,
        "plan_version": campaign.plan_version,
        "shutdown_on": campaign.deadline,
        "frozen_from": campaign.frozen_from,
        "is_reported": campaign.is_reported,
        "done": _json(campaign.done),
        "owner_told_at": campaign.owner_told_at,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def record_intents(connection: AsyncConnection, intents: Sequence[Intent], *, now: datetime) -> int:
    """Store new intents. Returns their number; existing ones are skipped, so repeating is harmless."""
    rows = {intent.dedup_key: _notification(intent, now) for intent in intents}
    new = 0
    for some in chunked(list(rows.values())):
        statement = insert_rows(notifications, some).on_conflict_do_nothing(index_elements=[notifications.c.dedup_key])
        new += len((await connection.execute(statement.returning(notifications.c.id))).all())
    return new


async def release_notices(connection: AsyncConnection, key: ExposureKey, *, at: datetime) -> None:
    """Release unsent notices at `at`, or at their previous time if it is earlier."""
    await connection.execute(
        _waiting(_n.campaign_id == campaign_id(key)).values(not_before=func.least(_n.not_before, at))
    )


async def delay_notices(
    connection: AsyncConnection, until: Mapping[ExposureKey, datetime], *, first_ones: bool
) -> None:
    """Delay unsent notices of these uses to the given times. `first_ones`: including first notices to a new owner."""
    if not until:
        return
    ids = list(map(campaign_id, until))
    v = unnested(("id", Uuid(), ids), ("until", DateTime(timezone=True), list(until.values())))
    is_first = or_(
        _n.facts["cause"]["kind"].as_string() == "new_owner", _n.facts["also"].contains([{"kind": "new_owner"}])
    )
    which = (_n.campaign_id == v.c.id, *(() if first_ones else (not_(is_first),)))
    await connection.execute(_waiting(*which).values(not_before=func.greatest(_n.not_before, v.c.until)))


def _waiting(*which: ColumnElement[bool]) -> Update:
    return update(notifications).where(_n.kind == "notice", _n.state == "pending", *which)


async def cancel_untrue_news(connection: AsyncConnection, keys: Iterable[ExposureKey], *, now: datetime) -> None:
    """Cancel pending `migrated` and `withdrawn` notifications that are no longer true."""
    ids = bindparam("ids", [campaign_id(key) for key in keys], type_=ARRAY(Uuid()))
    overtaken = (_n.campaign_id == any_(ids), _n.kind.in_(["migrated", "withdrawn"]))
    settled = {"state": "failed", "outcome": OVERTAKEN, "settled_at": now}
    await connection.execute(update(notifications).where(*overtaken, _n.state == "pending").values(settled))


def _notification(intent: Intent, now: datetime) -> dict[str, object]:
    """A row; its `state` is `pending` by default."""
    cause, destination = intent.facts.cause, intent.destination
    return {
        "id": uuid.uuid5(_NAMESPACE, intent.dedup_key),
        "dedup_key": intent.dedup_key,
        "campaign_id": campaign_id(intent.key),
        "kind": kind_of(cause),
        "step": cause.step.name if isinstance(cause, StepCause) else None,
        "audience": destination.audience,
        "destination": destination.address,
        "facts": _json(intent.facts),
        "decided_at": now,
        "not_before": intent.not_before,
    }
