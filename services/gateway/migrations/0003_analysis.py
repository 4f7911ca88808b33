"""How a camera is looked at: rates, working hours, zones, masks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An empty plan is the plan by default: the main stream, once a second.
    op.add_column("cameras", sa.Column("analysis", JSONB, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("cameras", "analysis")
