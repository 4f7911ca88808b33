"""What a clip really shows, which may be less than what was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clips", sa.Column("shows_from_us", sa.BigInteger))
    op.add_column("clips", sa.Column("shows_to_us", sa.BigInteger))
