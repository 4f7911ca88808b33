"""Broadcasts and their receipts; announcements and their times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("talker", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("announcement", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ending", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("began_us", sa.BigInteger),
        sa.Column("ended_us", sa.BigInteger),
        # how many cameras are how far
        sa.Column("counts", JSONB, nullable=False),
    )
    op.create_index("broadcasts_newest", "broadcasts", ["opened_us"])
    op.create_table(
        "receipts",
        sa.Column("broadcast", sa.Text, sa.ForeignKey("broadcasts.id", ondelete="cascade"), primary_key=True),
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("camera", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("codec", sa.Text),
        sa.Column("began_us", sa.BigInteger),
        sa.Column("late_ms", sa.Double),
        sa.Column("packets", sa.BigInteger, nullable=False),
    )
    op.create_index("receipts_of_camera", "receipts", ["camera", "broadcast"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("voice", sa.Text),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("loudness_lufs", sa.Double, nullable=False),
        sa.Column("peak_dbfs", sa.Double, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        # removed from the library: what was played is still named in the history
        sa.Column("removed_us", sa.BigInteger),
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("announcement", sa.Text, sa.ForeignKey("announcements.id"), nullable=False),
        sa.Column("addressed", JSONB, nullable=False),
        sa.Column("days", sa.ARRAY(sa.Integer), nullable=False),
        sa.Column("minutes", sa.ARRAY(sa.Integer), nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
    )
    # One row for each time that came due: whoever puts it there plays it, nobody else does.
    op.create_table(
        "scheduled_plays",
        sa.Column("schedule", sa.Text, sa.ForeignKey("schedules.id", ondelete="cascade"), primary_key=True),
        sa.Column("due_us", sa.BigInteger, primary_key=True),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("broadcast", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("scheduled_plays", "schedules", "announcements", "receipts", "broadcasts"):
        op.drop_table(table)
