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
    Column("due_at", DateTime(timezone=True), comment="when escalation looks next; null: time alone brings nothing"),
    Column("wakes_on_call", Boolean, nullable=False, server_default=text("true"), comment="a new call: look at once"),
    Index("ix_agenda_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    comment="When each use of a model is to be decided on next; its row is the lock of the decision",
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
    Column("policy", JSONB, nullable=False, comment="the policy as it was when the campaign opened"),
    Column("owner", JSONB, comment="who answered when the owner was last told; null: nobody was told yet"),
    Column("plan_version", Integer, nullable=False, server_default=text("1"), comment="counts moves of the date"),
    Column("shutdown_on", Date),
    Column("done", JSONB, nullable=False, server_default=text("'[]'"), comment="steps told or passed, with the time"),
    Column("owner_told_at", DateTime(timezone=True)),
    Column("acknowledged", JSONB, comment="by whom, at which step, until when"),
    Column("hold", JSONB, comment="snoozed or waived: by whom, until when, why"),
    Column("promise", JSONB, comment="to be done by a day: by whom, and whether it was kept so far"),
    Column("frozen_from", Date, comment="the first day of the change freeze that the plan counts from"),
    Column("kept_open", JSONB, comment="by whom: silence closes nothing before the shutdown"),
    Column("redirect_told_at", DateTime(timezone=True), comment="when the owner heard that another model answers"),
    UniqueConstraint("service", "environment", "platform", "model"),
    CheckConstraint("state IN ('open', 'closed')", name="state_is_known"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    comment="The life of one exposure's escalation",
)

acts = Table(
    "acts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *use_of_a_model(primary_key=False),
    Column("kind", Text, nullable=False, comment="acknowledge, snooze, commit, waive, reassign, reopen, check"),
    Column("author", Text, nullable=False),
    instant("at"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'"), comment="until when, why, to whom"),
    Index("ix_acts_use", "service", "environment", "platform", "model"),
    comment="What people did about campaigns; only ever added to, and names of people are erased",
)

assignments = Table(
    "assignments",
    metadata,
    Column("service", Text, primary_key=True),
    Column("owner", JSONB, nullable=False, comment="in the shape of an owner of lastcall.yaml"),
    Column("author", Text, nullable=False),
    instant("at"),
    Column("times_said", BigInteger, nullable=False, server_default=text("1"), comment="tells that it is said anew"),
    comment="Owners that people named in answer to lastcall; they hold until lastcall.yaml says so itself",
)

checklist = Table(
    "checklist",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("item", Text, primary_key=True),
    Column("author", Text, nullable=False),
    instant("done_at"),
    comment="Items of a migration that its owner ticked",
)

directory_answers = Table(
    "directory_answers",
    metadata,
    Column("directory", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="what was asked for; empty: how the directory itself is doing"),
    Column("answer", JSONB, comment="the last good one"),
    instant("fetched_at", nullable=True),
    instant("tried_at"),
    Column("error", Text, comment="why the last try gave no answer; null: it did"),
    Column("times_said", BigInteger, nullable=False, server_default=text("1"), comment="tells that it is said anew"),
    comment="What directories said of owners and people on duty, kept while they are down",
)
