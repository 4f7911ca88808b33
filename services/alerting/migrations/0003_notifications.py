"""People's channels and duties, and every attempt to tell them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _wishes()
    _things()
    _deliveries()


def _wishes() -> None:
    op.create_table(
        "notice_channels",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False, server_default=""),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        # sealed, context notice:<channel>
        sa.Column("address", sa.Text),
        sa.Column("secret", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("last_us", sa.BigInteger),
        sa.Column("tested_us", sa.BigInteger, nullable=False, server_default="0"),
        # not before: quiet window, or the next attempt
        sa.Column("next_us", sa.BigInteger, nullable=False, server_default="0"),
        # one worker at a time sends on a channel
        sa.Column("leased_by", sa.Text),
        sa.Column("leased_until_us", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_index("notice_channels_of_person", "notice_channels", ["person"])
    for name, key in (("notice_people", "person"), ("notice_rotas", "rota"), ("notice_chains", "chain")):
        op.create_table(name, sa.Column(key, sa.Text, primary_key=True), sa.Column("body", JSONB, nullable=False))


def _things() -> None:
    op.create_table(
        # written in the transaction of the fact: what people are to be told of
        "notice_things",
        sa.Column("thing", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("title", JSONB, nullable=False, server_default="{}"),
        sa.Column("is_planned", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_us", sa.BigInteger),
    )
    op.create_index("notice_things_waiting", "notice_things", ["at_us"], postgresql_where=sa.text("not is_planned"))
    op.create_index("notice_things_about", "notice_things", ["subject"])
    op.create_index("notice_things_age", "notice_things", ["at_us"])
    op.create_table(
        "notice_escalations",
        sa.Column("thing", sa.Text, sa.ForeignKey("notice_things.thing", ondelete="CASCADE"), primary_key=True),
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("began_us", sa.BigInteger, nullable=False),
        sa.Column("next_us", sa.BigInteger, nullable=False),
    )
    op.create_index("notice_escalations_due", "notice_escalations", ["next_us"])


def _deliveries() -> None:
    op.create_table(
        "notice_deliveries",
        sa.Column("delivery", sa.Text, primary_key=True),
        sa.Column("thing", sa.Text, sa.ForeignKey("notice_things.thing", ondelete="CASCADE"), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("channel_kind", sa.Text, nullable=False),
        sa.Column("step", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("sent_us", sa.BigInteger),
        sa.Column("delivered_us", sa.BigInteger),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_us", sa.BigInteger),
        # told together, and together again after a failure or a crash
        sa.Column("message", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("thing", "person", "channel", name="notice_once"),
    )
    op.create_index(
        "notice_deliveries_due",
        "notice_deliveries",
        ["channel", "due_us"],
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("notice_deliveries_newest", "notice_deliveries", ["made_us", "delivery"])
    op.create_index("notice_deliveries_of_person", "notice_deliveries", ["person", "made_us"])
    op.create_index("notice_deliveries_of_message", "notice_deliveries", ["message"])
    op.create_table(
        "notice_attempts",
        sa.Column(
            "delivery", sa.Text, sa.ForeignKey("notice_deliveries.delivery", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False, server_default=""),
    )
