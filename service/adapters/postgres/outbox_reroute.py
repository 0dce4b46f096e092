"""Notifications that delivery creates: replacements for failed ones, and conditions for the operator."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import conditions, notifications
from service.core.condition import read_condition
from service.core.notification import Facts, Trouble, Undeliverable

SLACK_IS_CLOSED = ("slack_auth", "slack_unreachable", "slack_token_missing")
"""Conditions that prevent all messages on Slack, so they are not sent there. The first accepted message ends them."""


async def reroute(
    connection: AsyncConnection, ids: Sequence[UUID], destination: str, reason: str, instead: str, *, now: datetime
) -> None:
    """Notifies `instead` of the facts of the failed notifications, with the reason."""
    explanation = {
        **_to(instead, Undeliverable(destination=destination, error=reason), now=now),
        "dedup_key": f"undeliverable/{ids[0]}",
        "kind": "undeliverable",
        "audience": "fallback",
        "rerouted_from": ids[0],
    }
    await connection.execute(_once().values(explanation))
    n = notifications.c
    copied = {
        "id": func.gen_random_uuid(),
        "dedup_key": n.dedup_key + f"/instead/{instead}",
        "campaign_id": n.campaign_id,
        "kind": n.kind,
        "step": n.step,
        "audience": literal("fallback"),
        "destination": literal(instead),
        "facts": n.facts,
        "decided_at": n.decided_at,
        "not_before": literal(now),
        "rerouted_from": n.id,
    }
    failed = select(*(value.label(name) for name, value in copied.items())).where(n.id.in_(ids))
    await connection.execute(_once().from_select(list(copied), failed))


async def tell_operator(connection: AsyncConnection, operator: str, *, now: datetime) -> bool:
    """Creates one notification per condition that is not notified yet, even if several processes look at once."""
    c = conditions.c
    untold = (c.told_at.is_(None), c.cleared_at.is_(None), c.kind.not_in(SLACK_IS_CLOSED))
    rows = (await connection.execute(select(conditions).where(*untold).with_for_update(skip_locked=True))).all()
    for row in rows:
        trouble = Trouble(condition=read_condition(row.kind, row.subject, row.facts))
        told = {
            **_to(operator, trouble, now=now),
            "dedup_key": f"operator/{row.kind}/{row.subject}/{row.since.isoformat()}",
            "kind": "operator",
            "audience": "operator",
        }
        await connection.execute(_once().values(told))
        this = (c.kind == row.kind, c.subject == row.subject)
        await connection.execute(update(conditions).where(*this).values(told_at=now))
    return bool(rows)


async def end_conditions(connection: AsyncConnection, destination: str, *, now: datetime) -> None:
    """Ends the conditions of a destination that accepted a message."""
    c = conditions.c
    of_destination = c.kind.in_(("slack_destination", "delivery_broke")) & (c.subject == destination)
    over = c.cleared_at.is_(None) & (of_destination | c.kind.in_(SLACK_IS_CLOSED))
    await connection.execute(update(conditions).where(over).values(cleared_at=now))


def _to(destination: str, facts: Facts, *, now: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "destination": destination,
        "facts": msgspec.to_builtins(facts),
        "decided_at": now,
        "not_before": now,
    }


def _once() -> Insert:
    return insert(notifications).on_conflict_do_nothing(index_elements=[notifications.c.dedup_key])
