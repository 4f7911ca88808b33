"""Partitions of days of which nothing is left."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database

# = how long who reads or writes the index may wait behind us; a reader that takes longer makes us try again later
LOCK_LIMIT_MS = 500
_LOCK_NOT_AVAILABLE = "55P03"


async def drop_empty_days(database: Database, before_us: int, limit: int = 40) -> list[str]:
    """Drop empty partitions of `segments` whose day ended before a moment, oldest first; the names of those dropped.

    Without it every query plans over each day since the recorder was installed. Raises PeerError.
    """
    last = f"segments_{datetime.fromtimestamp(before_us / 1e6 - 86400, UTC):%Y%m%d}"
    async with database.autocommit() as session:
        found = await session.execute(
            text(
                "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
                " where i.inhparent = 'segments'::regclass and c.relname collate \"C\" < :last order by 1"
            ),
            {"last": last},
        )
        names = [str(row.relname) for row in found.all()]
    dropped: list[str] = []
    for name in names:
        if len(dropped) >= limit:
            break
        try:
            async with database.transaction() as session:
                if await _drop(session, name):
                    dropped.append(name)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            break  # somebody reads for long: the next round tries again
    return dropped


async def _drop(session: AsyncSession, name: str) -> bool:
    # The name comes from PostgreSQL's catalogue and was made by `PostgresIndex`.
    is_empty = text(f"select not exists (select from {name})")
    if not await session.scalar(is_empty):
        return False
    await session.execute(text(f"set local lock_timeout = {LOCK_LIMIT_MS}"))
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 2))"), {"name": "segments' partitions"}
    )
    # The parent first, as readers do: the other way round two of us could wait for each other.
    await session.execute(text("lock table only segments in access exclusive mode"))
    if await session.scalar(text("select to_regclass(:name)"), {"name": name}) is None:
        return False
    if not await session.scalar(is_empty):
        return False
    await session.execute(text(f"drop table {name}"))
    return True
