"""Whether a daily statement lies under lock. Of those made before this nobody knows: each is looked for, and locked."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A recorder of the version before makes statements meanwhile, and does not say that it locked them.
    op.execute("alter table coverage_statements add column kept boolean not null default false")
    op.execute("create index coverage_statements_not_kept on coverage_statements (site, day) where not kept")


def downgrade() -> None:
    op.execute("drop index coverage_statements_not_kept")
    op.execute("alter table coverage_statements drop column kept")
