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
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="details: until when, why, to whom"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        comment="Acts of people; append only, except that names are erased on request",
    )
    op.create_index("ix_acts_use", "acts", ["service", "environment", "platform", "model"])
    op.create_table(
        "agenda",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), comment="when escalation evaluates it next; null: only after a new call"),
        sa.Column("wakes_on_call", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="a new call makes it due"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", name=op.f("pk_agenda")),
        comment="Next evaluation of each use of a model; its row is the lock of the decision",
    )
    op.create_index("ix_agenda_due", "agenda", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "assignments",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("owner", postgresql.JSONB(), nullable=False, comment="same format as an owner in lastcall.yaml"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times_said", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment="increases with each write, to detect changes"),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_assignments")),
        comment="Owners set by people; they apply until lastcall.yaml names the same owner",
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
        sa.Column("policy", postgresql.JSONB(), nullable=False, comment="policy, frozen when the campaign opened"),
        sa.Column("owner", postgresql.JSONB(), comment="owner at the last notification; null: nobody was notified yet"),
        sa.Column("plan_version", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="increases when the plan changes"),
        sa.Column("shutdown_on", sa.Date()),
        sa.Column("done", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="steps sent or skipped, with the time"),
        sa.Column("owner_told_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged", postgresql.JSONB(), comment="author, step, until when"),
        sa.Column("hold", postgresql.JSONB(), comment="snooze or waiver: author, until when, why"),
        sa.Column("promise", postgresql.JSONB(), comment="promise: author, day, whether it is broken"),
        sa.Column("frozen_from", sa.Date(), comment="first day of the change freeze that steps count from"),
        sa.Column("is_reported", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="the end of the plan is only reported"),
        sa.Column("kept_open", postgresql.JSONB(), comment="author of a reopen: silence does not close it before the shutdown"),
        sa.Column("redirect_told_at", sa.DateTime(timezone=True), comment="when the owner was notified of the redirection"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_campaigns_closed_has_a_time")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_campaigns_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("service", "environment", "platform", "model", name=op.f("uq_campaigns_service_environment_platform_model")),
        comment="Campaigns: the escalation of each exposure",
    )
    op.create_table(
        "catalog_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("proposal", postgresql.JSONB(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('accepted', 'refused')", name=op.f("ck_catalog_decisions_verdict_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_decisions")),
        comment="Decisions on proposals; the newest one on a proposal counts",
    )
    op.create_index("ix_catalog_decisions_proposal", "catalog_decisions", ["proposal_id"])
    op.create_table(
        "catalog_loads",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="last tick of a process that uses it"),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="dates that moved since the previous load"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_catalog_loads")),
        comment="Catalogs and when each came into force",
    )
    op.create_table(
        "catalog_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), comment="last good reading that was not held; null: none yet"),
        sa.Column("error", sa.Text(), comment="why the last attempt failed; null: it did not"),
        sa.Column("remedy", sa.Text()),
        sa.Column("is_refusal", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="the failure persists until a person acts"),
        sa.Column("version", postgresql.JSONB(), comment="of the bytes of the last good reading: validators and digest"),
        sa.Column("held", postgresql.JSONB(), comment="a reading that waits for a person: its findings, version and suspicions"),
        sa.Column("times_said", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("times_read", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(error IS NULL) = (remedy IS NULL)", name=op.f("ck_catalog_sources_error_has_a_remedy")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_catalog_sources")),
        comment="Sources of the catalog; times_said counts changes, times_read the days of good readings",
    )
    op.create_table(
        "catalog_statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False, comment="as requests on the platform spell it"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="first reading that said it"),
        sa.Column("until", sa.DateTime(timezone=True), comment="first reading that said something else; null: in force"),
        sa.Column("standing", sa.Text(), nullable=False, comment="provider, reported or inferred"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("proposes", sa.Boolean(), nullable=False, comment="a person must accept it"),
        sa.Column("left_on", sa.Date(), comment="first reading of the provider's whole list without the model"),
        sa.Column("finding", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_statements")),
        comment="What each source says about each model, and what it said before",
    )
    op.create_index("ix_catalog_statements_in_force", "catalog_statements", ["source", "platform", "model_id"], unique=True, postgresql_where=sa.text("until IS NULL"))
    op.create_index("ix_catalog_statements_name", "catalog_statements", ["platform", "model_id"])
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
        comment="Ticked items of migration checklists",
    )
    op.create_table(
        "company_loads",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="last tick of a process that uses it"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_company_loads")),
        comment="lastcall.yaml files and when each came into force",
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
        sa.Column("standing", sa.Text(), nullable=False, comment="provider, reported or inferred"),
        sa.Column("replacements", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="removed from the catalog"),
        sa.PrimaryKeyConstraint("platform", "model", name=op.f("pk_deprecations")),
        comment="Deprecations as the engine last saw them, for joins and to detect moved dates",
    )
    op.create_table(
        "digests",
        sa.Column("week", sa.Text(), nullable=False, comment="ISO week, 2025-W27"),
        sa.Column("audience", sa.Text(), nullable=False, comment="a team's name, or (organisation)"),
        sa.Column("picture", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week", "audience", name=op.f("pk_digests")),
        comment="Digests made, one per week and audience",
    )
    op.create_table(
        "directory_answers",
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="key of the query; empty: state of the directory itself"),
        sa.Column("answer", postgresql.JSONB(), comment="last good answer"),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), comment="error of the last attempt; null: it succeeded"),
        sa.Column("times_said", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment="increases with each write, to detect changes"),
        sa.PrimaryKeyConstraint("directory", "key", name=op.f("pk_directory_answers")),
        comment="Last answers of directories about owners and people on duty, used while they are down",
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
        "end_notices",
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False, comment="response header that announces the end"),
        sa.Column("deprecated_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="last call with it, precise to the day"),
        sa.PrimaryKeyConstraint("series_id", "header", name=op.f("pk_end_notices")),
        comment="Ends that providers announce in their answers, as the latest call of each series says",
    )
    op.create_table(
        "key_owners",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="e-mail address or team, from the gateway; never an end user"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="last call with such a key, precise to the day"),
        sa.PrimaryKeyConstraint("service", "name", name=op.f("pk_key_owners")),
        comment="Owners of the API keys that a service calls with: the latest five",
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False, comment="also the id in the Slack message's metadata"),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(), nullable=False),
        sa.Column("replies", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="blocks of each reply in the thread"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="database clock; a message on Slack is there since then",
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("channel", sa.Text(), comment="Slack's id of the conversation"),
        sa.Column("ts", sa.Text(), comment="Slack's id of the message in the channel"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        comment="Messages that were, or may have been, sent; written before the attempt",
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
        comment="Live card of a deprecation at a destination: the message with the thread of later steps",
    )
    op.create_index("ix_cards_message", "cards", ["message_id"])
    op.create_table(
        "name_floods",
        sa.Column("subject", sa.Text(), nullable=False, comment="the service whose log has the names, or all services"),
        sa.Column("word", sa.Text(), nullable=False, comment="the name that varies most; `examples` are from one batch"),
        sa.Column("different", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("names", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("examples", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_name_floods")),
        comment="Current name floods: calls counted without their names because there were too many",
    )
    op.create_table(
        "passed_over",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="dialect or envelope that recognizes the parts"),
        sa.Column("kind", sa.Text(), nullable=False, comment="kind of the parts, defined by the format"),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="when they were read"),
        sa.Column("parts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("source", "topic", "format", "kind", "hour", name=op.f("pk_passed_over")),
        comment="Parts of records passed over, counted: known to be no calls",
    )
    op.create_table(
        "rejections",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("format", sa.Text(), nullable=False, comment="empty: not recognized"),
        sa.Column("shape", sa.Text(), server_default=sa.text("''"), nullable=False, comment="names of keys of an unknown format; otherwise empty"),
        sa.Column("rejected", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sample_partition", sa.Integer(), nullable=False),
        sa.Column("sample_offset", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False, comment="about the sample; quotes no record"),
        sa.PrimaryKeyConstraint("source", "topic", "reason", "hour", "format", "shape", name=op.f("pk_rejections")),
        comment="Rejections per hour; the bytes are on the dead-letter topic",
    )
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False, comment="digest of the following eight columns, the key"),
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
            "served_is_another", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="the served model is not a version of the requested one"
        ),
        sa.Column("resolved_by", sa.Text(), nullable=False, comment="identity of the catalog that resolved the models"),
        sa.Column(
            "folded",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="number of names dropped because of a name flood; 0: none",
        ),
        sa.Column("samples", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="request ids, as evidence"),
        sa.Column("sampled_on", sa.Date(), comment="day of the sampled calls"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("digest", name=op.f("uq_series_digest")),
        comment="Series: calls with the same words in the log, and the models they resolve to",
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
        sa.Column("last_calls", sa.BigInteger(), nullable=False, comment="calls on last_day"),
        sa.Column("longest_gap", sa.Integer(), nullable=False, comment="longest gap between days of use, in days"),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.Date(), comment="first day of the current streak of broken days; null: none"),
        sa.Column("answered_on", sa.Date(), comment="day of use before that streak; null: none"),
        sa.Column("redirected_since", sa.Date(), comment="as failing_since, for days on which another model answered"),
        sa.Column("deadline", sa.Date(), comment="the firm shutdown; null: none"),
        sa.Column("errors_count_after", sa.Date(), comment="failing days: errors count after this day; null: never"),
        sa.Column("public_from", sa.Date(), nullable=False, comment="infinity: withdrawn; -infinity: always public"),
        sa.Column("state_while_calling", sa.Text(), nullable=False, comment="active, overdue, broken or redirected"),
        sa.Column("quiet_at", sa.DateTime(timezone=True), nullable=False, comment="it is quiet from then on"),
        sa.Column("counted_until", sa.DateTime(timezone=True), comment="first call after the time of the count; null: none"),
        sa.Column("team", sa.Text(), comment="null: no owner"),
        sa.Column("lacks_deadline", sa.Boolean(), nullable=False),
        sa.Column("change_by", sa.Date(), nullable=False, comment="infinity: no date is known"),
        sa.Column("waived_until", sa.DateTime(timezone=True)),
        sa.Column("told_at", sa.DateTime(timezone=True), comment="last delivered message about it; null: none"),
        sa.Column("phase", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="bits: the counts that include it"),
        sa.Column("phase_from", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False, comment="start of the span in which the phase is valid"),
        sa.Column("phase_until", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False, comment="end of that span; -infinity: the phase may be wrong"),
        sa.Column("phase_change_by", sa.Date(), comment="change_by when the phase was calculated; infinity: no deadline"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", name=op.f("pk_exposures")),
        comment="Exposures: a summary of the days of use, and the columns by which lists are filtered and sorted",
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
        comment="Number of exposures of each service by phase, as of the rows' phases",
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
        comment="Number of exposures of each model by state, as of the rows' phases",
    )
    op.create_table(
        "model_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "platform", "model", name=op.f("pk_model_days")),
        comment="Calls per UTC day of one model: the sum of usage_daily",
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
        sa.Column("reporters", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="calls by reporter; several reporters may describe the same calls"),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "day", name=op.f("pk_usage_daily")),
        comment="Calls per UTC day of one model, requested or served, by one service in one environment",
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
            comment="first change since the last recalculation; database clock",
        ),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "day", name=op.f("pk_stale_days")),
        comment="Days of usage_daily to recalculate from the hours",
    )
    op.create_index("ix_stale_days_stale_since", "stale_days", ["stale_since"])
    op.create_table(
        "watermarks",
        sa.Column("source", sa.Text(), nullable=False, comment="kafka or file; topics of the same name on two sources are independent"),
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
        sa.Column("caught_up_at", sa.DateTime(timezone=True), comment="all records older than this are applied; null: the end was not reached yet"),
        sa.CheckConstraint("records = call_records + rejected_records + other_records", name=op.f("ck_watermarks_every_record_is_accounted_for")),
        sa.PrimaryKeyConstraint("source", "topic", "partition", name=op.f("pk_watermarks")),
        comment="Watermarks and record counts, one row per source and topic partition",
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
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="cause and data of the message, at the time of the decision"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("lease_until", sa.DateTime(timezone=True), comment="database clock"),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text(), comment="outcome of the last attempt"),
        sa.Column("rerouted_from", sa.Uuid()),
        sa.CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name=op.f("ck_notifications_leased_has_a_lease")),
        sa.CheckConstraint("state IN ('pending', 'leased', 'delivered', 'failed', 'unknown')", name=op.f("ck_notifications_state_is_known")),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_notifications_no_half_lease")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_notifications_campaign_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_notifications_message_id")),
        sa.ForeignKeyConstraint(["rerouted_from"], ["notifications.id"], name=op.f("fk_notifications_rerouted_from")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_notifications_dedup_key")),
        comment="Outbox: the intent to send one thing to one destination, once",
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
        comment="Hourly totals of each series; the service creates and drops one partition per month",
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
        comment="Default partition of usage_hourly: hours in closed months, or far from now",
    )
    op.create_index("ix_usage_hourly_late_hour", "usage_hourly_late", ["hour"], postgresql_using="brin")
    op.execute("ALTER TABLE usage_hourly ATTACH PARTITION usage_hourly_late DEFAULT")
    op.create_table(
        "usage_months",
        sa.Column("month", sa.Date(), nullable=False, comment="first day of the month"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), comment="when its partition was dropped; null: it exists"),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_usage_months")),
        comment="Months that have, or had, a partition of usage_hourly",
    )
    op.create_table(
        "usage_closed",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), comment="null: no calls"),
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
        comment="Totals of days whose month is closed, for days that got calls later",
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
