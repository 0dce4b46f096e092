"""Acts, hand-overs and directories: what escalation keeps beside its campaigns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("acknowledged", postgresql.JSONB(), comment="by whom, at which step, until when"))
    op.add_column("campaigns", sa.Column("hold", postgresql.JSONB(), comment="snoozed, committed or waived: by whom, until when, why"))
    op.add_column("campaigns", sa.Column("frozen_from", sa.Date(), comment="the first day of the change freeze that the plan counts from"))
    op.add_column("campaigns", sa.Column("trusted_until", sa.DateTime(timezone=True), comment="until when a promise is believed whatever the calls do"))
    op.add_column("campaigns", sa.Column("kept_open", postgresql.JSONB(), comment="by whom: silence closes nothing before the shutdown"))
    op.add_column("campaigns", sa.Column("promise_broken_on", sa.Date(), comment="the day that was promised and not kept, until the calls end"))
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_use_of_a_model(),
        sa.Column("kind", sa.Text(), nullable=False, comment="acknowledge, snooze, commit, waive, reassign, reopen, check"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="until when, why, to whom"),
        sa.PrimaryKeyConstraint("id", name="pk_acts"),
        comment="What people did about campaigns; only ever added to",
    )
    op.create_index("ix_acts_use", "acts", ["service", "environment", "platform", "model"])
    # Retention, once it is wanted, is a migration of its own: it divides the table by months and drops whole ones. DROP
    # fires no trigger and takes the table's owner; no statement of the service can take a line out.
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'acts are only ever added to: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON acts
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """
    )
    op.create_table(
        "assignments",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("owner", postgresql.JSONB(), nullable=False, comment="in the shape of an owner of lastcall.yaml"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _times_said(),
        sa.PrimaryKeyConstraint("service", name="pk_assignments"),
        comment="Owners that people named in answer to lastcall; they hold until lastcall.yaml says so itself",
    )
    op.create_table(
        "checklist",
        *_use_of_a_model(),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service", "environment", "platform", "model", "item", name="pk_checklist"),
        comment="Items of a migration that its owner ticked",
    )
    op.create_table(
        "directory_answers",
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what was asked for; empty: how the directory itself is doing"),
        sa.Column("answer", postgresql.JSONB(), comment="the last good one"),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), comment="why the last try gave no answer; null: it did"),
        _times_said(),
        sa.PrimaryKeyConstraint("directory", "key", name="pk_directory_answers"),
        comment="What directories said of owners and people on duty, kept while they are down",
    )
    op.create_table(
        "key_owners",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="an e-mail address or a team, as the gateway has it; no end user"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="of a call with such a key, to the day"),
        sa.PrimaryKeyConstraint("service", "name", name="pk_key_owners"),
        comment="Who made or holds the API keys that a service calls with: the five who called last",
    )
    op.create_table(
        "company_loads",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="when a process that goes by it ticked last"),
        sa.PrimaryKeyConstraint("digest", name="pk_company_loads"),
        comment="Which lastcall.yaml was in force since when",
    )
    # So that the first tick of this release looks at everything anew.
    op.execute(
        "INSERT INTO company_loads (digest, loaded_at, seen_at) SELECT company, now, now FROM heartbeats"
        " WHERE verb = 'escalate' AND company IS NOT NULL"
    )
    op.create_index("ix_series_service", "series", ["service", "environment", "platform"])


def _use_of_a_model() -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=False) for name in ("service", "environment", "platform", "model"))


def _times_said() -> sa.Column[int]:
    comment = "tells that it is said anew"
    return sa.Column("times_said", sa.BigInteger(), server_default=sa.text("1"), nullable=False, comment=comment)


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose what people decided")
