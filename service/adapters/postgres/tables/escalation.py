"""Campaigns, and the agenda."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.postgres.tables.base import instant, metadata, use_of_a_model

agenda = Table(
    "agenda",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("due_at", DateTime(timezone=True), comment="when escalation evaluates it next; null: only after a new call"),
    Column("wakes_on_call", Boolean, nullable=False, server_default=text("true"), comment="a new call makes it due"),
    Index("ix_agenda_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    comment="Next evaluation of each use of a model; its row is the lock of the decision",
)  # fmt: skip

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Uuid, primary_key=True),
    *use_of_a_model(primary_key=False),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("reopened_at", DateTime(timezone=True)),
    Column("close_reason", Text),
    Column("policy", JSONB, nullable=False, comment="policy, frozen when the campaign opened"),
    Column("owner", JSONB, comment="owner at the last notification; null: nobody was notified yet"),
    Column(
        "plan_version", Integer, nullable=False, server_default=text("1"), comment="increases when the plan changes"
    ),
    Column("shutdown_on", Date),
    Column("done", JSONB, nullable=False, server_default=text("'[]'"), comment="steps sent or skipped, with the time"),
    Column("owner_told_at", DateTime(timezone=True)),
    Column("acknowledged", JSONB, comment="author, step, until when"),
    Column("hold", JSONB, comment="snooze or waiver: author, until when, why"),
    Column("promise", JSONB, comment="promise: author, day, whether it is broken"),
    Column("frozen_from", Date, comment="first day of the change freeze that steps count from"),
    Column(
        "is_reported",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="the end of the plan is only reported",
    ),
    Column("kept_open", JSONB, comment="author of a reopen: silence does not close it before the shutdown"),
    Column("redirect_told_at", DateTime(timezone=True), comment="when the owner was notified of the redirection"),
    UniqueConstraint("service", "environment", "platform", "model"),
    CheckConstraint("state IN ('open', 'closed')", name="state_is_known"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    comment="Campaigns: the escalation of each exposure",
)

acts = Table(
    "acts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *use_of_a_model(primary_key=False),
    Column("kind", Text, nullable=False, comment="acknowledge, snooze, commit, waive, reassign, reopen, check"),
    Column("author", Text, nullable=False),
    instant("at"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'"), comment="details: until when, why, to whom"),
    Index("ix_acts_use", "service", "environment", "platform", "model"),
    comment="Acts of people; append only, except that names are erased on request",
)

assignments = Table(
    "assignments",
    metadata,
    Column("service", Text, primary_key=True),
    Column("owner", JSONB, nullable=False, comment="same format as an owner in lastcall.yaml"),
    Column("author", Text, nullable=False),
    instant("at"),
    Column(
        "times_said",
        BigInteger,
        nullable=False,
        server_default=text("1"),
        comment="increases with each write, to detect changes",
    ),
    comment="Owners set by people; they apply until lastcall.yaml names the same owner",
)

checklist = Table(
    "checklist",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("item", Text, primary_key=True),
    Column("author", Text, nullable=False),
    instant("done_at"),
    comment="Ticked items of migration checklists",
)

directory_answers = Table(
    "directory_answers",
    metadata,
    Column("directory", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="key of the query; empty: state of the directory itself"),
    Column("answer", JSONB, comment="last good answer"),
    instant("fetched_at", nullable=True),
    instant("tried_at"),
    Column("error", Text, comment="error of the last attempt; null: it succeeded"),
    Column(
        "times_said",
        BigInteger,
        nullable=False,
        server_default=text("1"),
        comment="increases with each write, to detect changes",
    ),
    comment="Last answers of directories about owners and people on duty, used while they are down",
)
