"""Which account somebody of an OpenID Connect provider has here."""

from __future__ import annotations

from sqlalchemy import insert, select

from services.gateway.adapters.postgres.tables import oidc_accounts
from shared.database import Database


class PostgresLinkedAccounts:
    """Implements `LinkedAccounts`."""

    def __init__(self, database: Database):
        self._database = database

    async def find(self, issuer: str, subject: str) -> str | None:
        where = (oidc_accounts.c.issuer == issuer, oidc_accounts.c.subject == subject)
        async with self._database.autocommit() as session:
            return await session.scalar(select(oidc_accounts.c.account).where(*where))

    async def link(self, issuer: str, subject: str, account: str) -> None:
        async with self._database.autocommit() as session:
            await session.execute(insert(oidc_accounts).values(issuer=issuer, subject=subject, account=account))
