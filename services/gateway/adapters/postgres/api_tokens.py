"""Tokens for programs in PostgreSQL: their hashes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, delete, func, insert, or_, select, update

from services.gateway.accounts import seen_sites
from services.gateway.adapters.postgres.people import SITES_OF_UNITS
from services.gateway.adapters.postgres.tables import accounts, api_tokens
from services.gateway.api_tokens import HANDLE_LENGTH, ApiToken, ApiTokenOwner
from services.gateway.roles import Role, Verb
from shared.database import Database

# = how exactly its last use is known; each use written down would be a write for each request
_USED_WITHIN = timedelta(minutes=1)
_OF = api_tokens.c


class PostgresApiTokens:
    """Implements `ApiTokens`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, token: ApiToken) -> None:
        values = {
            "id": token.id,
            "account": token.account,
            "name": token.name,
            "verbs": list(token.verbs),
            "sites": None if token.sites is None else list(token.sites),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        async with self._database.autocommit() as session:
            await session.execute(insert(api_tokens).values(values))

    async def find(self, id: str, at: datetime) -> ApiTokenOwner | None:
        query = (
            select(
                api_tokens,
                accounts.c.roles.label("roles"),
                accounts.c.sites.label("account_sites"),
                accounts.c.units.label("account_units"),
                SITES_OF_UNITS,
                accounts.c.ends_at.label("account_ends_at"),
            )
            .join(accounts, accounts.c.name == _OF.account)
            .where(_OF.id == id, _OF.expires_at > at, accounts.c.is_enabled)
            .where(or_(accounts.c.ends_at.is_(None), accounts.c.ends_at > at))
        )
        is_old = or_(_OF.used_at.is_(None), _OF.used_at < at - _USED_WITHIN)
        async with self._database.transaction() as session:
            row = (await session.execute(query)).first()
            if row is None:
                return None
            if row.used_at is None or row.used_at < at - _USED_WITHIN:
                await session.execute(update(api_tokens).where(_OF.id == id, is_old).values(used_at=at))
        roles = tuple(cast(Role, each) for each in row.roles)
        sites = seen_sites(row.account_sites, row.account_units, row.of_units or ())
        return ApiTokenOwner(_token(row), roles, sites, row.account_ends_at)

    async def of(self, account: str) -> list[ApiToken]:
        query = select(api_tokens).where(_OF.account == account).order_by(_OF.created_at)
        async with self._database.autocommit() as session:
            return [_token(row) for row in (await session.execute(query)).all()]

    async def end(self, account: str, handle: str) -> str | None:
        where = (_OF.account == account, func.left(_OF.id, HANDLE_LENGTH) == handle)
        async with self._database.autocommit() as session:
            return (await session.scalars(delete(api_tokens).where(*where).returning(_OF.id))).first()


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        account=row.account,
        name=row.name,
        verbs=tuple(cast(Verb, each) for each in row.verbs),
        sites=None if row.sites is None else tuple(row.sites),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
