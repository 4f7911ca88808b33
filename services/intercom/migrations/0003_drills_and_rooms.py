"""Drills and what they found; emergency rooms and their timelines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    "room_entries",
    "room_guests",
    "room_people",
    "rooms",
    "drill_days",
    "drill_schedules",
    "drills",
    "drill_runs",
)


def upgrade() -> None:
    _drills()
    _schedules()
    _rooms()
    _timeline()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.execute("drop function room_entries_are_append_only()")


def _drills() -> None:
    op.create_table(
        "drill_runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("is_scheduled", sa.Boolean, nullable=False),
        sa.Column("level_dbfs", sa.Double, nullable=False),
        sa.Column("began_us", sa.BigInteger, nullable=False, index=True),
        # A run whose worker was not heard of for a while is abandoned.
        sa.Column("beat_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "drills",
        sa.Column("run", sa.Text, sa.ForeignKey("drill_runs.id", ondelete="cascade"), primary_key=True),
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("camera", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Text),
        sa.Column("cause", sa.Text, nullable=False, server_default=""),
        sa.Column("at_us", sa.BigInteger),
        sa.Column("result", JSONB, nullable=False),
    )
    op.create_index("drills_last", "drills", ["site", "camera", sa.text("at_us desc")])


def _schedules() -> None:
    op.create_table(
        "drill_schedules",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("schedule", JSONB, nullable=False),
    )
    # Which quiet hours were used: whoever writes the row drills.
    op.create_table(
        "drill_days",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )


def _rooms() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("case", sa.Text),
        sa.Column("cameras", JSONB, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False, index=True),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_us", sa.BigInteger),
    )
    op.create_table(
        "room_people",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.id"), primary_key=True),
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("is_guest", sa.Boolean, nullable=False),
        sa.Column("joined_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("left_us", sa.BigInteger),
    )
    op.create_table(
        "room_guests",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("verbs", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("invited_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("revoked_us", sa.BigInteger),
    )


def _timeline() -> None:
    op.create_table(
        "room_entries",
        sa.Column("room", sa.Text, sa.ForeignKey("rooms.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        # = the same thing told twice is one entry
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("entry", JSONB, nullable=False),
    )
    op.create_index("room_entries_told", "room_entries", ["room", "told"], unique=True)
    # = nobody, not even this service with a bug in it, can rewrite who ordered what.
    op.execute(
        "create function room_entries_are_append_only() returns trigger language plpgsql as "
        "$$ begin raise exception 'a timeline is append-only'; end $$"
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on room_entries "
        "for each statement execute function room_entries_are_append_only()"
    )
