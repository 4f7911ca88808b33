"""Signed statements over all chains, and the case files that were sealed; rows that nobody changes."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table statements (
            number bigint primary key,
            hour_us bigint not null,
            until_us bigint not null,
            key_id text not null,
            body jsonb not null,
            signature text not null,
            sha256 bytea not null
        )
        """
    )
    # The leaves of each statement's tree: from them a proof is made for one stream.
    op.execute(
        """
        create table statement_heads (
            statement bigint not null references statements,
            site text not null,
            camera text not null,
            stream text not null,
            number bigint not null,
            link bytea not null,
            primary key (camera, stream, statement)
        )
        """
    )
    op.execute("create index statement_heads_of on statement_heads (statement)")
    op.execute("create table time_stamps (statement bigint primary key references statements, token bytea not null)")
    op.execute(
        """
        create table case_files (
            id text primary key,
            asked_by text not null,
            asked_us bigint not null,
            reason text not null,
            object_name text not null,
            size_bytes bigint not null,
            sha256 bytea not null,
            locked_until_us bigint not null
        )
        """
    )
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'evidence is never changed (%)', tg_op;
        end $$
        """
    )
    for table in ("statements", "statement_heads", "time_stamps", "case_files"):
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    for table in ("case_files", "time_stamps", "statement_heads", "statements"):
        op.execute(f"drop table {table}")
    op.execute("drop function refuse_change")
