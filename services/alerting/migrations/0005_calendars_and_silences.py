"""Kitchens' calendars, and what is kept quiet for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("calendar", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "silences",
        sa.Column("silence", sa.Text, primary_key=True),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("from_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
    )
    op.create_index("silences_newest", "silences", ["made_us"])
    # What was kept quiet, counted by what kept it so.
    op.create_index(
        "alerts_kept_quiet", "alerts", [sa.text("(body->>'silence')")], postgresql_where=sa.text("is_silent")
    )
    # Of alerts that are put together out of several incidents: how long one re-opens, whether it is the outage of a
    # school or a district, the district's alert it belongs to, and what was said of it. Those that are there were told.
    op.add_column("alerts", sa.Column("reopen_us", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("outage", sa.Text))
    op.add_column("alerts", sa.Column("district_into", sa.Text))
    op.add_column("alerts", sa.Column("said", sa.Text, nullable=False, server_default=""))
    op.execute("update alerts set said = case when progress = 'over' then 'raised closed' else 'raised' end")
    op.execute("update alerts set said = 'folded' where folded_into is not null")
    op.create_index("alerts_folded", "alerts", ["folded_into"], postgresql_where=sa.text("folded_into is not null"))
    op.create_index(
        "alerts_of_district", "alerts", ["district_into"], postgresql_where=sa.text("district_into is not null")
    )
    op.create_index("alerts_of_site_rule", "alerts", ["site", "rule", "last_us"])
    op.create_index("alerts_outages", "alerts", ["rule", "last_us"], postgresql_where=sa.text("outage is not null"))
    op.create_table(
        "spoken_warnings",
        sa.Column("alert", sa.Text, sa.ForeignKey("alerts.alert"), primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    op.create_index(
        "spoken_warnings_open",
        "spoken_warnings",
        ["due_us"],
        postgresql_where=sa.text("state in ('due', 'asked')"),
    )
