"""An index by which who takes a shard over finds what it broke last.

Made in the transaction of the migration, as all are: alerts that are to be written meanwhile wait in memory.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("alerts_of_shard", "alerts", ["shard", "last_us"])


def downgrade() -> None:
    op.drop_index("alerts_of_shard")
