"""Conditions and heartbeats."""

from sqlalchemy import Column, DateTime, Double, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.postgres.tables.base import instant, metadata

conditions = Table(
    "conditions",
    metadata,
    Column("kind", Text, primary_key=True, comment="topic_recreated, rejection_flood, gap, slack_auth ..."),
    Column("subject", Text, primary_key=True),
    instant("since"),
    Column("facts", JSONB, nullable=False, comment="of core.condition, by kind"),
    Column("told_at", DateTime(timezone=True)),
    Column("cleared_at", DateTime(timezone=True)),
    comment="What is wrong with lastcall itself, for the operator: shown by doctor, /readyz and the page, told once",
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("verb", Text, primary_key=True, comment="reconcile, escalate, deliver, report, clean_up"),
    instant("now"),
    instant("finished_at"),
    Column("took_ms", Double, nullable=False),
    Column("company", Text, comment="digest of the lastcall.yaml that it went by"),
    comment="The last tick of each engine verb",
)
