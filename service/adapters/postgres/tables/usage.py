"""Tables of usage: watermarks, totals and rejections."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.adapters.postgres.tables.base import count, instant, metadata, use_of_a_model


def _totals() -> tuple[Column[Any], ...]:
    """Common columns of hourly and daily totals."""
    counts = ("calls", "errors", "end_of_life", "input_tokens", "output_tokens", "cached_tokens", "tokens_known")
    latency = Column("latency_ms", Double, nullable=False, server_default=text("0"))
    return (instant("first_at"), instant("last_at"), *map(count, counts), latency, count("latency_known"))


watermarks = Table(
    "watermarks",
    metadata,
    Column(
        "source",
        Text,
        primary_key=True,
        comment="kafka or file; topics of the same name on two sources are independent",
    ),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("incarnation", Text, nullable=False, comment="topic id, or cluster id where the broker gives no topic id"),
    Column("next_offset", BigInteger, nullable=False, comment="next offset not yet applied"),
    count("records"),
    count("call_records"),
    count("rejected_records"),
    count("other_records"),
    count("gap_records"),
    instant("applied_at"),
    Column("called_at", DateTime(timezone=True), comment="when a record with a call was last applied; null: never"),
    Column(
        "caught_up_at",
        DateTime(timezone=True),
        comment="all records older than this are applied; null: the end was not reached yet",
    ),
    CheckConstraint("records = call_records + rejected_records + other_records", name="every_record_is_accounted_for"),
    comment="Watermarks and record counts, one row per source and topic partition",
)

series = Table(
    "series",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("digest", Uuid, nullable=False, unique=True, comment="digest of the following eight columns, the key"),
    Column("service", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("provider", Text),
    Column("host", Text),
    Column("requested_id", Text),
    Column("requested_field", Text, nullable=False),
    Column("served_id", Text),
    Column("platform", Text),
    Column("requested_model", Text),
    Column("served_model", Text),
    Column(
        "served_is_another", Boolean, nullable=False, server_default=text("false"),
        comment="the served model is not a version of the requested one",
    ),
    Column("resolved_by", Text, nullable=False, comment="identity of the catalog that resolved the models"),
    Column(
        "folded", SmallInteger, nullable=False, server_default=text("0"),
        comment="number of names dropped because of a name flood; 0: none",
    ),
    Column("samples", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="request ids, as evidence"),
    Column("sampled_on", Date, comment="day of the sampled calls"),
    Index("ix_series_service", "service", "environment", "platform"),
    Index("ix_series_requested", "platform", "requested_model"),
    Index("ix_series_served", "platform", "served_model"),
    Index("ix_series_resolved_by", "resolved_by"),
    Index(
        "ix_series_unresolved",
        "requested_id",
        postgresql_where=text("requested_model IS NULL AND served_model IS NULL"),
    ),
    Index("ix_series_unplaced", "service", postgresql_where=text("platform IS NULL")),
    comment="Series: calls with the same words in the log, and the models they resolve to",
)  # fmt: skip

usage_hourly = Table(
    "usage_hourly",
    metadata,
    Column("series_id", BigInteger, primary_key=True, comment="no foreign key: its check would lock each series row"),
    Column("hour", DateTime(timezone=True), primary_key=True),
    *_totals(),
    Index("ix_usage_hourly_hour", "hour", postgresql_using="brin"),
    comment="Hourly totals of each series; the service creates and drops one partition per month",
    postgresql_partition_by="RANGE (hour)",
)

usage_hourly_late = Table(
    "usage_hourly_late",
    metadata,
    Column("series_id", BigInteger, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    *_totals(),
    Index("ix_usage_hourly_late_hour", "hour", postgresql_using="brin"),
    comment="Default partition of usage_hourly: hours in closed months, or far from now",
)

usage_months = Table(
    "usage_months",
    metadata,
    Column("month", Date, primary_key=True, comment="first day of the month"),
    instant("made_at"),
    Column("closed_at", DateTime(timezone=True), comment="when its partition was dropped; null: it exists"),
    comment="Months that have, or had, a partition of usage_hourly",
)

stale_days = Table(
    "stale_days",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("day", Date, primary_key=True),
    Column(
        "stale_since", DateTime(timezone=True), nullable=False, server_default=text("now()"),
        comment="first change since the last recalculation; database clock",
    ),
    Index("ix_stale_days_stale_since", "stale_since"),
    comment="Days of usage_daily to recalculate from the hours",
)  # fmt: skip

usage_daily = Table(
    "usage_daily",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("day", Date, primary_key=True),
    *_totals(),
    count("redirected"),
    Column(
        "reporters", JSONB, nullable=False, server_default=text("'{}'"),
        comment="calls by reporter; several reporters may describe the same calls",
    ),
    Index("ix_usage_daily_model_day", "model", "day", "platform"),
    Index("ix_usage_daily_day", "day"),
    comment="Calls per UTC day of one model, requested or served, by one service in one environment",
)  # fmt: skip

model_days = Table(
    "model_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    count("calls"),
    comment="Calls per UTC day of one model: the sum of usage_daily",
)

usage_closed = Table(
    "usage_closed",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("day", Date, primary_key=True),
    Column("first_at", DateTime(timezone=True), comment="null: no calls"),
    Column("last_at", DateTime(timezone=True)),
    *_totals()[2:],
    count("redirected"),
    Column("reporters", JSONB, nullable=False, server_default=text("'{}'")),
    Index("ix_usage_closed_day", "day"),
    comment="Totals of days whose month is closed, for days that got calls later",
)

name_floods = Table(
    "name_floods",
    metadata,
    Column("subject", Text, primary_key=True, comment="the service whose log has the names, or all services"),
    Column("word", Text, nullable=False, comment="the name that varies most; `examples` are from one batch"),
    count("different"),
    count("names"),
    count("calls"),
    Column("examples", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    instant("first_at"),
    instant("last_at"),
    comment="Current name floods: calls counted without their names because there were too many",
)

key_owners = Table(
    "key_owners",
    metadata,
    Column("service", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="e-mail address or team, from the gateway; never an end user"),
    Column("last_at", DateTime(timezone=True), nullable=False, comment="last call with such a key, precise to the day"),
    comment="Owners of the API keys that a service calls with: the latest five",
)

end_notices = Table(
    "end_notices",
    metadata,
    Column("series_id", BigInteger, primary_key=True),
    Column("header", Text, primary_key=True, comment="response header that announces the end"),
    Column("deprecated_on", Date),
    Column("ends_on", Date),
    Column("last_at", DateTime(timezone=True), nullable=False, comment="last call with it, precise to the day"),
    comment="Ends that providers announce in their answers, as the latest call of each series says",
)

rejections = Table(
    "rejections",
    metadata,
    Column("source", Text, primary_key=True, comment="kafka or file"),
    Column("topic", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("format", Text, primary_key=True, comment="empty: not recognized"),
    Column(
        "shape", Text, primary_key=True, server_default=text("''"),
        comment="names of keys of an unknown format; otherwise empty",
    ),
    count("rejected"),
    Column("sample_partition", Integer, nullable=False),
    Column("sample_offset", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, server_default=text("''"), comment="about the sample; quotes no record"),
    comment="Rejections per hour; the bytes are on the dead-letter topic",
)  # fmt: skip

passed_over = Table(
    "passed_over",
    metadata,
    Column("source", Text, primary_key=True, comment="kafka or file"),
    Column("topic", Text, primary_key=True),
    Column("format", Text, primary_key=True, comment="dialect or envelope that recognizes the parts"),
    Column("kind", Text, primary_key=True, comment="kind of the parts, defined by the format"),
    Column("hour", DateTime(timezone=True), primary_key=True, comment="when they were read"),
    count("parts"),
    comment="Parts of records passed over, counted: known to be no calls",
)
