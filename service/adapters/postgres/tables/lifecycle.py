"""Which models go away when, as the engine last saw it; by which catalog, and by which lastcall.yaml."""

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.adapters.postgres.tables.base import instant, metadata

catalog_loads = Table(
    "catalog_loads",
    metadata,
    Column("digest", Text, primary_key=True),
    instant("loaded_at"),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="when a process that goes by it ticked last"),
    Column("records", Integer, nullable=False),
    Column(
        "changes",
        JSONB,
        nullable=False,
        server_default=text("'[]'"),
        comment="dates that moved against the load before",
    ),
    comment="Which catalog was in force since when",
)

company_loads = Table(
    "company_loads",
    metadata,
    Column("digest", Text, primary_key=True),
    instant("loaded_at"),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="when a process that goes by it ticked last"),
    comment="Which lastcall.yaml was in force since when",
)

deprecations = Table(
    "deprecations",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("announced_on", Date),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("shutdown_on", Date),
    Column("precision", Text, nullable=False),
    Column("replacements", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("sources", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column(
        "withdrawn", Boolean, nullable=False, server_default=text("false"), comment="gone from the catalog, kept here"
    ),
    comment="The catalog's deprecations as the engine last saw them, for joins and for noticing that a date moved",
)  # fmt: skip
