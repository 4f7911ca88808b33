"""Accounts, logins, sites, cameras, the outbox and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _registry()
    _audit()


def downgrade() -> None:
    for table in ("audit", "outbox", "cameras", "sites", "failed_logins", "logins", "accounts"):
        op.drop_table(table)
    op.execute("drop function audit_is_append_only()")


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, sa.ForeignKey("accounts.name"), nullable=False, index=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "failed_logins",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_s", sa.Double, nullable=False, index=True),
    )


def _registry() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, sa.ForeignKey("sites.id"), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("main_url", sa.Text, nullable=False),
        sa.Column("main_transport", sa.Text, nullable=False),
        sa.Column("sub_url", sa.Text),
        sa.Column("sub_transport", sa.Text),
        sa.Column("username", sa.Text),
        sa.Column("sealed_password", sa.Text),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("wants_audio", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("who", sa.Text, index=True),
        sa.Column("camera", sa.Text, index=True),
        sa.Column("address", sa.Text),
        sa.Column("seconds", sa.Double),
        sa.Column("detail", JSONB, nullable=False),
    )
    # = nobody, not even this service with a bug in it, can rewrite who looked at a kitchen.
    op.execute(
        "create function audit_is_append_only() returns trigger language plpgsql as "
        "$$ begin raise exception 'the audit trail is append-only'; end $$"
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on audit "
        "for each statement execute function audit_is_append_only()"
    )
