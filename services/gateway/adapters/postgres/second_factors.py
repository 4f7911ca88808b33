"""Second factors in PostgreSQL: what may happen once is a row that only one request can change."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.gateway.adapters.postgres.tables import recovery_codes, second_factors
from services.gateway.second_factors import SecondFactor
from shared.database import Database

_OF = second_factors.c


class PostgresSecondFactors:
    """Implements `SecondFactors`."""

    def __init__(self, database: Database):
        self._database = database

    async def find(self, account: str) -> SecondFactor | None:
        async with self._database.autocommit() as session:
            row = (await session.execute(select(second_factors).where(_OF.account == account))).first()
        return None if row is None else SecondFactor(row.account, row.sealed, row.is_on, row.last_step)

    async def begin(self, account: str, sealed: str) -> bool:
        values = {"sealed": sealed, "is_on": False, "last_step": 0}
        statement = insert(second_factors).values(account=account, **values)
        statement = statement.on_conflict_do_update(
            index_elements=[_OF.account], set_=values, where=_OF.is_on.is_(False)
        )
        async with self._database.autocommit() as session:
            return (await session.execute(statement.returning(_OF.account))).first() is not None

    async def turn_on(self, account: str, step: int, recovery_hashes: Sequence[str]) -> bool:
        where = (_OF.account == account, _OF.is_on.is_(False))
        statement = update(second_factors).where(*where).values(is_on=True, last_step=step).returning(_OF.account)
        async with self._database.transaction() as session:
            if (await session.execute(statement)).first() is None:
                return False
            await session.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
            rows = [{"account": account, "hash": each} for each in recovery_hashes]
            await session.execute(insert(recovery_codes).values(rows))
        return True

    async def take_step(self, account: str, step: int) -> bool:
        where = (_OF.account == account, _OF.is_on, _OF.last_step < step)
        statement = update(second_factors).where(*where).values(last_step=step).returning(_OF.account)
        async with self._database.autocommit() as session:
            return (await session.execute(statement)).first() is not None

    async def take_recovery(self, account: str, hash: str) -> bool:
        where = (recovery_codes.c.account == account, recovery_codes.c.hash == hash)
        async with self._database.autocommit() as session:
            found = await session.execute(delete(recovery_codes).where(*where).returning(recovery_codes.c.hash))
            return found.first() is not None

    async def recovery_left(self, account: str) -> int:
        query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.account == account)
        async with self._database.autocommit() as session:
            return await session.scalar(query) or 0

    async def remove(self, account: str) -> bool:
        async with self._database.transaction() as session:
            await session.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
            statement = delete(second_factors).where(_OF.account == account).returning(_OF.account)
            return (await session.execute(statement)).first() is not None
