"""The organisation as a tree: which unit a school belongs to, and which units an account is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What accounts, logins and tokens may see is asked of this one function, in the same query that finds them: a school
# that moves is another's from the next request on. `union` ends a circle, should there ever be one.
_SITES_UNDER = """
create function sites_under(wanted text[]) returns text[] language sql stable as $$
  with recursive below(id) as (
    select unnest(wanted)
    union
    select u.id from units u join below b on u.parent = b.id
  )
  select array(select s.id from sites s where s.unit in (select id from below) order by s.id)
$$
"""


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, sa.ForeignKey("units.id"), index=True),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.add_column("sites", sa.Column("unit", sa.Text, sa.ForeignKey("units.id")))
    op.create_index("sites_unit", "sites", ["unit"])
    op.add_column("accounts", sa.Column("units", sa.ARRAY(sa.String)))
    op.execute(_SITES_UNDER)


def downgrade() -> None:
    op.execute("drop function sites_under(text[])")
    op.drop_column("accounts", "units")
    op.drop_index("sites_unit", "sites")
    op.drop_column("sites", "unit")
    op.drop_table("units")
