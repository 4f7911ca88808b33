"""What of a camera is recorded and for how long; what a site's recordings may take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An empty plan is the plan by default: continuously, for 30 days.
    op.add_column("cameras", sa.Column("recording", JSONB, nullable=False, server_default="{}"))
    op.add_column("sites", sa.Column("recordings_gb", sa.Integer))


def downgrade() -> None:
    op.drop_column("sites", "recordings_gb")
    op.drop_column("cameras", "recording")
