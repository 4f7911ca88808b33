"""The index of segments, partitioned by day, and the head of each stream's chain."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Microseconds instead of timestamptz: exact, as they are on the bus, and the partition's bounds are plain numbers.
    op.execute(
        """
        create table segments (
            site text not null,
            camera text not null,
            stream text not null,
            starts_us bigint not null,
            ends_us bigint not null,
            run text not null,
            first_seq bigint not null,
            last_seq bigint not null,
            size_bytes integer not null,
            codecs text not null,
            gops bytea not null,
            sha256 bytea not null,
            number bigint not null,
            link bytea not null,
            gap_from_us bigint,
            gap_cause text,
            primary key (camera, stream, starts_us, run, first_seq)
        ) partition by range (starts_us)
        """
    )
    # Ranges without holes are what lies between two of these: a timeline reads them and no other row.
    op.execute("create index segments_after_gaps on segments (camera, stream, starts_us) where gap_from_us is not null")
    op.execute(
        """
        create table heads (
            site text not null,
            camera text not null,
            stream text not null,
            run text not null,
            last_seq bigint not null,
            ends_us bigint not null,
            media_seq bigint not null,
            number bigint not null,
            link bytea not null,
            primary key (camera, stream)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table heads")
    op.execute("drop table segments")
