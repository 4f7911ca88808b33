"""The records of segments whose pictures were deleted: the chain of hashes stays provable across them."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table deleted_segments (
            camera text not null,
            stream text not null,
            number bigint not null,
            deletion bigint not null references deletions,
            run text not null,
            first_seq bigint not null,
            last_seq bigint not null,
            starts_us bigint not null,
            ends_us bigint not null,
            size_bytes integer not null,
            codecs text not null,
            sha256 bytea not null,
            link bytea not null,
            gap_from_us bigint,
            gap_cause text,
            primary key (camera, stream, number)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table deleted_segments")
