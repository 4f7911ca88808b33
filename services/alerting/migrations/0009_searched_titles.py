"""Number and title of cases and orders in the form in which words are looked for: narrow, in small letters.

Kept with the row because making it anew took nine tenths of a search. No index of trigrams: what is typed
is mostly two characters of Chinese, which hold none, and a service's role may not create the extension.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, number in (("cases", "case_id"), ("orders", "order_id")):
        # A line's end between the two: no word that somebody types reaches over it.
        form = f"lower(normalize({number} || chr(10) || title, NFKC))"
        op.add_column(table, sa.Column("searched", sa.Text, sa.Computed(form, persisted=True)))


def downgrade() -> None:
    for table in ("cases", "orders"):
        op.drop_column(table, "searched")
