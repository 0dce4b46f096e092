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
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="last tick of a process that uses it"),
    Column("records", Integer, nullable=False),
    Column(
        "changes",
        JSONB,
        nullable=False,
        server_default=text("'[]'"),
        comment="dates that moved since the previous load",
    ),
    comment="Catalogs and when each came into force",
)

company_loads = Table(
    "company_loads",
    metadata,
    Column("digest", Text, primary_key=True),
    instant("loaded_at"),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="last tick of a process that uses it"),
    comment="lastcall.yaml files and when each came into force",
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
    Column("standing", Text, nullable=False, comment="provider, reported or inferred"),
    Column("replacements", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("sources", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column(
        "withdrawn", Boolean, nullable=False, server_default=text("false"), comment="removed from the catalog"
    ),
    comment="Deprecations as the engine last saw them, for joins and to detect moved dates",
)  # fmt: skip

exposures = Table(
    "exposures",
    metadata,
    *use_of_a_model(primary_key=True),
    instant("first_at"),
    instant("last_at"),
    Column("last_day", Date, nullable=False),
    Column("last_calls", BigInteger, nullable=False, comment="calls on last_day"),
    Column("longest_gap", Integer, nullable=False, comment="longest gap between days of use, in days"),
    Column("calls", BigInteger, nullable=False),
    Column(
        "failing_since", Date, comment="first day of the current streak of broken days; null: none"
    ),
    Column("answered_on", Date, comment="day of use before that streak; null: none"),
    Column("redirected_since", Date, comment="as failing_since, for days on which another model answered"),
    Column("deadline", Date, comment="the firm shutdown; null: none"),
    Column("errors_count_after", Date, comment="failing days: errors count after this day; null: never"),
    Column("public_from", Date, nullable=False, comment="infinity: withdrawn; -infinity: always public"),
    Column("state_while_calling", Text, nullable=False, comment="active, overdue, broken or redirected"),
    Column("quiet_at", DateTime(timezone=True), nullable=False, comment="it is quiet from then on"),
    Column("counted_until", DateTime(timezone=True), comment="first call after the time of the count; null: none"),
    Column("team", Text, comment="null: no owner"),
    Column("lacks_deadline", Boolean, nullable=False),
    Column("change_by", Date, nullable=False, comment="infinity: no date is known"),
    Column("waived_until", DateTime(timezone=True)),
    Column(
        "told_at", DateTime(timezone=True), comment="last delivered message about it; null: none"
    ),
    Column("phase", Integer, nullable=False, server_default=text("0"), comment="bits: the counts that include it"),
    Column(
        "phase_from", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'"),
        comment="start of the span in which the phase is valid",
    ),
    Column(
        "phase_until", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'"),
        comment="end of that span; -infinity: the phase may be wrong",
    ),
    Column("phase_change_by", Date, comment="change_by when the phase was calculated; infinity: no deadline"),
    Index(
        "ix_exposures_list",
        "lacks_deadline", "change_by", "platform", "model", "service", "environment", "deadline",
    ),
    Index("ix_exposures_model", "platform", "model"),
    Index("ix_exposures_team", "team"),
    Index("ix_exposures_phase_from", "phase_from"),
    Index("ix_exposures_phase_until", "phase_until"),
    Index("ix_exposures_counted_until", "counted_until", postgresql_where=text("counted_until IS NOT NULL")),
    comment="Exposures: a summary of the days of use, and the columns by which lists are filtered and sorted",
)  # fmt: skip

service_counts = Table(
    "service_counts",
    metadata,
    Column("service", Text, primary_key=True),
    *map(_number, ("uses", "unmigrated", "calling", "past", "near", "untold")),
    comment="Number of exposures of each service by phase, as of the rows' phases",
)

model_counts = Table(
    "model_counts",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("change_by", Date, primary_key=True, comment="infinity: no deadline"),
    *map(_number, ("active", "quiet", "overdue", "broken", "redirected", "waived")),
    comment="Number of exposures of each model by state, as of the rows' phases",
)
