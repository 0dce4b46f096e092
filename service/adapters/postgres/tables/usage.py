"""Usage: watermarks, totals, and rejections."""

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
    """Common columns of an hour and a day of use."""
    counts = ("calls", "errors", "end_of_life", "input_tokens", "output_tokens", "cached_tokens", "tokens_known")
    latency = Column("latency_ms", Double, nullable=False, server_default=text("0"))
    return (instant("first_at"), instant("last_at"), *map(count, counts), latency, count("latency_known"))


watermarks = Table(
    "watermarks",
    metadata,
    Column("source", Text, primary_key=True, comment="kafka or file: the same topic of another source is another"),
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
        "caught_up_at", DateTime(timezone=True), comment="all records older than this are applied; null: not yet once"
    ),
    CheckConstraint("records = call_records + rejected_records + other_records", name="every_record_is_accounted_for"),
    comment="One row a source's topic partition: what is applied, and the ledger of the records read",
)

series = Table(
    "series",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("digest", Uuid, nullable=False, unique=True, comment="of the eight columns that follow, which are the key"),
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
        comment="the served model is no version of the requested one",
    ),
    Column("resolved_by", Text, nullable=False, comment="digest of the catalog that resolved the models"),
    Column(
        "folded", SmallInteger, nullable=False, server_default=text("0"),
        comment="how many of the log's words were given up when names were too many; 0: none",
    ),
    Column("samples", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="request ids, as evidence"),
    Column("sampled_on", Date, comment="the day of the calls that the samples are of"),
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
    comment="A stream of calls in the log's own words, and what identity makes of them",
)  # fmt: skip

usage_hourly = Table(
    "usage_hourly",
    metadata,
    Column("series_id", BigInteger, primary_key=True, comment="no foreign key: its check would lock each series row"),
    Column("hour", DateTime(timezone=True), primary_key=True),
    *_totals(),
    Index("ix_usage_hourly_hour", "hour", postgresql_using="brin"),
    comment="An hour's totals of one series; a partition a month, made and dropped by the service",
    postgresql_partition_by="RANGE (hour)",
)

usage_hourly_late = Table(
    "usage_hourly_late",
    metadata,
    Column("series_id", BigInteger, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    *_totals(),
    Index("ix_usage_hourly_late_hour", "hour", postgresql_using="brin"),
    comment="The partition of usage_hourly for hours of months that have none: closed ones, and those far from now",
)

usage_months = Table(
    "usage_months",
    metadata,
    Column("month", Date, primary_key=True, comment="its first day"),
    instant("made_at"),
    Column("closed_at", DateTime(timezone=True), comment="when its partition was dropped; null: it is there"),
    comment="The months that have, or had, a partition of usage_hourly",
)

stale_days = Table(
    "stale_days",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("day", Date, primary_key=True),
    Column(
        "stale_since", DateTime(timezone=True), nullable=False, server_default=text("now()"),
        comment="first, since it was last worked out; the database's clock",
    ),
    Index("ix_stale_days_stale_since", "stale_since"),
    comment="Days of usage_daily that are to be worked out anew from the hours",
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
        comment="calls by reporter, which may be the same calls",
    ),
    Index("ix_usage_daily_model_day", "model", "day", "platform"),
    Index("ix_usage_daily_day", "day"),
    comment="UTC day's use of one model, requested or served, by one service in one environment",
)  # fmt: skip

model_days = Table(
    "model_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    count("calls"),
    comment="UTC day's calls of one model: the sum of usage_daily",
)

usage_closed = Table(
    "usage_closed",
    metadata,
    *use_of_a_model(primary_key=True),
    Column("day", Date, primary_key=True),
    Column("first_at", DateTime(timezone=True), comment="null: no call"),
    Column("last_at", DateTime(timezone=True)),
    *_totals()[2:],
    count("redirected"),
    Column("reporters", JSONB, nullable=False, server_default=text("'{}'")),
    Index("ix_usage_closed_day", "day"),
    comment="What a day of use had when its month was closed: of the days for which calls came later",
)

name_floods = Table(
    "name_floods",
    metadata,
    Column("subject", Text, primary_key=True, comment="the service that brings the names, or all services"),
    Column("word", Text, nullable=False, comment="what differs most among the names, with `examples` of one batch"),
    count("different"),
    count("names"),
    count("calls"),
    Column("examples", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    instant("first_at"),
    instant("last_at"),
    comment="Calls that are counted without their names, because there were too many of them; while it goes on",
)

key_owners = Table(
    "key_owners",
    metadata,
    Column("service", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="an e-mail address or a team, as the gateway has it; no end user"),
    Column("last_at", DateTime(timezone=True), nullable=False, comment="of a call with such a key, to the day"),
    comment="Who made or holds the API keys that a service calls with: the five who called last",
)

rejections = Table(
    "rejections",
    metadata,
    Column("source", Text, primary_key=True, comment="kafka or file"),
    Column("topic", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("format", Text, primary_key=True, comment="empty where no dialect was recognised"),
    Column(
        "shape", Text, primary_key=True, server_default=text("''"),
        comment="of an unknown format: names of keys; else empty",
    ),
    count("rejected"),
    Column("sample_partition", Integer, nullable=False),
    Column("sample_offset", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, server_default=text("''"), comment="of the sample; never quotes the record"),
    comment="What could not be read, counted; the bytes are on the dead-letter topic",
)  # fmt: skip

passed_over = Table(
    "passed_over",
    metadata,
    Column("source", Text, primary_key=True, comment="kafka or file"),
    Column("topic", Text, primary_key=True),
    Column("format", Text, primary_key=True, comment="the dialect or envelope that knows the parts"),
    Column("kind", Text, primary_key=True, comment="what they are, of the format's own list"),
    Column("hour", DateTime(timezone=True), primary_key=True, comment="when they were read"),
    count("parts"),
    comment="Parts of records that are known to be no calls, counted",
)
