"""What the read side answers of notifications, and of what lastcall itself does: see `answers`."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from service.adapters.queries.answers import FROZEN, REPEAT, Answer


class NotificationAnswer(Answer):
    """An intent to tell one destination one thing, once, and what became of it."""

    id: str
    kind: str = Field(
        description="notice, migrated, date_moved, withdrawn, redirected, digest, operator, undeliverable.",
        examples=["notice"],
    )
    service: str | None = None
    environment: str | None = None
    platform: str | None = None
    model: str | None = Field(default=None, description="Canonical id.", examples=["gpt-4.5-preview-2025-02-27"])
    model_id: str | None = Field(
        default=None, description="The model as a request on that platform spells it.", examples=["gpt-4.5-preview"]
    )
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: int | None = Field(default=None, description=REPEAT)
    frozen_from: date | None = Field(default=None, description=FROZEN)
    audience: str = Field(examples=["owner"])
    destination: str = Field(examples=["#team-search"])
    reason: str = Field(description="Why this destination, why now.")
    cause: dict[str, Any] | None = Field(
        default=None,
        description="The same as data: `kind`, such as step_due, repeat, held_back, relapse, broken_promise, "
        "new_owner, date_moved, and its fields; null: it is about no use of a model.",
    )
    decided_at: datetime
    not_before: datetime
    state: str = Field(description="pending, leased, delivered, failed, unknown.", examples=["delivered"])
    attempts: int
    settled_at: datetime | None = None
    outcome: str | None = Field(default=None, description="The last outcome in words.")
    message_id: str | None = None


class RejectionAnswer(Answer):
    """Records, or parts of one, that were not understood."""

    source: str = Field(description="kafka or file.", examples=["kafka"])
    topic: str
    reason: str
    format: str = Field(description="Empty where no dialect was recognised.")
    shape: str = Field(
        description="Of an unknown format: the names of its keys. Empty for other reasons, and for shapes beyond 20.",
        examples=["an object with host, message and level"],
    )
    rejected: int
    last_hour: datetime = Field(description="Start of the last hour in which there was one.")
    sample: str = Field(description="partition:offset of one of them.", examples=["3:104422"])
    detail: str


class PassedOverAnswer(Answer):
    """Parts of a topic's records that are known to be no calls."""

    source: str = Field(description="kafka or file.", examples=["kafka"])
    topic: str
    format: str
    kind: str
    parts: int
    calls: bool = Field(description="Whether a record with a call was read from the topic in the same time.")


class WatermarkAnswer(Answer):
    """The ledger of one topic partition: `records = call + rejected + other`."""

    source: str = Field(description="kafka or file.", examples=["kafka"])
    topic: str
    partition: int
    next_offset: int
    records: int
    call_records: int
    rejected_records: int
    other_records: int
    gap_records: int
    applied_at: datetime
    caught_up_at: datetime | None = Field(
        default=None, description="All records older than this are applied; null: it was not at the end yet."
    )


class HeartbeatAnswer(Answer):
    """The last tick of an engine verb."""

    verb: str
    now: datetime
    finished_at: datetime
    took_ms: float
    company: str | None = Field(default=None, description="Digest of the lastcall.yaml that it went by.")
