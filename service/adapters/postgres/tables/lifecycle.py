"""Deprecations as the engine last saw them, loaded catalogs and lastcall.yaml files, and exposures."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.adapters.postgres.tables.base import instant, metadata, use_of_a_model


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


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

exposures = Table(
    "exposures",
    metadata,
    *use_of_a_model(primary_key=True),
    instant("first_at"),
    instant("last_at"),
    Column("last_day", Date, nullable=False),
    Column("last_calls", BigInteger, nullable=False, comment="of that day"),
    Column("longest_gap", Integer, nullable=False, comment="days from one day of use to the next"),
    Column("calls", BigInteger, nullable=False),
    Column(
        "failing_since", Date, comment="the first of the days of use up to the last that are broken; null: it is not"
    ),
    Column("answered_on", Date, comment="the day of use before those; null: there is none"),
    Column("redirected_since", Date, comment="as failing_since, of days on which another model answered"),
    Column("deadline", Date, comment="that failing days were judged by"),
    Column("public_from", Date, nullable=False, comment="infinity: it is taken back; -infinity: it always was"),
    Column("state_while_calling", Text, nullable=False, comment="active, overdue, broken or redirected"),
    Column("quiet_at", DateTime(timezone=True), nullable=False, comment="from then on it is quiet"),
    Column("counted_until", DateTime(timezone=True), comment="the first call that was still ahead; null: none was"),
    Column("team", Text, comment="null: nobody owns the service"),
    Column("lacks_deadline", Boolean, nullable=False),
    Column("change_by", Date, nullable=False, comment="infinity: no day is known"),
    Column("waived_until", DateTime(timezone=True)),
    Column(
        "told_at", DateTime(timezone=True), comment="when a message of it was delivered last; null: nobody was told"
    ),
    Column("phase", Integer, nullable=False, server_default=text("0"), comment="bits: the counts that it is in"),
    Column(
        "phase_from", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'"),
        comment="the phase is right from then on",
    ),
    Column(
        "phase_until", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'"),
        comment="and no longer certain from then on; -infinity: not at all",
    ),
    Column("phase_change_by", Date, comment="change_by when the phase was counted; infinity: no deadline"),
    Index(
        "ix_exposures_list",
        "lacks_deadline", "change_by", "platform", "model", "service", "environment", "deadline",
    ),
    Index("ix_exposures_model", "platform", "model"),
    Index("ix_exposures_team", "team"),
    Index("ix_exposures_phase_from", "phase_from"),
    Index("ix_exposures_phase_until", "phase_until"),
    Index("ix_exposures_counted_until", "counted_until", postgresql_where=text("counted_until IS NOT NULL")),
    comment="Uses of deprecated models: a summary of the days of use, and what lists are filtered and sorted by",
)  # fmt: skip

service_counts = Table(
    "service_counts",
    metadata,
    Column("service", Text, primary_key=True),
    *map(_number, ("uses", "unmigrated", "calling", "past", "near", "untold")),
    comment="Of a service's exposures, how many are in which phase, as their rows say",
)

model_counts = Table(
    "model_counts",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("change_by", Date, primary_key=True, comment="infinity: no deadline"),
    *map(_number, ("active", "quiet", "overdue", "broken", "redirected", "waived")),
    comment="Of a model's exposures, how many are in which state, as their rows say",
)
