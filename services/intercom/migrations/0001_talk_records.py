"""Talks that were held, and where their sound lies."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Microseconds instead of timestamptz: exact, as they are on the bus.
    op.execute(
        """
        create table talk_records (
            record text primary key,
            talk text not null,
            site text not null,
            camera text not null,
            case_id text,
            talker text not null,
            priority text not null,
            from_us bigint not null,
            to_us bigint not null,
            presses integer not null,
            spoken_s double precision not null,
            ending text not null,
            codec text not null,
            has_microphone boolean not null,
            object_name text,
            size_bytes bigint,
            sha256 text,
            transcript text
        )
        """
    )
    # A page goes on behind the last record of the page before: both columns make the order a whole one.
    op.execute("create index talk_records_by_time on talk_records (from_us desc, record desc)")
    op.execute("create index talk_records_of_camera on talk_records (camera, from_us desc, record desc)")
    op.execute("create index talk_records_of_case on talk_records (case_id) where case_id is not null")


def downgrade() -> None:
    op.execute("drop table talk_records")
