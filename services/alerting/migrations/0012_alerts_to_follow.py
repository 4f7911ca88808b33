"""An index by which alerts that were confirmed and are in no case yet are found, newest first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "alerts_to_follow", "alerts", ["verdict", "first_us", "alert"], postgresql_where=sa.text("case_id is null")
    )


def downgrade() -> None:
    op.drop_index("alerts_to_follow")
