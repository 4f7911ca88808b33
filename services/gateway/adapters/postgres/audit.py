"""The audit trail in PostgreSQL, where a trigger refuses every change of a row."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.adapters.postgres.tables import audit
from services.gateway.audit import AuditEntry, Deed
from services.gateway.pages import PageRequest
from services.gateway.refusals import bad_cursor
from shared.database import Database


class PostgresAuditTrail:
    """Implements `AuditTrail`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, deed: Deed) -> None:
        async with self._database.transaction() as session:
            await insert_deed(session, deed)

    async def newest(self, page: PageRequest, camera: str | None, who: str | None) -> list[AuditEntry]:
        query = select(audit).order_by(audit.c.number.desc()).limit(page.limit + 1)
        if page.after is not None:
            if not page.after.isdecimal():
                raise bad_cursor()
            query = query.where(audit.c.number < int(page.after))
        if camera is not None:
            query = query.where(audit.c.camera == camera)
        if who is not None:
            query = query.where(audit.c.who == who)
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
        return [
            AuditEntry(
                row.number,
                Deed(row.action, row.who, row.address, row.at, row.outcome, row.camera, row.seconds, row.detail),
            )
            for row in rows
        ]


async def insert_deed(session: AsyncSession, deed: Deed) -> None:
    """Put a deed on record in the transaction of what it is about."""
    values = {
        "at": deed.at,
        "action": deed.action,
        "outcome": deed.outcome,
        "who": deed.who,
        "camera": deed.camera,
        "address": deed.address,
        "seconds": deed.seconds,
        "detail": dict(deed.detail),
    }
    await session.execute(insert(audit).values(values))
