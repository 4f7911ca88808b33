"""Deletions and holds in PostgreSQL. Planning a deletion and placing a hold take the same lock: a hold wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Table,
    Text,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.recorder.adapters.postgres.day_partitions import drop_empty_days
from services.recorder.adapters.postgres.deleted_segments import deleted_chain, keep_records
from services.recorder.adapters.postgres.index import recorded_of
from services.recorder.adapters.postgres.tables import heads, metadata, segments
from services.recorder.holds import Hold
from services.recorder.retention import Cause, Deletion, Kept
from services.recorder.segment import Recorded, StreamRef
from shared.database import Database
from shared.messages.retention import StoredStream
from shared.subjects import CameraRef

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text),
    Column("camera", Text),
    Column("stream", Text),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("why", Text),
    Column("kind", Text),
    Column("placed_by", Text),
    Column("placed_us", BigInteger),
    Column("until_us", BigInteger),
    Column("lifted_by", Text),
    Column("lifted_us", BigInteger),
)

deletions = Table(
    "deletions",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("site", Text),
    Column("camera", Text),
    Column("stream", Text),
    Column("cause", Text),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("segments", Integer),
    Column("size_bytes", BigInteger),
    Column("first_number", BigInteger),
    Column("last_number", BigInteger),
    Column("numbers", ARRAY(BigInteger)),
    Column("planned_us", BigInteger),
    Column("done_us", BigInteger),
)


class PostgresRetention:
    """Implements `HoldStore` and `DeletionLog`."""

    def __init__(self, database: Database):
        self._database = database

    # Deletions

    async def streams(self) -> Sequence[StreamRef]:
        """Every stream of which something was ever recorded, also of cameras that are no longer registered."""
        async with self._database.autocommit() as session:
            rows = (await session.execute(select(heads.c.site, heads.c.camera, heads.c.stream))).all()
        return [StreamRef(CameraRef(row.site, row.camera), row.stream) for row in rows]

    async def plan(self, of: StreamRef, before_us: int, cause: Cause, now_us: int, limit: int) -> Deletion | None:
        """Enter the deletion of the oldest segments that ended before a moment and that nothing holds."""
        async with self._database.transaction() as session:
            await _lock(session, of.camera.camera)
            return await _plan(session, of, await _oldest(session, of, before_us, now_us, limit), cause, now_us)

    async def plan_these(self, kept: Sequence[Kept], cause: Cause, now_us: int) -> Deletion | None:
        """Enter the deletion of these, of one stream, less what is held by now."""
        of, numbers = kept[0].of, {each.number for each in kept}
        async with self._database.transaction() as session:
            await _lock(session, of.camera.camera)
            latest_us = max(each.ends_us for each in kept) + 1
            free = await _oldest(session, of, latest_us, now_us, len(kept) * 2)
            return await _plan(session, of, [each for each in free if each.number in numbers], cause, now_us)

    async def oldest(self, of: StreamRef, before_us: int, now_us: int, limit: int) -> Sequence[Kept]:
        """Segments that ended before a moment and that nothing holds, oldest first."""
        async with self._database.transaction() as session:
            return await _oldest(session, of, before_us, now_us, limit)

    async def unfinished(self, of: StreamRef) -> Sequence[Deletion]:
        """What was planned and may not be done: its worker died."""
        query = select(deletions).where(
            deletions.c.camera == of.camera.camera, deletions.c.stream == of.stream, deletions.c.done_us.is_(None)
        )
        async with self._database.autocommit() as session:
            return [_deletion(row) for row in (await session.execute(query.order_by(deletions.c.id))).all()]

    async def carry_out(
        self,
        planned: Deletion,
        remove: Callable[[Sequence[str]], Awaitable[None]],
        is_there: Callable[[str], Awaitable[bool]],
        now_us: int,
    ) -> Deletion:
        """Remove the objects, then the rows, then say in the log when; what was really deleted.

        Holds of the camera wait meanwhile. What is held by now is left, also of a plan that a dead worker left,
        unless its object is gone already.
        """
        async with self._database.transaction() as session:
            await _lock(session, planned.of.camera.camera)
            free = await _oldest(session, planned.of, planned.to_us + 1, now_us, len(planned.numbers) * 2)
            held = set(planned.numbers) - {each.number for each in free}
            if held:
                of_held = select(segments).where(*_rows_of(replace(planned, numbers=tuple(held))))
                for row in (await session.execute(of_held)).all():
                    if not await is_there(recorded_of(row).segment.object_name):
                        held.remove(row.number)
                planned = replace(planned, numbers=tuple(each for each in planned.numbers if each not in held))
            rows = (await session.execute(select(segments).where(*_rows_of(planned)))).all()
            await remove([recorded_of(row).segment.object_name for row in rows])
            size_bytes = sum(row.size_bytes for row in rows)
            await keep_records(session, planned.id, _rows_of(planned))
            await session.execute(delete(segments).where(*_rows_of(planned)))
            of = planned.of
            await session.execute(
                update(heads)
                .where(heads.c.camera == of.camera.camera, heads.c.stream == of.stream)
                .values(segments=heads.c.segments - len(rows), size_bytes=heads.c.size_bytes - size_bytes)
            )
            done = {"done_us": now_us, "numbers": None, "segments": len(rows), "size_bytes": size_bytes}
            await session.execute(update(deletions).where(deletions.c.id == planned.id).values(done))
        return replace(planned, size_bytes=size_bytes, numbers=tuple(row.number for row in rows))

    async def stored(self, site: str | None) -> Sequence[StoredStream]:
        """What is kept of each stream; `retention_days` is not known here and 0."""
        oldest = (
            select(segments.c.starts_us)
            .where(segments.c.camera == heads.c.camera, segments.c.stream == heads.c.stream)
            .order_by(segments.c.starts_us)
            .limit(1)
            .scalar_subquery()
        )
        query = select(heads, oldest.label("oldest_us")).order_by(heads.c.site, heads.c.camera, heads.c.stream)
        if site is not None:
            query = query.where(heads.c.site == site)
        async with self._database.autocommit() as session:
            rows = (await session.execute(query)).all()
        return [
            StoredStream(
                site=row.site,
                camera=row.camera,
                stream=row.stream,
                oldest_us=row.oldest_us,
                newest_us=row.ends_us,
                segments=row.segments,
                size_bytes=row.size_bytes,
                retention_days=0,
            )
            for row in rows
        ]

    async def deleted(self, of: StreamRef, from_number: int, to_number: int) -> Sequence[Recorded]:
        """The records of deleted segments from one number to another, both included; see `deleted_chain`."""
        async with self._database.transaction() as session:
            return await deleted_chain(session, of, from_number, to_number)

    async def drop_empty_days(self, before_us: int) -> Sequence[str]:
        """See there; the names of the partitions dropped."""
        return await drop_empty_days(self._database, before_us)

    # Holds

    async def place(self, hold: Hold) -> Hold:
        values = {name: getattr(hold, name) for name in (column.name for column in holds.columns)}
        async with self._database.transaction() as session:
            await _lock(session, hold.camera)
            await session.execute(upsert(holds).values(values).on_conflict_do_nothing())
            return _hold((await session.execute(select(holds).where(holds.c.id == hold.id))).one())

    async def lift(self, id: str, by: str, now_us: int) -> Hold | None:
        async with self._database.transaction() as session:
            lifted = update(holds).where(holds.c.id == id, holds.c.lifted_us.is_(None))
            await session.execute(lifted.values(lifted_by=by, lifted_us=now_us))
            row = (await session.execute(select(holds).where(holds.c.id == id))).one_or_none()
        return None if row is None else _hold(row)

    async def holds(self, camera: str | None, now_us: int, limit: int) -> Sequence[Hold]:
        query = select(holds).where(*in_force(now_us)).order_by(holds.c.placed_us.desc()).limit(limit)
        if camera is not None:
            query = query.where(holds.c.camera == camera)
        async with self._database.autocommit() as session:
            return [_hold(row) for row in (await session.execute(query)).all()]


async def _lock(session: AsyncSession, camera: str) -> None:
    await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:camera, 3))"), {"camera": camera})


def in_force(now_us: int) -> tuple[Any, ...]:
    """Of rows of `holds`."""
    return holds.c.lifted_us.is_(None), or_(holds.c.until_us.is_(None), holds.c.until_us > now_us)


def is_held_at(now_us: int) -> ColumnElement[bool]:
    """Of a row of `segments`: a hold that is in force then reaches into it."""
    return exists().where(
        holds.c.camera == segments.c.camera,
        or_(holds.c.stream.is_(None), holds.c.stream == segments.c.stream),
        holds.c.from_us < segments.c.ends_us,
        holds.c.to_us > segments.c.starts_us,
        *in_force(now_us),
    )


async def _oldest(session: AsyncSession, of: StreamRef, before_us: int, now_us: int, limit: int) -> list[Kept]:
    is_held = is_held_at(now_us)
    query = (
        select(segments)
        .where(
            segments.c.camera == of.camera.camera,
            segments.c.stream == of.stream,
            segments.c.starts_us < before_us,
            segments.c.ends_us < before_us,
            ~is_held,
        )
        .order_by(segments.c.starts_us, segments.c.number)
        .limit(limit)
    )
    found = []
    for row in (await session.execute(query)).all():
        segment = recorded_of(row).segment
        found.append(Kept(of, row.number, row.starts_us, row.ends_us, row.size_bytes, segment.object_name))
    return found


async def _plan(
    session: AsyncSession, of: StreamRef, kept: Sequence[Kept], cause: Cause, now_us: int
) -> Deletion | None:
    if not kept:
        return None
    numbers = [each.number for each in kept]
    values = {
        "site": of.camera.site,
        "camera": of.camera.camera,
        "stream": of.stream,
        "cause": cause,
        "from_us": min(each.starts_us for each in kept),
        "to_us": max(each.ends_us for each in kept),
        "segments": len(kept),
        "size_bytes": sum(each.size_bytes for each in kept),
        "first_number": min(numbers),
        "last_number": max(numbers),
        "numbers": numbers,
        "planned_us": now_us,
    }
    return _deletion((await session.execute(insert(deletions).values(values).returning(deletions))).one())


def _rows_of(planned: Deletion) -> tuple[Any, ...]:
    return (
        segments.c.camera == planned.of.camera.camera,
        segments.c.stream == planned.of.stream,
        segments.c.starts_us >= planned.from_us,
        segments.c.starts_us < planned.to_us,
        segments.c.number.in_(planned.numbers),
    )


def _deletion(row: Any) -> Deletion:
    of = StreamRef(CameraRef(row.site, row.camera), row.stream)
    return Deletion(row.id, of, row.cause, row.from_us, row.to_us, row.size_bytes, tuple(row.numbers or ()))


def _hold(row: Any) -> Hold:
    return Hold(**row._mapping)
