"""Until when an account is good: of guests from other departments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("ends_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("accounts", "ends_at")
