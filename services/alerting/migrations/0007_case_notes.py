"""What people write down about a case, and why it was closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_notes",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.case_id"), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_closing", sa.Boolean, nullable=False),
    )
    op.create_index("case_notes_of_case", "case_notes", ["case_id", "number"])
    # Written is written, like the steps of an order.
    op.execute(
        "create trigger case_notes_stay before update or delete on case_notes"
        " for each row execute function refuse_change()"
    )
    op.create_index("orders_newest", "orders", ["served_us", "order_id"])
