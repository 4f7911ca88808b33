"""How a camera's speaker is reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cameras", sa.Column("talk", sa.String, nullable=False, server_default="auto"))
    op.add_column("cameras", sa.Column("talk_port", sa.Integer))
    op.add_column("cameras", sa.Column("talk_channel", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    for column in ("talk", "talk_port", "talk_channel"):
        op.drop_column("cameras", column)
