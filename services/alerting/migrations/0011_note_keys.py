"""By which request a note was written: sent again, it is not written twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_notes", sa.Column("key", sa.Text))
    op.create_index(
        "case_notes_once",
        "case_notes",
        ["case_id", "by", "key"],
        unique=True,
        postgresql_where=sa.text("key is not null"),
    )


def downgrade() -> None:
    op.drop_index("case_notes_once")
    op.drop_column("case_notes", "key")
