"""The key by which push services know this installation: one, made at the first start, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_push_keys",
        sa.Column("number", sa.SmallInteger, primary_key=True),
        # sealed, context web_push_key
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("number = 1", name="web_push_has_one_key"),
    )
