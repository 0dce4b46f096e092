"""The only description of the schema. Migrations are compared with it, and queries are built from it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


# --- usage -----------------------------------------------------------------------------------------------------------

watermarks = Table(
    "watermarks",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("incarnation", Text, nullable=False, comment="topic id, or cluster id where the broker gives no topic id"),
    Column("next_offset", BigInteger, nullable=False, comment="next offset not yet applied"),
    _count("records"),
    _count("call_records"),
    _count("rejected_records"),
    _count("other_records"),
    _count("gap_records"),
    _instant("applied_at"),
    Column(
        "caught_up_at", DateTime(timezone=True), comment="all records older than this are applied; null: not yet once"
    ),
    CheckConstraint("records = call_records + rejected_records + other_records", name="every_record_is_accounted_for"),
    comment="One row a topic partition: what is applied, and the ledger of the records read",
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
    Column("resolved_by", Text, nullable=False, comment="digest of the catalog that resolved the models"),
    Column("samples", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="request ids, as evidence"),
    Index("ix_series_requested", "platform", "requested_model"),
    Index("ix_series_served", "platform", "served_model"),
    Index("ix_series_resolved_by", "resolved_by"),
    Index(
        "ix_series_unresolved",
        "requested_id",
        postgresql_where=text("requested_model IS NULL AND served_model IS NULL"),
    ),
    comment="A stream of calls in the log's own words, and what identity makes of them",
)  # fmt: skip

usage_hourly = Table(
    "usage_hourly",
    metadata,
    Column("series_id", BigInteger, ForeignKey("series.id"), primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    _instant("first_at"),
    _instant("last_at"),
    _count("calls"),
    _count("errors"),
    _count("end_of_life"),
    _count("input_tokens"),
    _count("output_tokens"),
    _count("cached_tokens"),
    _count("tokens_known"),
    Column("latency_ms", Double, nullable=False, server_default=text("0")),
    _count("latency_known"),
    Index("ix_usage_hourly_hour", "hour", postgresql_using="brin"),
    comment="An hour's totals of one series",
)

usage_dirty = Table(
    "usage_dirty",
    metadata,
    Column("service", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column(
        "touched_at", DateTime(timezone=True), nullable=False, server_default=text("now()"),
        comment="first, since it was last worked out; the database's clock",
    ),
    Index("ix_usage_dirty_touched_at", "touched_at"),
    comment="Days of usage_daily that are to be worked out anew from the hours",
)  # fmt: skip

usage_daily = Table(
    "usage_daily",
    metadata,
    Column("service", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    _instant("first_at"),
    _instant("last_at"),
    _count("calls"),
    _count("errors"),
    _count("end_of_life"),
    _count("input_tokens"),
    _count("output_tokens"),
    _count("cached_tokens"),
    _count("tokens_known"),
    Column("latency_ms", Double, nullable=False, server_default=text("0")),
    _count("latency_known"),
    _count("redirected"),
    Column(
        "reporters", JSONB, nullable=False, server_default=text("'{}'"),
        comment="calls by reporter, which may be the same calls",
    ),
    Index("ix_usage_daily_model_day", "platform", "model", "day"),
    comment="UTC day's use of one model, requested or served, by one service in one environment",
)  # fmt: skip

sightings = Table(
    "sightings",
    metadata,
    Column("service", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    _instant("first_at"),
    _instant("last_at"),
    Column("request_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    comment="A service was seen calling a deprecated model; written in the stream, seconds after the call",
)

rejections = Table(
    "rejections",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("format", Text, primary_key=True, comment="empty where no dialect was recognised"),
    _count("rejected"),
    Column("sample_partition", Integer, nullable=False),
    Column("sample_offset", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, server_default=text("''"), comment="of the sample; never quotes the record"),
    comment="What could not be read, counted; the bytes are on the dead-letter topic",
)

# --- lifecycle -------------------------------------------------------------------------------------------------------

catalog_loads = Table(
    "catalog_loads",
    metadata,
    Column("digest", Text, primary_key=True),
    _instant("loaded_at"),
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

# --- escalation ------------------------------------------------------------------------------------------------------

agenda = Table(
    "agenda",
    metadata,
    Column("service", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("look_at", DateTime(timezone=True), comment="when escalation looks next; null: time alone brings nothing"),
    Column("wakes_on_call", Boolean, nullable=False, server_default=text("true"), comment="a new call: look at once"),
    Index("ix_agenda_due", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    comment="When each use of a model is to be decided on next; its row is the lock of the decision",
)  # fmt: skip

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("service", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("reopened_at", DateTime(timezone=True)),
    Column("close_reason", Text),
    Column("policy", JSONB, nullable=False, comment="the policy as it was when the campaign opened"),
    Column("owner", JSONB, nullable=False, comment="who was the owner at the last decision"),
    Column("plan_version", Integer, nullable=False, server_default=text("1"), comment="counts moves of the date"),
    Column("shutdown_on", Date),
    Column("done", JSONB, nullable=False, server_default=text("'[]'"), comment="steps told or passed, with the time"),
    Column("owner_told_at", DateTime(timezone=True)),
    Column("next_at", DateTime(timezone=True), comment="when the next step is due; null: nothing planned"),
    UniqueConstraint("service", "environment", "platform", "model"),
    CheckConstraint("state IN ('open', 'closed')", name="state_is_known"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    Index("ix_campaigns_due", "next_at", postgresql_where=text("state = 'open'")),
    comment="The life of one exposure's escalation",
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dedup_key", Text, nullable=False, unique=True),
    Column("campaign_id", Uuid, ForeignKey("campaigns.id")),
    Column("kind", Text, nullable=False, comment="notice, date_moved, withdrawn, closed, digest, operator"),
    Column("step", Text),
    Column("audience", Text, nullable=False),
    Column("destination", Text, nullable=False, comment="#channel, user:<email>, usergroup:<handle>, or a Slack id"),
    Column("facts", JSONB, nullable=False, comment="what the message will say, as of the decision"),
    Column("reason", Text, nullable=False, comment="why this destination, why now"),
    _instant("decided_at"),
    _instant("not_before"),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True), comment="database clock"),
    Column("message_id", Uuid, ForeignKey("messages.id")),
    Column("settled_at", DateTime(timezone=True)),
    Column("outcome", Text, comment="last outcome in words"),
    Column("rerouted_from", Uuid, ForeignKey("notifications.id")),
    CheckConstraint("state IN ('pending', 'leased', 'delivered', 'failed', 'unknown')", name="state_is_known"),
    CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="no_half_lease"),
    CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name="leased_has_a_lease"),
    Index(
        "ix_notifications_pending", "destination", "not_before",
        postgresql_where=text("state IN ('pending', 'leased', 'unknown')"),
    ),
    Index("ix_notifications_campaign", "campaign_id"),
    comment="The outbox: intent to tell one destination one thing, once",
)  # fmt: skip

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True, comment="also the id in the Slack message's metadata"),
    Column("destination", Text, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("replies", JSONB, nullable=False, server_default=text("'[]'"), comment="blocks of each reply in its thread"),
    Column("text", Text, nullable=False),
    _instant("rendered_at"),
    Column(
        "written_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
        comment="database clock; if it is on Slack, it is there since then",
    ),
    Column("delivered_at", DateTime(timezone=True)),
    Column("channel", Text, comment="Slack's id of the channel"),
    Column("ts", Text, comment="Slack's id of the message in the channel"),
    Index("ix_messages_rendered_at", "rendered_at"),
    comment="What was sent, or may have been, as it was sent; written before the attempt",
)

digests = Table(
    "digests",
    metadata,
    Column("week", Text, primary_key=True, comment="ISO week, 2025-W27"),
    Column("audience", Text, primary_key=True, comment="a team's name, or (organisation)"),
    Column("picture", JSONB, nullable=False),
    _instant("recorded_at"),
    comment="Which week's digest was made for whom, once",
)

conditions = Table(
    "conditions",
    metadata,
    Column("kind", Text, primary_key=True, comment="topic_recreated, rejection_flood, gap, slack_auth ..."),
    Column("subject", Text, primary_key=True),
    _instant("since"),
    Column("detail", Text, nullable=False),
    Column("remedy", Text, nullable=False, comment="what the operator can do"),
    Column("told_at", DateTime(timezone=True)),
    Column("cleared_at", DateTime(timezone=True)),
    comment="What is wrong with lastcall itself, for the operator: shown by doctor, /readyz and the page, told once",
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("verb", Text, primary_key=True, comment="reconcile, escalate, deliver, report"),
    _instant("now"),
    _instant("finished_at"),
    Column("took_ms", Double, nullable=False),
    Column("company", Text, comment="digest of the lastcall.yaml that it went by"),
    comment="The last tick of each engine verb",
)
