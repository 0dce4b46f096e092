"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="acknowledge, snooze, commit, waive, reassign, reopen, check"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="until when, why, to whom"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        comment="What people did about campaigns; only ever added to, and names of people are erased",
    )
    op.create_index("ix_acts_use", "acts", ["service", "environment", "platform", "model"])
    op.create_table(
        "agenda",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), comment="when escalation looks next; null: time alone brings nothing"),
        sa.Column("wakes_on_call", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="a new call: look at once"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", name=op.f("pk_agenda")),
        comment="When each use of a model is to be decided on next; its row is the lock of the decision",
    )
    op.create_index("ix_agenda_due", "agenda", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "assignments",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("owner", postgresql.JSONB(), nullable=False, comment="in the shape of an owner of lastcall.yaml"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times_said", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment="tells that it is said anew"),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_assignments")),
        comment="Owners that people named in answer to lastcall; they hold until lastcall.yaml says so itself",
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("reopened_at", sa.DateTime(timezone=True)),
        sa.Column("close_reason", sa.Text()),
        sa.Column("policy", postgresql.JSONB(), nullable=False, comment="the policy as it was when the campaign opened"),
        sa.Column("owner", postgresql.JSONB(), comment="who answered when the owner was last told; null: nobody was told yet"),
        sa.Column("plan_version", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="counts moves of the date"),
        sa.Column("shutdown_on", sa.Date()),
        sa.Column("done", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="steps told or passed, with the time"),
        sa.Column("owner_told_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged", postgresql.JSONB(), comment="by whom, at which step, until when"),
        sa.Column("hold", postgresql.JSONB(), comment="snoozed or waived: by whom, until when, why"),
        sa.Column("promise", postgresql.JSONB(), comment="to be done by a day: by whom, and whether it was kept so far"),
        sa.Column("frozen_from", sa.Date(), comment="the first day of the change freeze that the plan counts from"),
        sa.Column("kept_open", postgresql.JSONB(), comment="by whom: silence closes nothing before the shutdown"),
        sa.Column("redirect_told_at", sa.DateTime(timezone=True), comment="when the owner heard that another model answers"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_campaigns_closed_has_a_time")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_campaigns_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("service", "environment", "platform", "model", name=op.f("uq_campaigns_service_environment_platform_model")),
        comment="The life of one exposure's escalation",
    )
    op.create_table(
        "catalog_loads",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="when a process that goes by it ticked last"),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="dates that moved against the load before"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_catalog_loads")),
        comment="Which catalog was in force since when",
    )
    op.create_table(
        "checklist",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "item", name=op.f("pk_checklist")),
        comment="Items of a migration that its owner ticked",
    )
    op.create_table(
        "company_loads",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="when a process that goes by it ticked last"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_company_loads")),
        comment="Which lastcall.yaml was in force since when",
    )
    op.create_table(
        "conditions",
        sa.Column("kind", sa.Text(), nullable=False, comment="topic_recreated, rejection_flood, gap, slack_auth ..."),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="of core.condition, by kind"),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_conditions")),
        comment="What is wrong with lastcall itself, for the operator: shown by doctor, /readyz and the page, told once",
    )
    op.create_table(
        "deprecations",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("announced_on", sa.Date()),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shutdown_on", sa.Date()),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("replacements", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="gone from the catalog, kept here"),
        sa.PrimaryKeyConstraint("platform", "model", name=op.f("pk_deprecations")),
        comment="The catalog's deprecations as the engine last saw them, for joins and for noticing that a date moved",
    )
    op.create_table(
        "digests",
        sa.Column("week", sa.Text(), nullable=False, comment="ISO week, 2025-W27"),
        sa.Column("audience", sa.Text(), nullable=False, comment="a team's name, or (organisation)"),
        sa.Column("picture", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week", "audience", name=op.f("pk_digests")),
        comment="Which week's digest was made for whom, once",
    )
    op.create_table(
        "directory_answers",
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what was asked for; empty: how the directory itself is doing"),
        sa.Column("answer", postgresql.JSONB(), comment="the last good one"),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), comment="why the last try gave no answer; null: it did"),
        sa.Column("times_said", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment="tells that it is said anew"),
        sa.PrimaryKeyConstraint("directory", "key", name=op.f("pk_directory_answers")),
        comment="What directories said of owners and people on duty, kept while they are down",
    )
    op.create_table(
        "heartbeats",
        sa.Column("verb", sa.Text(), nullable=False, comment="reconcile, escalate, deliver, report, clean_up"),
        sa.Column("now", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Double(), nullable=False),
        sa.Column("company", sa.Text(), comment="digest of the lastcall.yaml that it went by"),
        sa.PrimaryKeyConstraint("verb", name=op.f("pk_heartbeats")),
        comment="The last tick of each engine verb",
    )
    op.create_table(
        "key_owners",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="an e-mail address or a team, as the gateway has it; no end user"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="of a call with such a key, to the day"),
        sa.PrimaryKeyConstraint("service", "name", name=op.f("pk_key_owners")),
        comment="Who made or holds the API keys that a service calls with: the five who called last",
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False, comment="also the id in the Slack message's metadata"),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(), nullable=False),
        sa.Column("replies", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="blocks of each reply in its thread"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="database clock; if it is on Slack, it is there since then",
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("channel", sa.Text(), comment="Slack's id of the channel"),
        sa.Column("ts", sa.Text(), comment="Slack's id of the message in the channel"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        comment="What was sent, or may have been, as it was sent; written before the attempt",
    )
    op.create_index("ix_messages_rendered_at", "messages", ["rendered_at"])
    op.create_table(
        "cards",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False, comment="0 calm, 1 soon, 2 last days, 3 failing"),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_cards_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("destination", "platform", "model", name=op.f("pk_cards")),
        comment="The live card of a deprecation at a destination: the Slack message whose thread later steps belong to",
    )
    op.create_index("ix_cards_message", "cards", ["message_id"])
    op.create_table(
        "name_floods",
        sa.Column("subject", sa.Text(), nullable=False, comment="the service that brings the names, or all services"),
        sa.Column("word", sa.Text(), nullable=False, comment="what differs most among the names, with `examples` of one batch"),
        sa.Column("different", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("names", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("examples", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_name_floods")),
        comment="Calls that are counted without their names, because there were too many of them; while it goes on",
    )
    op.create_table(
        "passed_over",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="the dialect or envelope that knows the parts"),
        sa.Column("kind", sa.Text(), nullable=False, comment="what they are, of the format's own list"),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="when they were read"),
        sa.Column("parts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("source", "topic", "format", "kind", "hour", name=op.f("pk_passed_over")),
        comment="Parts of records that are known to be no calls, counted",
    )
    op.create_table(
        "rejections",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="empty where no dialect was recognised"),
        sa.Column("shape", sa.Text(), server_default=sa.text("''"), nullable=False, comment="of an unknown format: names of keys; else empty"),
        sa.Column("rejected", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sample_partition", sa.Integer(), nullable=False),
        sa.Column("sample_offset", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False, comment="of the sample; never quotes the record"),
        sa.PrimaryKeyConstraint("source", "topic", "reason", "hour", "format", "shape", name=op.f("pk_rejections")),
        comment="What could not be read, counted; the bytes are on the dead-letter topic",
    )
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False, comment="of the eight columns that follow, which are the key"),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text()),
        sa.Column("host", sa.Text()),
        sa.Column("requested_id", sa.Text()),
        sa.Column("requested_field", sa.Text(), nullable=False),
        sa.Column("served_id", sa.Text()),
        sa.Column("platform", sa.Text()),
        sa.Column("requested_model", sa.Text()),
        sa.Column("served_model", sa.Text()),
        sa.Column(
            "served_is_another", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="the served model is no version of the requested one"
        ),
        sa.Column("resolved_by", sa.Text(), nullable=False, comment="digest of the catalog that resolved the models"),
        sa.Column(
            "folded",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="how many of the log's words were given up when names were too many; 0: none",
        ),
        sa.Column("samples", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="request ids, as evidence"),
        sa.Column("sampled_on", sa.Date(), comment="the day of the calls that the samples are of"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("digest", name=op.f("uq_series_digest")),
        comment="A stream of calls in the log's own words, and what identity makes of them",
    )
    op.create_index("ix_series_requested", "series", ["platform", "requested_model"])
    op.create_index("ix_series_resolved_by", "series", ["resolved_by"])
    op.create_index("ix_series_served", "series", ["platform", "served_model"])
    op.create_index("ix_series_service", "series", ["service", "environment", "platform"])
    op.create_index("ix_series_unresolved", "series", ["requested_id"], postgresql_where=sa.text("requested_model IS NULL AND served_model IS NULL"))
    op.create_index("ix_series_unplaced", "series", ["service"], postgresql_where=sa.text("platform IS NULL"))
    op.create_table(
        "exposures",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("last_calls", sa.BigInteger(), nullable=False, comment="of that day"),
        sa.Column("longest_gap", sa.Integer(), nullable=False, comment="days from one day of use to the next"),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.Date(), comment="the first of the days of use up to the last that are broken; null: it is not"),
        sa.Column("answered_on", sa.Date(), comment="the day of use before those; null: there is none"),
        sa.Column("redirected_since", sa.Date(), comment="as failing_since, of days on which another model answered"),
        sa.Column("deadline", sa.Date(), comment="that failing days were judged by"),
        sa.Column("public_from", sa.Date(), nullable=False, comment="infinity: it is taken back; -infinity: it always was"),
        sa.Column("state_while_calling", sa.Text(), nullable=False, comment="active, overdue, broken or redirected"),
        sa.Column("quiet_at", sa.DateTime(timezone=True), nullable=False, comment="from then on it is quiet"),
        sa.Column("counted_until", sa.DateTime(timezone=True), comment="the first call that was still ahead; null: none was"),
        sa.Column("team", sa.Text(), comment="null: nobody owns the service"),
        sa.Column("lacks_deadline", sa.Boolean(), nullable=False),
        sa.Column("change_by", sa.Date(), nullable=False, comment="infinity: no day is known"),
        sa.Column("waived_until", sa.DateTime(timezone=True)),
        sa.Column("told_at", sa.DateTime(timezone=True), comment="when a message of it was delivered last; null: nobody was told"),
        sa.Column("phase", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="bits: the counts that it is in"),
        sa.Column("phase_from", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False, comment="the phase is right from then on"),
        sa.Column("phase_until", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False, comment="and no longer certain from then on; -infinity: not at all"),
        sa.Column("phase_change_by", sa.Date(), comment="change_by when the phase was counted; infinity: no deadline"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", name=op.f("pk_exposures")),
        comment="Uses of deprecated models: a summary of the days of use, and what lists are filtered and sorted by",
    )
    op.create_index("ix_exposures_list", "exposures", ["lacks_deadline", "change_by", "platform", "model", "service", "environment", "deadline"])
    op.create_index("ix_exposures_model", "exposures", ["platform", "model"])
    op.create_index("ix_exposures_team", "exposures", ["team"])
    op.create_index("ix_exposures_phase_from", "exposures", ["phase_from"])
    op.create_index("ix_exposures_phase_until", "exposures", ["phase_until"])
    op.create_index("ix_exposures_counted_until", "exposures", ["counted_until"], postgresql_where=sa.text("counted_until IS NOT NULL"))
    op.create_table(
        "service_counts",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unmigrated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("calling", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("past", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("near", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("untold", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_service_counts")),
        comment="Of a service's exposures, how many are in which phase, as their rows say",
    )
    op.create_table(
        "model_counts",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("change_by", sa.Date(), nullable=False, comment="infinity: no deadline"),
        sa.Column("active", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quiet", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("overdue", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("broken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("redirected", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waived", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("platform", "model", "change_by", name=op.f("pk_model_counts")),
        comment="Of a model's exposures, how many are in which state, as their rows say",
    )
    op.create_table(
        "model_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "platform", "model", name=op.f("pk_model_days")),
        comment="UTC day's calls of one model: the sum of usage_daily",
    )
    op.create_table(
        "usage_daily",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("end_of_life", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_ms", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("redirected", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reporters", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="calls by reporter, which may be the same calls"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "day", name=op.f("pk_usage_daily")),
        comment="UTC day's use of one model, requested or served, by one service in one environment",
    )
    op.create_index("ix_usage_daily_day", "usage_daily", ["day"])
    op.create_index("ix_usage_daily_model_day", "usage_daily", ["model", "day", "platform"])
    op.create_table(
        "stale_days",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "stale_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="first, since it was last worked out; the database's clock",
        ),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "day", name=op.f("pk_stale_days")),
        comment="Days of usage_daily that are to be worked out anew from the hours",
    )
    op.create_index("ix_stale_days_stale_since", "stale_days", ["stale_since"])
    op.create_table(
        "watermarks",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file: the same topic of another source is another"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False, comment="topic id, or cluster id where the broker gives no topic id"),
        sa.Column("next_offset", sa.BigInteger(), nullable=False, comment="next offset not yet applied"),
        sa.Column("records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("call_records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejected_records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("other_records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("gap_records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), comment="when a record with a call was last applied; null: never"),
        sa.Column("caught_up_at", sa.DateTime(timezone=True), comment="all records older than this are applied; null: not yet once"),
        sa.CheckConstraint("records = call_records + rejected_records + other_records", name=op.f("ck_watermarks_every_record_is_accounted_for")),
        sa.PrimaryKeyConstraint("source", "topic", "partition", name=op.f("pk_watermarks")),
        comment="One row a source's topic partition: what is applied, and the ledger of the records read",
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False, comment="notice, news of a use by what happened, digest, operator ..."),
        sa.Column("step", sa.Text()),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False, comment="#channel, user:<email>, usergroup:<handle>, or a Slack id"),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="the cause, and what the message will say, as of the decision"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("lease_until", sa.DateTime(timezone=True), comment="database clock"),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text(), comment="last outcome in words"),
        sa.Column("rerouted_from", sa.Uuid()),
        sa.CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name=op.f("ck_notifications_leased_has_a_lease")),
        sa.CheckConstraint("state IN ('pending', 'leased', 'delivered', 'failed', 'unknown')", name=op.f("ck_notifications_state_is_known")),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_notifications_no_half_lease")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_notifications_campaign_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_notifications_message_id")),
        sa.ForeignKeyConstraint(["rerouted_from"], ["notifications.id"], name=op.f("fk_notifications_rerouted_from")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_notifications_dedup_key")),
        comment="The outbox: intent to tell one destination one thing, once",
    )
    op.create_index("ix_notifications_campaign", "notifications", ["campaign_id"])
    op.create_index("ix_notifications_decided_at", "notifications", ["decided_at", "id"])
    op.create_index("ix_notifications_message", "notifications", ["message_id"])
    op.create_index("ix_notifications_not_before", "notifications", ["not_before", "id"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index("ix_notifications_rerouted_from", "notifications", ["rerouted_from"], postgresql_where=sa.text("rerouted_from IS NOT NULL"))
    op.create_index("ix_notifications_settled_at", "notifications", ["settled_at"], postgresql_where=sa.text("settled_at IS NOT NULL"))
    op.create_index("ix_notifications_state", "notifications", ["state"])
    op.create_index(
        "ix_notifications_pending", "notifications", ["destination", "not_before"], postgresql_where=sa.text("state IN ('pending', 'leased', 'unknown')")
    )
    op.create_table(
        "usage_hourly",
        sa.Column("series_id", sa.BigInteger(), nullable=False, comment="no foreign key: its check would lock each series row"),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("end_of_life", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_ms", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "hour", name=op.f("pk_usage_hourly")),
        comment="An hour's totals of one series; a partition a month, made and dropped by the service",
        postgresql_partition_by="RANGE (hour)",
    )
    op.create_index("ix_usage_hourly_hour", "usage_hourly", ["hour"], postgresql_using="brin")
    op.create_table(
        "usage_hourly_late",
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("end_of_life", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_ms", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "hour", name=op.f("pk_usage_hourly_late")),
        comment="The partition of usage_hourly for hours of months that have none: closed ones, and those far from now",
    )
    op.create_index("ix_usage_hourly_late_hour", "usage_hourly_late", ["hour"], postgresql_using="brin")
    op.execute("ALTER TABLE usage_hourly ATTACH PARTITION usage_hourly_late DEFAULT")
    op.create_table(
        "usage_months",
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), comment="when its partition was dropped; null: it is there"),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_usage_months")),
        comment="The months that have, or had, a partition of usage_hourly",
    )
    op.create_table(
        "usage_closed",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), comment="null: no call"),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("end_of_life", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_ms", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_known", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("redirected", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reporters", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "day", name=op.f("pk_usage_closed")),
        comment="What a day of use had when its month was closed: of the days for which calls came later",
    )
    op.create_index("ix_usage_closed_day", "usage_closed", ["day"])
    # Acts are kept for ever. What may change in one is a name: that of a person who is erased (`lastcall erase`).
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.author IN (OLD.author, '(erased)')
                AND to_jsonb(NEW) - '{author,details}'::text[] = to_jsonb(OLD) - '{author,details}'::text[]
                AND NOT EXISTS (
                    SELECT FROM jsonb_path_query(NEW.details, '$.** ? (@.type() != "object" && @.type() != "array")') AS word
                    WHERE word::text NOT LIKE '%(erased)%' AND word NOT IN (SELECT jsonb_path_query(OLD.details, '$.**'))
                )
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'acts are only ever added to: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER only_added_to BEFORE DELETE OR TRUNCATE ON acts
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """
    )
    op.execute(
        """
        CREATE TRIGGER only_erased_in BEFORE UPDATE ON acts
        FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history()
        """
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup: there is nothing below the first schema")
