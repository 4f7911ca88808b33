"""Clips: what was asked for, how far it is, and where it lies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clips",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("from_us", sa.BigInteger, nullable=False),
        sa.Column("to_us", sa.BigInteger, nullable=False),
        sa.Column("is_exact", sa.Boolean, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        # how far it is, in the time of what is filmed
        sa.Column("done_us", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("sha256", sa.LargeBinary),
        sa.Column("error_code", sa.Text),
        sa.Column("error", sa.Text),
        # who makes it, and when it said so last; one that is silent for long is dead
        sa.Column("worker", sa.Text),
        sa.Column("beat_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
    )
    op.create_index("clips_by_camera", "clips", ["camera", "asked_us"])
    op.create_index("clips_by_state", "clips", ["state", "beat_us"])


def downgrade() -> None:
    op.drop_table("clips")
