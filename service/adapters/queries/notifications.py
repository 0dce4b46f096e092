"""The outbox: notifications with recipient, time, reason and rendered message."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any

import msgspec
from pydantic import Field
from sqlalchemy import Column, Row, Select, Uuid, any_, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id
from service.adapters.postgres.tables import campaigns, messages, notifications
from service.adapters.queries.paging import AnswerModel, CursorError, Page, decode_cursor, encode_cursor
from service.core.explanation.reason import reason_of
from service.core.exposure import ExposureKey
from service.core.notification import News, Notice, read_facts
from service.core.wording.blocks import Block, read_blocks
from service.core.wording.delivery import KINDS, outcome_in_words

RepeatDays = Annotated[
    int | None,
    Field(description="Days between repeats of the step while calls continue; null: the step does not repeat."),
]
FrozenFrom = Annotated[
    date | None,
    Field(
        description="First day of the change freeze from which the step is counted; null: counted from the deadline."
    ),
]


class NotificationAnswer(AnswerModel):
    """The intent to send one thing to one destination, once, and its outcome."""

    id: str
    kind: str = Field(description=f"{', '.join(KINDS)}.", examples=["notice"])
    service: str | None = None
    environment: str | None = None
    platform: str | None = None
    model: str | None = Field(default=None, examples=["gpt-4.5-preview-2025-02-27"], description="Canonical id.")
    model_id: str | None = Field(
        default=None, examples=["gpt-4.5-preview"], description="The model's id in requests on that platform."
    )
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: RepeatDays = None
    frozen_from: FrozenFrom = None
    audience: str = Field(examples=["owner"])
    destination: str = Field(examples=["#team-search"])
    reason: str = Field(description="Why this destination, and why at this time.")
    cause: dict[str, Any] | None = Field(
        default=None,
        description="The reason as data: `kind`, such as step_due, repeat, held_back, relapse, broken_promise, "
        "new_owner, date_moved, confirmed, and its fields; null: the notification is not about a use of a model.",
    )
    decided_at: datetime
    not_before: datetime
    state: str = Field(examples=["delivered"], description="pending, leased, delivered, failed, unknown.")
    attempts: int
    settled_at: datetime | None = None
    outcome: str | None = Field(default=None, description="Outcome of the last attempt, in words.")
    message_id: str | None = None


class Told(AnswerModel):
    """The last notification of an exposure, or the next one: see `state`."""

    destination: str = Field(examples=["#team-search"])
    audience: str = Field(examples=["owner"])
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: RepeatDays = None
    frozen_from: FrozenFrom = None
    at: datetime = Field(description="Time of delivery, or of the decision if it is not delivered.")
    not_before: datetime = Field(description="Earliest time of delivery.")
    state: str = Field(examples=["delivered"], description="pending, leased, delivered, failed, unknown.")
    others: int = Field(default=0, description="Number of other destinations of the same decision.")


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
    rows, following = await _newest(connection, query, (n.decided_at, n.id), limit=limit, cursor=cursor)
    return Page(items=[_notification(row) for row in rows], next_cursor=following)


async def read_messages(connection: AsyncConnection, *, limit: int, cursor: str | None = None) -> Page[SentMessage]:
    """Rendered messages with their notifications, newest first. Raises `CursorError`."""
    by = (messages.c.rendered_at, messages.c.id)
    rows, following = await _newest(connection, select(messages), by, limit=limit, cursor=cursor)
    carried = await _carried(connection, [row.id for row in rows])
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
        for row in rows
    ]
    return Page(items=items, next_cursor=following)


async def read_next(connection: AsyncConnection, *, limit: int) -> list[NotificationAnswer]:
    """Notifications that wait, in the order in which they will be sent."""
    n = notifications.c
    rows = await connection.execute(
        _select().where(n.state == "pending", n.message_id.is_(None)).order_by(n.not_before, n.id).limit(limit)
    )
    return [_notification(row) for row in rows]


async def read_last_told(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> Mapping[uuid.UUID, Told]:
    """By campaign: the last notification; delivered ones come before all others."""
    rows = await connection.execute(_last_told(), {"ids": [campaign_id(key) for key in keys]})
    return {row.campaign_id: Told(**row._mapping) for row in rows}


@cache
def _last_told() -> Select[Any]:
    n = notifications.c
    others = (func.count().over(partition_by=(n.campaign_id, n.kind, n.step, n.decided_at)) - 1).label("others")
    repeat_days = n.facts["cause", "step", "repeat_days"].as_integer().label("repeat_days")
    frozen_from = n.facts["freeze", "begin"].as_string().label("frozen_from")
    at = func.coalesce(n.settled_at, n.decided_at).label("at")
    stored = (n.campaign_id, n.destination, n.audience, n.step, n.state, n.not_before)
    return (
        select(*stored, others, at, repeat_days, frozen_from)
        .where(n.campaign_id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
        .ext(distinct_on(n.campaign_id))
        .order_by(n.campaign_id, (n.state == "delivered").desc(), n.decided_at.desc(), n.id)
    )


async def _newest(
    connection: AsyncConnection,
    query: Select[Any],
    by: tuple[Column[Any], Column[Any]],
    *,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of rows `by` time and id, newest first, and the cursor of the next page. Raises `CursorError`."""
    at, id_ = by
    if cursor is not None:
        query = query.where(tuple_(at, id_) < tuple_(*_after(cursor)))
    rows = (await connection.execute(query.order_by(at.desc(), id_.desc()).limit(limit + 1))).all()
    page = rows[:limit]
    following = encode_cursor((page[-1]._mapping[at], page[-1].id)) if len(rows) > limit else None
    return page, following


def _after(cursor: str) -> tuple[datetime, uuid.UUID]:
    at, id_ = decode_cursor(cursor, tuple[datetime, uuid.UUID])
    try:
        return at.astimezone(UTC), id_
    except OverflowError as error:
        raise CursorError(cursor) from error


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


def _notification(row: Row[Any]) -> NotificationAnswer:
    facts = read_facts(row.facts)
    read: dict[str, object] = {
        "id": str(row.id),
        "reason": reason_of(facts, row.audience, failed=(row.meant_for, row.error) if row.meant_for else None),
        "outcome": row.outcome and outcome_in_words(row.outcome),
        "message_id": row.message_id and str(row.message_id),
    }
    if isinstance(facts, Notice | News):
        read |= {"model_id": facts.use.id, "cause": msgspec.to_builtins(facts.cause)}
    if isinstance(facts, Notice):
        freeze = facts.freeze
        read |= {"repeat_days": facts.cause.step.repeat_days, "frozen_from": freeze and freeze.begin}
    return NotificationAnswer.model_validate({**row._mapping, **read})
