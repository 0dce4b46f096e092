"""The outbox: pending notifications, sent messages, and digests."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.postgres.tables.base import instant, metadata

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dedup_key", Text, nullable=False, unique=True),
    Column("campaign_id", Uuid, ForeignKey("campaigns.id")),
    Column("kind", Text, nullable=False, comment="notice, news of a use by what happened, digest, operator ..."),
    Column("step", Text),
    Column("audience", Text, nullable=False),
    Column("destination", Text, nullable=False, comment="#channel, user:<email>, usergroup:<handle>, or a Slack id"),
    Column("facts", JSONB, nullable=False, comment="cause and data of the message, at the time of the decision"),
    instant("decided_at"),
    instant("not_before"),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True), comment="database clock"),
    Column("message_id", Uuid, ForeignKey("messages.id")),
    Column("settled_at", DateTime(timezone=True)),
    Column("outcome", Text, comment="outcome of the last attempt"),
    Column("rerouted_from", Uuid, ForeignKey("notifications.id")),
    CheckConstraint("state IN ('pending', 'leased', 'delivered', 'failed', 'unknown')", name="state_is_known"),
    CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="no_half_lease"),
    CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name="leased_has_a_lease"),
    Index(
        "ix_notifications_pending", "destination", "not_before",
        postgresql_where=text("state IN ('pending', 'leased', 'unknown')"),
    ),
    Index("ix_notifications_campaign", "campaign_id"),
    Index("ix_notifications_decided_at", "decided_at", "id"),
    Index("ix_notifications_message", "message_id"),
    Index("ix_notifications_not_before", "not_before", "id", postgresql_where=text("state = 'pending'")),
    Index("ix_notifications_rerouted_from", "rerouted_from", postgresql_where=text("rerouted_from IS NOT NULL")),
    Index("ix_notifications_state", "state"),
    Index("ix_notifications_settled_at", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    comment="Outbox: the intent to send one thing to one destination, once",
)  # fmt: skip

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True, comment="also the id in the Slack message's metadata"),
    Column("destination", Text, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("replies", JSONB, nullable=False, server_default=text("'[]'"), comment="blocks of each reply in the thread"),
    Column("text", Text, nullable=False),
    instant("rendered_at"),
    Column(
        "written_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
        comment="database clock; a message on Slack is there since then",
    ),
    Column("delivered_at", DateTime(timezone=True)),
    Column("channel", Text, comment="Slack's id of the conversation"),
    Column("ts", Text, comment="Slack's id of the message in the channel"),
    Index("ix_messages_rendered_at", "rendered_at"),
    comment="Messages that were, or may have been, sent; written before the attempt",
)

cards = Table(
    "cards",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("urgency", SmallInteger, nullable=False, comment="0 calm, 1 soon, 2 last days, 3 failing"),
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Index("ix_cards_message", "message_id"),
    comment="Live card of a deprecation at a destination: the message with the thread of later steps",
)

digests = Table(
    "digests",
    metadata,
    Column("week", Text, primary_key=True, comment="ISO week, 2025-W27"),
    Column("audience", Text, primary_key=True, comment="a team's name, or (organisation)"),
    Column("picture", JSONB, nullable=False),
    instant("recorded_at"),
    comment="Digests made, one per week and audience",
)
