"""The index of segments in PostgreSQL: a partition a day, and the head of each stream's chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.recorder.adapters.postgres.tables import heads, segments
from services.recorder.index import Head, HeadMoved
from services.recorder.segment import (
    FIRST_LINK,
    Gap,
    Recorded,
    Segment,
    StreamRef,
    link_of,
    pack_gops,
    unpack_gops,
)
from services.recorder.timeline import Timeline, timeline
from shared.database import Database
from shared.subjects import CameraRef

DAY_US = 24 * 3600 * 1_000_000
# No segment is longer (setting, and the bytes it may have): what overlaps a time began at most so long before it.
LONGEST_US = 300 * 1_000_000
# As PostgreSQL says it (class 23, which SQLAlchemy calls an integrity error).
NO_PARTITION = "no partition of relation"


class PostgresIndex:
    """Implements `SegmentWriter` and `SegmentReader`."""

    def __init__(self, database: Database):
        self._database = database
        self._days: set[int] = set()

    async def head(self, of: StreamRef) -> Head | None:
        async with self._database.transaction() as session:
            return await _head(session, of, is_locked=False)

    async def append(self, segment: Segment, media_seq: int, gap: Gap | None, after: Head | None) -> Head:
        day = segment.starts_us // DAY_US
        await self._ensure_day(day)
        try:
            return await self._append(segment, media_seq, gap, after)
        except IntegrityError as error:
            # An old day that was emptied and dropped is filmed again, by a camera whose clock is wrong.
            if day not in self._days or NO_PARTITION not in str(error):
                raise
            self._days.discard(day)
            await self._ensure_day(day)
            return await self._append(segment, media_seq, gap, after)

    async def _append(self, segment: Segment, media_seq: int, gap: Gap | None, after: Head | None) -> Head:
        async with self._database.transaction() as session:
            # A stream without a head has no row to lock: its first two writers meet here.
            await session.execute(
                text("select pg_advisory_xact_lock(hashtextextended(:stream, 1))"), {"stream": str(segment.of)}
            )
            there = await _head(session, segment.of, is_locked=True)
            if there != after:
                raise HeadMoved(there)
            number = 1 if after is None else after.number + 1
            link = link_of(segment, number, FIRST_LINK if after is None else after.link, gap)
            await session.execute(insert(segments).values(_row(segment, number, link, gap)))
            head = Head(segment.run, segment.last_seq, segment.ends_us, media_seq, number, link)
            await session.execute(_set_head(segment.of, head, segment.size_bytes))
        return head

    async def between(self, of: StreamRef, from_us: int, to_us: int, limit: int = 5000) -> Sequence[Recorded]:
        query = (
            select(segments)
            .where(
                segments.c.camera == of.camera.camera,
                segments.c.stream == of.stream,
                segments.c.starts_us >= from_us - LONGEST_US,
                segments.c.starts_us < to_us,
                segments.c.ends_us > from_us,
            )
            .order_by(segments.c.starts_us, segments.c.number)
            .limit(limit)
        )
        async with self._database.autocommit() as session:
            return [recorded_of(row) for row in (await session.execute(query)).all()]

    async def timeline(self, of: StreamRef, from_us: int, to_us: int) -> Timeline:
        """Ranges and holes; reads the first and the last segment and those behind a hole, and no other."""
        stream = (segments.c.camera == of.camera.camera, segments.c.stream == of.stream)
        overlapping = (
            *stream,
            segments.c.starts_us >= from_us - LONGEST_US,
            segments.c.starts_us < to_us,
            segments.c.ends_us > from_us,
        )
        first = select(segments.c.starts_us).where(*overlapping).order_by(segments.c.starts_us).limit(1)
        last = select(segments.c.ends_us).where(*overlapping).order_by(segments.c.starts_us.desc()).limit(1)
        hole = select(segments.c.gap_from_us, segments.c.starts_us, segments.c.gap_cause).where(
            *stream, segments.c.gap_from_us.is_not(None)
        )
        inside = hole.where(segments.c.starts_us > from_us, segments.c.starts_us < to_us)
        # The hole that lasts beyond the time asked for is told by the segment that ended it.
        beyond = hole.where(segments.c.starts_us >= to_us).order_by(segments.c.starts_us).limit(1)
        async with self._database.transaction() as session:
            # Planned once for all spans of time: planning over a month's partitions takes longer than reading them.
            await session.execute(text("set local plan_cache_mode = force_generic_plan"))
            first_us, last_us = await session.scalar(first), await session.scalar(last)
            rows = (await session.execute(inside.order_by(segments.c.starts_us))).all()
            rows = [*rows, *(await session.execute(beyond)).all()]
        gaps = [Gap(row.gap_from_us, row.starts_us, row.gap_cause) for row in rows]
        return timeline(from_us, to_us, first_us, last_us, gaps)

    async def _ensure_day(self, day: int) -> None:
        """The partition of that day, made by whoever needs it first."""
        if day in self._days:
            return
        name = f"segments_{datetime.fromtimestamp(day * 86400, UTC):%Y%m%d}"
        async with self._database.transaction() as session:
            await session.execute(
                text("select pg_advisory_xact_lock(hashtextextended(:name, 2))"), {"name": "segments' partitions"}
            )
            # The name is ours and the bounds are numbers: nothing here comes from outside.
            await session.execute(
                text(
                    f"create table if not exists {name} partition of segments"
                    f" for values from ({day * DAY_US}) to ({(day + 1) * DAY_US})"
                )
            )
        self._days.add(day)


async def _head(session: AsyncSession, of: StreamRef, *, is_locked: bool) -> Head | None:
    query = select(heads).where(heads.c.camera == of.camera.camera, heads.c.stream == of.stream)
    row = (await session.execute(query.with_for_update() if is_locked else query)).one_or_none()
    if row is None:
        return None
    return Head(row.run, row.last_seq, row.ends_us, row.media_seq, row.number, row.link.hex())


def _set_head(of: StreamRef, head: Head, size_bytes: int) -> Any:
    values = {
        "run": head.run,
        "last_seq": head.last_seq,
        "ends_us": head.ends_us,
        "media_seq": head.media_seq,
        "number": head.number,
        "link": bytes.fromhex(head.link),
    }
    key = {"site": of.camera.site, "camera": of.camera.camera, "stream": of.stream}
    first = {"segments": 1, "size_bytes": size_bytes}
    sums = {"segments": heads.c.segments + 1, "size_bytes": heads.c.size_bytes + size_bytes}
    return (
        upsert(heads)
        .values(key | values | first)
        .on_conflict_do_update(index_elements=["camera", "stream"], set_=values | sums)
    )


def _row(segment: Segment, number: int, link: str, gap: Gap | None) -> dict[str, object]:
    camera = segment.of.camera
    return {
        "site": camera.site,
        "camera": camera.camera,
        "stream": segment.of.stream,
        "starts_us": segment.starts_us,
        "ends_us": segment.ends_us,
        "run": segment.run,
        "first_seq": segment.first_seq,
        "last_seq": segment.last_seq,
        "size_bytes": segment.size_bytes,
        "codecs": segment.codecs,
        "gops": pack_gops(segment.gops),
        "sha256": bytes.fromhex(segment.sha256),
        "number": number,
        "link": bytes.fromhex(link),
        "gap_from_us": None if gap is None else gap.from_us,
        "gap_cause": None if gap is None else gap.cause,
    }


def recorded_of(row: Any) -> Recorded:
    segment = Segment(
        of=StreamRef(CameraRef(row.site, row.camera), row.stream),
        run=row.run,
        first_seq=row.first_seq,
        last_seq=row.last_seq,
        starts_us=row.starts_us,
        ends_us=row.ends_us,
        size_bytes=row.size_bytes,
        codecs=row.codecs,
        gops=unpack_gops(row.gops),
        sha256=row.sha256.hex(),
    )
    gap = None if row.gap_from_us is None else Gap(row.gap_from_us, row.starts_us, row.gap_cause)
    return Recorded(segment, row.number, row.link.hex(), gap)
