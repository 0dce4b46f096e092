"""What the catalog's sources say, and what people decided about proposals."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, DateTime, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.postgres.tables.base import count, instant, metadata

catalog_sources = Table(
    "catalog_sources",
    metadata,
    Column("source", Text, primary_key=True),
    instant("tried_at"),
    Column("read_at", DateTime(timezone=True), comment="last good reading that was not held; null: none yet"),
    Column("error", Text, comment="why the last attempt failed; null: it did not"),
    Column("remedy", Text),
    Column(
        "is_refusal",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="the failure persists until a person acts",
    ),
    Column("version", JSONB(none_as_null=True), comment="of the bytes of the last good reading: validators and digest"),
    Column(
        "held",
        JSONB(none_as_null=True),
        comment="a reading that waits for a person: its findings, version and suspicions",
    ),
    count("times_said"),
    count("times_read"),
    CheckConstraint("(error IS NULL) = (remedy IS NULL)", name="error_has_a_remedy"),
    comment="Sources of the catalog; times_said counts changes, times_read the days of good readings",
)

catalog_statements = Table(
    "catalog_statements",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("model_id", Text, nullable=False, comment="as requests on the platform spell it"),
    Column("since", DateTime(timezone=True), nullable=False, comment="first reading that said it"),
    Column("until", DateTime(timezone=True), comment="first reading that said something else; null: in force"),
    Column("standing", Text, nullable=False, comment="provider, reported or inferred"),
    Column("url", Text, nullable=False),
    Column("proposes", Boolean, nullable=False, comment="a person must accept it"),
    Column("left_on", Date, comment="first reading of the provider's whole list without the model"),
    Column("finding", JSONB, nullable=False),
    Index(
        "ix_catalog_statements_in_force", "source", "platform", "model_id",
        unique=True, postgresql_where=text("until IS NULL"),
    ),
    Index("ix_catalog_statements_name", "platform", "model_id"),
    comment="What each source says about each model, and what it said before",
)  # fmt: skip

catalog_decisions = Table(
    "catalog_decisions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("proposal_id", Text, nullable=False),
    Column("proposal", JSONB, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("at"),
    CheckConstraint("verdict IN ('accepted', 'refused')", name="verdict_is_known"),
    Index("ix_catalog_decisions_proposal", "proposal_id"),
    comment="Decisions on proposals; the newest one on a proposal counts",
)
