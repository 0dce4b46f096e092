"""When a campaign's next step is due is worked out for those who ask, and not kept: its column is not written any more."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_campaigns_due", table_name="campaigns")
    op.alter_column("campaigns", "next_at", existing_type=sa.DateTime(timezone=True), existing_nullable=True, comment="not written any more, and dropped by a later release")


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose what people decided")
