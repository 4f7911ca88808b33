"""Idempotency keys in PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.gateway.adapters.postgres.tables import idempotency_keys
from services.gateway.idempotency import KEPT_S, LOST_S, Claim, KeptAnswer
from shared.database import Database

_OF = idempotency_keys.c


class PostgresIdempotencyKeys:
    """Implements `IdempotencyKeys`."""

    def __init__(self, database: Database):
        self._database = database

    async def claim(self, account: str, key: str, fingerprint: str, at: datetime) -> Claim:
        values = {"fingerprint": fingerprint, "at": at, "status": None, "headers": {}, "body": b""}
        is_free = or_(
            _OF.at < at - timedelta(seconds=KEPT_S), (_OF.status.is_(None)) & (_OF.at < at - timedelta(seconds=LOST_S))
        )
        statement = (
            insert(idempotency_keys)
            .values(account=account, key=key, **values)
            .on_conflict_do_update(index_elements=[_OF.account, _OF.key], set_=values, where=is_free)
            .returning(_OF.key)
        )
        async with self._database.transaction() as session:
            if (await session.execute(statement)).first() is not None:
                return ("first", None)
            where = (_OF.account == account, _OF.key == key)
            row = (await session.execute(select(idempotency_keys).where(*where))).first()
        if row is None:
            return ("running", None)  # forgotten this moment: the caller tries again
        if row.fingerprint != fingerprint:
            return ("other", None)
        if row.status is None:
            return ("running", None)
        return ("same", KeptAnswer(row.status, row.headers, row.body))

    async def renew(self, account: str, key: str, held: datetime, at: datetime) -> bool:
        statement = update(idempotency_keys).where(*_held(account, key, held)).values(at=at).returning(_OF.key)
        async with self._database.autocommit() as session:
            return (await session.execute(statement)).first() is not None

    async def answered(self, account: str, key: str, held: datetime, answer: KeptAnswer) -> None:
        values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
        async with self._database.autocommit() as session:
            await session.execute(update(idempotency_keys).where(*_held(account, key, held)).values(values))

    async def forget(self, account: str, key: str, held: datetime) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(idempotency_keys).where(*_held(account, key, held)))

    async def forget_old(self, at: datetime) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(idempotency_keys).where(_OF.at < at - timedelta(seconds=KEPT_S)))


def _held(account: str, key: str, held: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_OF.account == account, _OF.key == key, _OF.at == held, _OF.status.is_(None))
