"""What a clip really shows, which may be less than what was asked for; and which part of the picture."""

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
    # left, top, width, height, 0 to 1 of the picture; null: all of it
    op.add_column("clips", sa.Column("crop", sa.ARRAY(sa.Float)))
