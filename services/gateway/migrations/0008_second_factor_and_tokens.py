"""Second factors, passwords for once, what a login looks like, tokens for programs, accounts of elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("logins", sa.Column("agent", sa.Text, nullable=False, server_default=""))
    op.create_table("passwords_due", _account(primary_key=True))
    op.create_table(
        "second_factors",
        _account(primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table("recovery_codes", _account(primary_key=True), sa.Column("hash", sa.Text, primary_key=True))
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        _account(primary_key=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("verbs", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("sites", sa.ARRAY(sa.Text)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "oidc_accounts",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        _account(primary_key=False),
    )


def downgrade() -> None:
    for table in ("oidc_accounts", "api_tokens", "recovery_codes", "second_factors", "passwords_due"):
        op.drop_table(table)
    op.drop_column("logins", "agent")


def _account(*, primary_key: bool) -> sa.Column[str]:
    # = whatever removes an account by hand (see the runbook) removes its ways in
    owner = sa.ForeignKey("accounts.name", ondelete="CASCADE")
    return sa.Column("account", sa.Text, owner, primary_key=primary_key, nullable=False, index=not primary_key)
