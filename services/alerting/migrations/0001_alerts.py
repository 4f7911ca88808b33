"""Rules and their versions, alerts and how they were judged, and how far each shard's facts were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("alert", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("is_silent", sa.Boolean, nullable=False),
        sa.Column("first_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        # the machine's part (shared/messages/alerting.py, Alert): written by the worker that holds the shard alone
        sa.Column("body", JSONB, nullable=False),
        # cameras of a kitchen that see the same thing share the alert of the first
        sa.Column("folded_into", sa.Text),
        # people's part: written by whoever answers a request
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_us", sa.BigInteger),
        sa.Column("verdict", sa.Text),
        sa.Column("reviewed_by", sa.Text),
        sa.Column("reviewed_us", sa.BigInteger),
        sa.Column("review_note", sa.Text),
        sa.Column("case_id", sa.Text),
    )
    op.create_index("alerts_newest", "alerts", ["first_us", "alert"])
    op.create_index("alerts_by_site", "alerts", ["site", "first_us"])
    op.create_index("alerts_going_on", "alerts", ["shard"], postgresql_where=sa.text("progress = 'going_on'"))
    op.create_table(
        "reviews",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("alert", sa.Text, sa.ForeignKey("alerts.alert"), nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        # facts that are true since the transaction that wrote them, and not yet told
        "outbox",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    op.create_table(
        "positions",
        sa.Column("shard", sa.Integer, primary_key=True),
        # the first fact in EVENTS that a new owner must read to know what this one knew
        sa.Column("from_seq", sa.BigInteger, nullable=False),
        # camera -> newest picture that was judged, UTC us: what is older builds up knowledge and raises nothing
        sa.Column("judged", JSONB, nullable=False),
        sa.Column("written_us", sa.BigInteger, nullable=False),
    )
