"""What is kept on purpose, what was deleted and why, and how much each stream holds."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Running sums: adding up ten million rows every ten minutes would cost more than recording.
    op.execute("alter table heads add column segments bigint not null default 0")
    op.execute("alter table heads add column size_bytes bigint not null default 0")
    op.execute(
        """
        update heads set segments = sums.segments, size_bytes = sums.size_bytes
        from (select camera, stream, count(*) segments, sum(size_bytes) size_bytes from segments
              group by camera, stream) sums
        where heads.camera = sums.camera and heads.stream = sums.stream
        """
    )
    op.execute(
        """
        create table holds (
            id text primary key,
            site text not null,
            camera text not null,
            stream text,
            from_us bigint not null,
            to_us bigint not null,
            why text not null,
            kind text not null,
            placed_by text not null,
            placed_us bigint not null,
            until_us bigint,
            lifted_by text,
            lifted_us bigint
        )
        """
    )
    op.execute("create index holds_by_camera on holds (camera, to_us) where lifted_us is null")
    # Planned first, then the objects go, then the rows: whoever dies between is followed by one who ends it.
    op.execute(
        """
        create table deletions (
            id bigint generated always as identity primary key,
            site text not null,
            camera text not null,
            stream text not null,
            cause text not null,
            from_us bigint not null,
            to_us bigint not null,
            segments integer not null,
            size_bytes bigint not null,
            first_number bigint not null,
            last_number bigint not null,
            numbers bigint[],
            planned_us bigint not null,
            done_us bigint
        )
        """
    )
    op.execute("create index deletions_not_done on deletions (camera, stream) where done_us is null")
    op.execute("create index deletions_by_camera on deletions (camera, planned_us)")


def downgrade() -> None:
    op.execute("drop table deletions")
    op.execute("drop table holds")
    op.execute("alter table heads drop column segments, drop column size_bytes")
