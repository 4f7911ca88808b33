"""Which schools somebody may see: none named means all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("sites", sa.ARRAY(sa.String)))


def downgrade() -> None:
    op.drop_column("accounts", "sites")
