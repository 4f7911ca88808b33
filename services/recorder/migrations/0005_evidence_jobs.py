"""Cases that are being sealed, and the daily statements of coverage."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table evidence_jobs (
            id text primary key,
            asked_by text not null,
            asked_us bigint not null,
            reason text not null,
            streams jsonb not null,
            stills jsonb not null,
            records jsonb not null,
            from_us bigint not null,
            to_us bigint not null,
            locked_until_us bigint not null,
            state text not null,
            done_bytes bigint not null,
            all_bytes bigint not null,
            error_code text,
            error text,
            worker text,
            beat_us bigint not null
        )
        """
    )
    op.execute("create index evidence_jobs_by_time on evidence_jobs (asked_us)")
    op.execute(
        """
        create table coverage_statements (
            site text not null,
            day text not null,
            made_us bigint not null,
            document jsonb not null,
            primary key (site, day)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table coverage_statements")
    op.execute("drop table evidence_jobs")
