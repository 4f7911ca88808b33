"""What proves an alert and how far it is collected; what is asked of the recorder to be sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proofs",
        sa.Column("alert", sa.Text, sa.ForeignKey("alerts.alert"), primary_key=True),
        # AlertProof (shared/messages/alert_proofs.py); null until somebody has begun
        sa.Column("body", JSONB),
        # when it is looked at next; null: nothing is left to do
        sa.Column("next_us", sa.BigInteger),
        sa.Column("kept_until_us", sa.BigInteger),
    )
    op.create_index("proofs_due", "proofs", ["next_us"], postgresql_where=sa.text("next_us is not null"))
    op.create_index("proofs_old", "proofs", ["kept_until_us"])
    op.create_table(
        "seals",
        sa.Column("evidence", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, nullable=False),
        # EvidenceWanted (shared/messages/evidence.py)
        sa.Column("body", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("begun_us", sa.BigInteger, nullable=False),
        sa.Column("next_us", sa.BigInteger),
    )
    op.create_index("seals_due", "seals", ["next_us"], postgresql_where=sa.text("next_us is not null"))
