"""The audit trail in PostgreSQL, where triggers chain each row to the one before and refuse every change of a row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import DateTime, Row, and_, cast, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.adapters.postgres.tables import audit
from services.gateway.audit import WATCHING, AuditFilter, Deed, Watching
from services.gateway.pages import PageRequest
from services.gateway.refusals import bad_cursor
from shared.audit_chain import GENESIS, ChainedRow
from shared.database import Database

# = how much of an export is in memory at once
_EXPORT_ROWS = 1000
_ENDS = ("live_view_ended", "playback_ended")


class PostgresAuditTrail:
    """Implements `AuditTrail`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, deed: Deed) -> None:
        async with self._database.autocommit() as session:
            await insert_deed(session, deed)

    async def newest(self, page: PageRequest, wanted: AuditFilter) -> list[ChainedRow]:
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.number.desc()).limit(page.limit + 1)
        query = query if page.after is None else query.where(audit.c.number < _number(page.after))
        async with self._database.autocommit() as session:
            return [_row(row, GENESIS) for row in (await session.execute(query)).all()]

    async def chain(self, after: int) -> AsyncIterator[list[ChainedRow]]:
        async with self._database.transaction() as session:
            newest = await session.scalar(select(func.max(audit.c.number))) or 0
            before = select(audit.c.hash).where(audit.c.number <= after).order_by(audit.c.number.desc()).limit(1)
            previous = await session.scalar(before) or GENESIS
        while after < newest:
            query = select(audit).where(audit.c.number > after, audit.c.number <= newest)
            # A transaction for each: whoever reads slowly holds nothing open.
            async with self._database.autocommit() as session:
                found = (await session.execute(query.order_by(audit.c.number).limit(_EXPORT_ROWS))).all()
            rows = []
            for row in found:
                rows.append(_row(row, previous))
                previous = row.hash
            if not rows:
                return
            after = rows[-1].number
            yield rows

    async def watchings(self, page: PageRequest, site: str, camera: str | None) -> list[Watching]:
        ended = audit.alias()
        is_its_end = and_(
            ended.c.action.in_(_ENDS),  # = what the index is made over
            ended.c.action == audit.c.action + "_ended",
            ended.c.who == audit.c.who,
            ended.c.camera == audit.c.camera,
            ended.c.number > audit.c.number,
            cast(ended.c.detail["began"].astext, DateTime(timezone=True)) == audit.c.at,
        )
        looks = and_(audit.c.action == "talk_opened", audit.c.detail["looks"].astext == "yes")
        query = (
            select(audit, func.coalesce(ended.c.seconds, audit.c.seconds).label("lasted"))
            .select_from(audit.outerjoin(ended, is_its_end))
            .where(audit.c.site == site, or_(audit.c.action.in_(WATCHING), looks), audit.c.camera.is_not(None))
            .where(*(() if camera is None else (audit.c.camera == camera,)))
            .where(*(() if page.after is None else (audit.c.number < _number(page.after),)))
            .order_by(audit.c.number.desc())
            .limit(page.limit + 1)
        )
        async with self._database.autocommit() as session:
            rows = (await session.execute(query)).all()
        return [
            Watching(row.number, row.who, row.camera, row.action, row.at, row.lasted, row.detail.get("purpose"))
            for row in rows
        ]


async def insert_deed(session: AsyncSession, deed: Deed) -> None:
    """Put a deed on record in the transaction of what it is about; the chain is held until that ends."""
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


def _conditions(wanted: AuditFilter) -> list[Any]:
    same = {name: getattr(wanted, name) for name in ("camera", "who", "site", "action", "outcome")}
    conditions = [audit.c[name] == value for name, value in same.items() if value is not None]
    if wanted.purpose is not None:
        conditions.append(audit.c.detail["purpose"].astext == wanted.purpose)
    if wanted.since is not None:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(audit.c.at < wanted.until)
    return conditions


def _number(after: str) -> int:
    if not after.isdecimal() or len(after) > 18:
        raise bad_cursor()
    return int(after)


def _row(row: Row[Any], previous: bytes) -> ChainedRow:
    return ChainedRow(
        row.number, row.at, row.action, row.outcome, row.who, row.camera, row.site, row.address, row.seconds,
        row.detail, previous, row.hash,
    )  # fmt: skip
