"""The outbox: notifications with recipient, time, reason and rendered message."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id
from service.adapters.postgres.tables import campaigns, messages, notifications
from service.adapters.queries.operation_answers import NotificationAnswer
from service.adapters.queries.paging import CursorError, Page, decode_cursor, encode_cursor
from service.core.explanation.reason import reason_of
from service.core.exposure import ExposureKey
from service.core.notification import News, Notice, read_facts
from service.core.wording.blocks import Block, read_blocks
from service.core.wording.delivery import outcome_in_words


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One rendered message with its notifications, for the outbox page."""

    id: str
    destination: str
    text: str
    blocks: tuple[Block, ...]
    replies: tuple[tuple[Block, ...], ...]
    """Continuations: the blocks of each reply in the thread."""
    rendered_at: datetime
    delivered_at: datetime | None
    notifications: tuple[NotificationAnswer, ...]


async def read_notifications(
    connection: AsyncConnection,
    *,
    state: str | None = None,
    service: str | None = None,
    destination: str | None = None,
    exposure: ExposureKey | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page[NotificationAnswer]:
    """Newest decision first. Raises `CursorError`."""
    n = notifications.c
    query = _select()
    if state is not None:
        query = query.where(n.state == state)
    if service is not None:
        query = query.where(campaigns.c.service == service)
    if destination is not None:
        query = query.where(n.destination == destination)
    if exposure is not None:
        query = query.where(n.campaign_id == campaign_id(exposure))
    if cursor is not None:
        query = query.where(tuple_(n.decided_at, n.id) < tuple_(*_after(cursor)))
    rows = (await connection.execute(query.order_by(n.decided_at.desc(), n.id.desc()).limit(limit + 1))).all()
    items = [_notification(row) for row in rows[:limit]]
    following = _cursor(items[-1].decided_at, items[-1].id) if len(rows) > limit else None
    return Page(items=items, next_cursor=following)


async def read_messages(connection: AsyncConnection, *, limit: int, cursor: str | None = None) -> Page[SentMessage]:
    """Rendered messages with their notifications, newest first. Raises `CursorError`."""
    m = messages.c
    query = select(messages)
    if cursor is not None:
        query = query.where(tuple_(m.rendered_at, m.id) < tuple_(*_after(cursor)))
    rows = (await connection.execute(query.order_by(m.rendered_at.desc(), m.id.desc()).limit(limit + 1))).all()
    carried = await _carried(connection, [row.id for row in rows[:limit]])
    items = [
        SentMessage(
            id=str(row.id),
            destination=row.destination,
            text=row.text,
            blocks=read_blocks(row.blocks),
            replies=tuple(map(read_blocks, row.replies)),
            rendered_at=row.rendered_at,
            delivered_at=row.delivered_at,
            notifications=tuple(carried.get(row.id, ())),
        )
        for row in rows[:limit]
    ]
    following = _cursor(items[-1].rendered_at, items[-1].id) if len(rows) > limit else None
    return Page(items=items, next_cursor=following)


async def read_next(connection: AsyncConnection, *, limit: int) -> list[NotificationAnswer]:
    """Notifications that wait, in the order in which they will be sent."""
    n = notifications.c
    rows = await connection.execute(
        _select().where(n.state == "pending", n.message_id.is_(None)).order_by(n.not_before, n.id).limit(limit)
    )
    return [_notification(row) for row in rows]


async def _carried(
    connection: AsyncConnection, message_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[NotificationAnswer]]:
    n = notifications.c
    carried: dict[uuid.UUID, list[NotificationAnswer]] = {}
    rows = await connection.execute(_select().where(n.message_id.in_(message_ids)).order_by(n.decided_at, n.id))
    for row in rows:
        carried.setdefault(row.message_id, []).append(_notification(row))
    return carried


def _select() -> Select[Any]:
    n, c, origin = notifications.c, campaigns.c, notifications.alias("origin")
    meant_for = origin.c.destination.label("meant_for"), origin.c.outcome.label("error")
    return (
        select(notifications, c.service, c.environment, c.platform, c.model, *meant_for)
        .outerjoin_from(notifications, campaigns, n.campaign_id == c.id)
        .outerjoin(origin, n.rerouted_from == origin.c.id)
    )


def _cursor(at: datetime, key: str) -> str:
    return encode_cursor((at.isoformat(), key))


def _after(cursor: str) -> tuple[datetime, uuid.UUID]:
    at, key = decode_cursor(cursor, length=2)
    try:
        return datetime.fromisoformat(at).astimezone(UTC), uuid.UUID(key)
    except (ValueError, OverflowError) as error:
        raise CursorError(cursor) from error


def _notification(row: Row[Any]) -> NotificationAnswer:
    facts = read_facts(row.facts)
    notice = facts if isinstance(facts, Notice) else None
    return NotificationAnswer(
        id=str(row.id),
        kind=row.kind,
        service=row.service,
        environment=row.environment,
        platform=row.platform,
        model=row.model,
        model_id=facts.use.id if isinstance(facts, Notice | News) else None,
        step=row.step,
        repeat_days=notice and notice.cause.step.repeat_days,
        frozen_from=notice and notice.freeze and notice.freeze.begin,
        audience=row.audience,
        destination=row.destination,
        reason=reason_of(facts, row.audience, failed=(row.meant_for, row.error) if row.meant_for else None),
        cause=msgspec.to_builtins(facts.cause) if isinstance(facts, Notice | News) else None,
        decided_at=row.decided_at,
        not_before=row.not_before,
        state=row.state,
        attempts=row.attempts,
        settled_at=row.settled_at,
        outcome=row.outcome and outcome_in_words(row.outcome),
        message_id=row.message_id and str(row.message_id),
    )
