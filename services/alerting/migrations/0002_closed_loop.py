"""Cases, orders, answers and appeals, and every step they took."""

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
        "cases",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("cameras", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_us", sa.BigInteger),
        sa.Column("evidence", sa.Text),
        sa.Column("shared_with", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
    )
    op.create_index("cases_newest", "cases", ["opened_us", "case_id"])
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.case_id"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        # what it was before an appeal
        sa.Column("before", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("served_us", sa.BigInteger, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("answered_us", sa.BigInteger),
        sa.Column("card", sa.Text),
        # what the clock has said so far: remind, overdue, yellow, red
        sa.Column("clock", sa.Text, nullable=False, server_default=""),
        sa.Column("checked_us", sa.BigInteger),
    )
    op.create_index("orders_of_case", "orders", ["case_id"])
    op.create_index(
        "orders_open", "orders", ["due_us"], postgresql_where=sa.text("state not in ('closed', 'withdrawn')")
    )
    op.create_table(
        "order_steps",
        sa.Column("order_id", sa.Text, sa.ForeignKey("orders.order_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    # What happened has happened: not even this service may write it otherwise.
    op.execute(
        "create function refuse_change() returns trigger language plpgsql as"
        " $$ begin raise exception 'steps are added and never changed'; end $$"
    )
    op.execute(
        "create trigger order_steps_stay before update or delete on order_steps"
        " for each row execute function refuse_change()"
    )
