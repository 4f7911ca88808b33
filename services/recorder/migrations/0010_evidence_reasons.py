"""What was sealed of a case or an order is found by how its reason begins."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Its beginning alone: a reason may be longer than an entry of an index. In bytes' order: looked up as a range.
    op.execute('create index evidence_jobs_by_reason on evidence_jobs ((left(reason, 80) collate "C"))')


def downgrade() -> None:
    op.execute("drop index evidence_jobs_by_reason")
