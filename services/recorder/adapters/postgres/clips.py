"""Clips in PostgreSQL: a queue that any worker takes from, and takes over where one died."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Float,
    LargeBinary,
    Table,
    Text,
    and_,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from services.recorder.adapters.postgres.tables import metadata
from services.recorder.clip_desk import Clip
from services.recorder.segment import StreamRef
from shared.database import Database
from shared.subjects import CameraRef

# A maker says once a second that it lives.
DEAD_AFTER_US = 30 * 1_000_000

clips = Table(
    "clips",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text),
    Column("camera", Text),
    Column("stream", Text),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("is_exact", Boolean),
    Column("asked_by", Text),
    Column("asked_us", BigInteger),
    Column("state", Text),
    Column("done_us", BigInteger),
    Column("size_bytes", BigInteger),
    Column("sha256", LargeBinary),
    Column("shows_from_us", BigInteger),
    Column("shows_to_us", BigInteger),
    Column("error_code", Text),
    Column("error", Text),
    Column("worker", Text),
    Column("beat_us", BigInteger),
    Column("expires_us", BigInteger),
    Column("crop", ARRAY(Float)),
)


class PostgresClips:
    """Implements `ClipStore` and `ClipQueue`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, clip: Clip) -> Clip:
        values = {
            "id": clip.id,
            "site": clip.of.camera.site,
            "camera": clip.of.camera.camera,
            "stream": clip.of.stream,
            "from_us": clip.from_us,
            "to_us": clip.to_us,
            "is_exact": clip.is_exact,
            "asked_by": clip.asked_by,
            "asked_us": clip.asked_us,
            "state": "queued",
            "done_us": 0,
            "beat_us": 0,
            "expires_us": clip.expires_us,
            "crop": None if clip.crop is None else list(clip.crop),
        }
        async with self._database.transaction() as session:
            await session.execute(upsert(clips).values(values).on_conflict_do_nothing())
            return _clip((await session.execute(select(clips).where(clips.c.id == clip.id))).one())

    async def clip(self, id: str) -> Clip | None:
        async with self._database.autocommit() as session:
            query = select(clips).where(clips.c.id == id, clips.c.expires_us > 0)
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _clip(row)

    async def clips(
        self, camera: str | None, asked_by: str | None, sites: Sequence[str] | None, limit: int
    ) -> Sequence[Clip]:
        query = select(clips).where(clips.c.expires_us > 0).order_by(clips.c.asked_us.desc(), clips.c.id).limit(limit)
        if camera is not None:
            query = query.where(clips.c.camera == camera)
        if asked_by is not None:
            query = query.where(clips.c.asked_by == asked_by)
        if sites is not None:
            query = query.where(clips.c.site.in_(sites))
        async with self._database.autocommit() as session:
            return [_clip(row) for row in (await session.execute(query)).all()]

    async def waiting(self, asked_by: str) -> int:
        query = select(func.count()).where(clips.c.asked_by == asked_by, clips.c.state.in_(("queued", "running")))
        async with self._database.autocommit() as session:
            return await session.scalar(query) or 0

    async def expire(self, id: str, now_us: int) -> None:
        # 0: out of sight at once; its object goes with the next round.
        await self._set(id, expires_us=0, error_code="removed")

    async def claim(self, worker: str, now_us: int) -> Clip | None:
        """The oldest that waits, or whose maker is dead; ours from now on."""
        is_dead = and_(clips.c.state == "running", clips.c.beat_us < now_us - DEAD_AFTER_US)
        query = (
            select(clips)
            .where(or_(clips.c.state == "queued", is_dead), clips.c.expires_us > now_us)
            .order_by(clips.c.asked_us)
            .limit(1)
        )
        if not await self._database.finds(query):
            return None
        async with self._database.transaction() as session:
            row = (await session.execute(query.with_for_update(skip_locked=True))).one_or_none()
            if row is None:
                return None
            values = {"state": "running", "worker": worker, "beat_us": now_us, "done_us": 0}
            await session.execute(update(clips).where(clips.c.id == row.id).values(values))
        return _clip(row)

    async def beat(self, id: str, worker: str, done_us: int, now_us: int) -> bool:
        """How far it is; False where it is not ours any more, or nobody wants it."""
        query = (
            update(clips)
            .where(clips.c.id == id, clips.c.worker == worker, clips.c.state == "running", clips.c.expires_us > 0)
            .values(done_us=done_us, beat_us=now_us)
            .returning(clips.c.id)
        )
        async with self._database.autocommit() as session:
            return (await session.execute(query)).one_or_none() is not None

    async def ready(self, id: str, size_bytes: int, sha256: str, shows_from_us: int, shows_to_us: int) -> None:
        shown = {"shows_from_us": shows_from_us, "shows_to_us": shows_to_us}
        await self._set(id, state="ready", size_bytes=size_bytes, sha256=bytes.fromhex(sha256), **shown)

    async def failed(self, id: str, code: str, error: str) -> None:
        await self._set(id, state="failed", error_code=code, error=error)

    async def expired(self, now_us: int, limit: int) -> Sequence[Clip]:
        """What is to be removed; not while it is being made."""
        is_being_made = and_(clips.c.state == "running", clips.c.beat_us >= now_us - DEAD_AFTER_US)
        query = select(clips).where(clips.c.expires_us <= now_us, not_(is_being_made)).limit(limit)
        async with self._database.autocommit() as session:
            return [_clip(row) for row in (await session.execute(query)).all()]

    async def forget(self, id: str) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(clips).where(clips.c.id == id))

    async def give_up(self, id: str, worker: str) -> None:
        """Whoever made it has stopped, because nobody wants it any more or another worker makes it now."""
        query = update(clips).where(clips.c.id == id, clips.c.worker == worker).values(state="failed")
        async with self._database.autocommit() as session:
            await session.execute(query)

    async def _set(self, id: str, **values: Any) -> None:
        async with self._database.autocommit() as session:
            await session.execute(update(clips).where(clips.c.id == id).values(**values))


def _clip(row: Any) -> Clip:
    return Clip(
        id=row.id,
        of=StreamRef(CameraRef(row.site, row.camera), row.stream),
        from_us=row.from_us,
        to_us=row.to_us,
        is_exact=row.is_exact,
        asked_by=row.asked_by,
        asked_us=row.asked_us,
        expires_us=row.expires_us,
        state=row.state,
        done_us=row.done_us,
        size_bytes=row.size_bytes,
        sha256=None if row.sha256 is None else row.sha256.hex(),
        shows_from_us=row.shows_from_us,
        shows_to_us=row.shows_to_us,
        crop=None if row.crop is None else tuple(row.crop),
        error_code=row.error_code,
        error=row.error,
    )
