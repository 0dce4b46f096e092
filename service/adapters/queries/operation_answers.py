"""Answers about notifications, and about lastcall itself: see `answers`."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from service.adapters.queries.answers import FROZEN, REPEAT
from service.adapters.queries.paging import AnswerModel
from service.core.wording.delivery import KINDS


class NotificationAnswer(AnswerModel):
    """The intent to send one thing to one destination, once, and its outcome."""

    id: str
    kind: str = Field(
        description=f"{', '.join(KINDS)}.",
        examples=["notice"],
    )
    service: str | None = None
    environment: str | None = None
    platform: str | None = None
    model: str | None = Field(default=None, description="Canonical id.", examples=["gpt-4.5-preview-2025-02-27"])
    model_id: str | None = Field(
        default=None, description="The model's id in requests on that platform.", examples=["gpt-4.5-preview"]
    )
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: int | None = Field(default=None, description=REPEAT)
    frozen_from: date | None = Field(default=None, description=FROZEN)
    audience: str = Field(examples=["owner"])
    destination: str = Field(examples=["#team-search"])
    reason: str = Field(description="Why this destination, and why at this time.")
    cause: dict[str, Any] | None = Field(
        default=None,
        description="The reason as data: `kind`, such as step_due, repeat, held_back, relapse, broken_promise, "
        "new_owner, date_moved, and its fields; null: the notification is not about a use of a model.",
    )
    decided_at: datetime
    not_before: datetime
    state: str = Field(description="pending, leased, delivered, failed, unknown.", examples=["delivered"])
    attempts: int
    settled_at: datetime | None = None
    outcome: str | None = Field(default=None, description="Outcome of the last attempt, in words.")
    message_id: str | None = None


class RejectionAnswer(AnswerModel):
    """Rejected records, or rejected parts of one."""

    source: str = Field(description="kafka or file.", examples=["kafka"])
    topic: str
    reason: str
    format: str = Field(description="Empty: the format is not recognized.")
    shape: str = Field(
        description="Names of keys of a record in an unknown format. Empty for other reasons, and beyond 20 shapes.",
        examples=["an object with host, message and level"],
    )
    rejected: int
    last_hour: datetime = Field(description="Start of the latest hour with such a rejection.")
    sample: str = Field(description="partition:offset of a sample.", examples=["3:104422"])
    detail: str


class PassedOverAnswer(AnswerModel):
    """Parts of records that lastcall recognizes as no calls."""

    source: str = Field(description="kafka or file.", examples=["kafka"])
    topic: str
    format: str
    kind: str
    parts: int
    calls: bool = Field(description="True: the topic also had a record with a call in this period.")


class WatermarkAnswer(AnswerModel):
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
        default=None, description="All records older than this are applied; null: lastcall has not reached the end yet."
    )


class HeartbeatAnswer(AnswerModel):
    """The last tick of an engine verb."""

    verb: str
    now: datetime
    finished_at: datetime
    took_ms: float
    company: str | None = Field(default=None, description="Digest of the lastcall.yaml in force at the tick.")
