"""Broadcasts and the receipts of their cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, Row, Table, Text, delete, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.database import Database
from shared.messages.broadcasts import BroadcastStatus, Receipt

metadata = MetaData()

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("talker", Text),
    Column("priority", Text),
    Column("source", Text),
    Column("announcement", Text),
    Column("text", Text),
    Column("reason", Text),
    Column("state", Text),
    Column("ending", Text),
    Column("detail", Text),
    Column("opened_us", BigInteger),
    Column("began_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("counts", JSONB),
)

receipts = Table(
    "receipts",
    metadata,
    Column("broadcast", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("camera", Text, primary_key=True),
    Column("state", Text),
    Column("reason", Text),
    Column("detail", Text),
    Column("holder", Text),
    Column("attempts", Integer),
    Column("codec", Text),
    Column("began_us", BigInteger),
    Column("late_ms", Double),
    Column("packets", BigInteger),
)


class PostgresBroadcasts:
    """Implements `BroadcastHistory`."""

    def __init__(self, database: Database):
        self._database = database

    async def put(self, status: BroadcastStatus) -> None:
        """All of it, in one transaction; again replaces what was there."""
        values = status.model_dump(exclude={"broadcast", "receipts"}) | {"id": status.broadcast}
        rows = [{"broadcast": status.broadcast, **receipt.model_dump()} for receipt in status.receipts]
        async with self._database.transaction() as session:
            statement = upsert(broadcasts).values(values)
            await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
            await session.execute(delete(receipts).where(receipts.c.broadcast == status.broadcast))
            if rows:
                await session.execute(insert(receipts), rows)

    async def one(self, id: str) -> BroadcastStatus | None:
        """With its receipts, by camera."""
        async with self._database.transaction() as session:
            row = (await session.execute(select(broadcasts).where(broadcasts.c.id == id))).one_or_none()
            if row is None:
                return None
            query = select(receipts).where(receipts.c.broadcast == id).order_by(receipts.c.site, receipts.c.camera)
            found = (await session.execute(query)).all()
        return _status(row, tuple(_receipt(each) for each in found))

    async def newest(
        self, camera: str | None, sites: Sequence[str], before_us: int | None, limit: int
    ) -> Sequence[BroadcastStatus]:
        """Without receipts. `sites`: empty: all."""
        query = select(broadcasts).order_by(broadcasts.c.opened_us.desc(), broadcasts.c.id).limit(limit)
        if before_us is not None:
            query = query.where(broadcasts.c.opened_us < before_us)
        if camera is not None:
            query = query.where(broadcasts.c.id.in_(select(receipts.c.broadcast).where(receipts.c.camera == camera)))
        if sites:
            query = query.where(broadcasts.c.id.in_(select(receipts.c.broadcast).where(receipts.c.site.in_(sites))))
        async with self._database.autocommit() as session:
            return [_status(row, ()) for row in (await session.execute(query)).all()]


def _status(row: Row[Any], found: tuple[Receipt, ...]) -> BroadcastStatus:
    values = row._asdict()
    return BroadcastStatus(broadcast=values.pop("id"), receipts=found, **values)


def _receipt(row: Row[Any]) -> Receipt:
    values = row._asdict()
    del values["broadcast"]
    return Receipt(**values)
