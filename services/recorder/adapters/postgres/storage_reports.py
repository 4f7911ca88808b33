"""Holes, holds and early deletions of each stream, and what fewer days would delete, out of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select, text

from services.recorder.adapters.postgres.retention import deletions, holds, in_force, is_held_at
from services.recorder.adapters.postgres.tables import heads, segments
from services.recorder.segment import StreamRef
from services.recorder.storage_desk import StreamReport
from shared.database import Database
from shared.messages.retention import RetentionTrialStream
from shared.subjects import CameraRef

# A hole that was planned is none.
_PLANNED = "not_wanted"


class PostgresStorageReports:
    """Implements `StorageReports`."""

    def __init__(self, database: Database):
        self._database = database

    async def reports(self, site: str | None, now_us: int, cut_since_us: int) -> Mapping[StreamRef, StreamReport]:
        holes = _holes()
        held = (
            select(func.count())
            .select_from(holds)
            .where(
                holds.c.camera == heads.c.camera,
                or_(holds.c.stream.is_(None), holds.c.stream == heads.c.stream),
                *in_force(now_us),
            )
            .scalar_subquery()
        )
        cut = (
            select(func.max(deletions.c.planned_us))
            .where(
                deletions.c.camera == heads.c.camera,
                deletions.c.stream == heads.c.stream,
                deletions.c.planned_us > cut_since_us,
                deletions.c.cause == "budget",
            )
            .scalar_subquery()
        )
        query = select(heads.c.site, heads.c.camera, heads.c.stream, holes.c.gaps, holes.c.gaps_us).add_columns(
            held.label("holds"), cut.label("cut_us")
        )
        query = query.select_from(heads.join(holes, text("true")))
        if site is not None:
            query = query.where(heads.c.site == site)
        async with self._database.autocommit() as session:
            rows = (await session.execute(query)).all()
        return {
            StreamRef(CameraRef(row.site, row.camera), row.stream): StreamReport(
                row.gaps, int(row.gaps_us or 0), row.holds, row.cut_us
            )
            for row in rows
        }

    async def trial(self, cameras: Sequence[str], before_us: int, now_us: int) -> Sequence[RetentionTrialStream]:
        columns = (
            segments.c.camera,
            segments.c.stream,
            segments.c.starts_us,
            segments.c.ends_us,
            segments.c.size_bytes,
        )
        old = (
            select(*columns, is_held_at(now_us).label("is_held"))
            .where(
                segments.c.camera.in_(list(cameras)),
                segments.c.starts_us < before_us,
                segments.c.ends_us < before_us,
            )
            .subquery()
        )
        free, count, size = ~old.c.is_held, func.count(), func.sum(old.c.size_bytes)
        query = (
            select(
                old.c.camera,
                old.c.stream,
                count.filter(free).label("segments"),
                size.filter(free).label("size_bytes"),
                func.min(old.c.starts_us).filter(free).label("from_us"),
                func.max(old.c.ends_us).filter(free).label("to_us"),
                count.filter(old.c.is_held).label("held_segments"),
                size.filter(old.c.is_held).label("held_bytes"),
            )
            .group_by(old.c.camera, old.c.stream)
            .order_by(old.c.camera, old.c.stream)
        )
        async with self._database.autocommit() as session:
            rows = (await session.execute(query)).all()
        return [_trial(row) for row in rows]


def _holes() -> Any:
    """Of the stream of `heads`, from the index over holes alone."""
    kept = segments.alias("kept")
    oldest = (
        select(kept.c.starts_us)
        .where(kept.c.camera == heads.c.camera, kept.c.stream == heads.c.stream)
        .order_by(kept.c.starts_us)
        .limit(1)
        .correlate(heads)
        .scalar_subquery()
    )
    # Before the oldest picture there is nothing that could have a hole.
    begins = func.greatest(segments.c.gap_from_us, oldest)
    return (
        select(
            func.count().label("gaps"),
            func.sum(segments.c.starts_us - begins).label("gaps_us"),
        )
        .where(
            segments.c.camera == heads.c.camera,
            segments.c.stream == heads.c.stream,
            segments.c.gap_from_us.is_not(None),
            segments.c.gap_cause != _PLANNED,
            segments.c.starts_us > oldest,
        )
        .lateral("holes")
    )


def _trial(row: Any) -> RetentionTrialStream:
    return RetentionTrialStream(
        camera=row.camera,
        stream=row.stream,
        segments=row.segments,
        size_bytes=int(row.size_bytes or 0),
        from_us=row.from_us,
        to_us=row.to_us,
        held_segments=row.held_segments,
        held_bytes=int(row.held_bytes or 0),
    )
