"""Makes the clips that wait, one at a time: bounded space, progress by the second, taken over where it dies."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from services.recorder.adapters.clip_cropper import cropped
from services.recorder.adapters.clip_writer import ClipMade, ClipWriter
from services.recorder.adapters.postgres.clips import PostgresClips
from services.recorder.clip_desk import Clip
from services.recorder.gop_bytes import GopBytes, GopSource
from services.recorder.index import SegmentReader
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.objects import ObjectStore
from shared.telemetry import counter, log

# Another worker may have been asked, or may have died: looked for so often.
ROUND_S = 10.0
SWEEP_S = 60.0
BEAT_S = 1.0
_PAGE = 50
_EXPIRED_AT_ONCE = 20

_made = counter("recorder_clips", "clips made")
_failed = counter("recorder_clips_failed", "clips that could not be made")


class ClipMaker:
    """Supervised: one clip a round.

    Args:
        folder: where a clip is written before it goes to S3; at most `max_bytes` twice are taken there.
    """

    def __init__(
        self,
        queue: PostgresClips,
        index: SegmentReader,
        gops: GopSource,
        objects: ObjectStore,
        clock: Clock,
        worker: str,
        folder: Path,
        max_bytes: int,
    ):
        self._queue = queue
        self._index = index
        self._gops = gops
        self._objects = objects
        self._clock = clock
        self._worker = worker
        self._folder = folder
        self._max_bytes = max_bytes
        self._done_us = 0
        self._asked = asyncio.Event()
        self._sweep_at = 0.0

    def wake(self) -> None:
        """One was asked for here: no need to wait for the next look."""
        self._asked.set()

    async def run_once(self) -> None:
        await self._sweep()
        self._asked.clear()
        clip = await self._queue.claim(self._worker, self._clock.now_us())
        if clip is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_S):
                    await self._asked.wait()
            return
        try:
            await self._make(clip)
        except RequestRefused as error:
            _failed.inc()
            log().info("clip not made", clip=clip.id, code=error.code, detail=str(error))
            await self._queue.failed(clip.id, error.code, str(error))
        except OSError as error:
            _failed.inc()
            log().warning("clip not made", clip=clip.id, detail=str(error))
            await self._queue.failed(clip.id, "no_space", f"The recorder cannot write the clip: {error.strerror}.")

    async def _sweep(self) -> None:
        """What has expired or was removed, now and then."""
        now = self._clock.monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_S
        for gone in await self._queue.expired(self._clock.now_us(), _EXPIRED_AT_ONCE):
            await self._objects.remove(gone.object_name)
            await self._queue.forget(gone.id)

    async def _make(self, clip: Clip) -> None:
        if shutil.disk_usage(self._folder).free < 2 * self._max_bytes:
            raise RequestRefused("no_space", "The recorder's disk has no room for a clip: free some, or ask later.")
        work = asyncio.create_task(self._write_and_upload(clip), name=f"clip {clip.id}")
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=BEAT_S)
                if not work.done() and not await self._queue.beat(
                    clip.id, self._worker, self._done_us, self._clock.now_us()
                ):
                    # Removed, or another worker took us for dead: what we write is nobody's.
                    work.cancel()
                    await asyncio.wait({work})
                    await self._queue.give_up(clip.id, self._worker)
                    return
        finally:
            work.cancel()
            await asyncio.wait({work})
        made = work.result()
        await self._queue.ready(clip.id, made.size_bytes, made.sha256, made.starts_us, made.ends_us)
        _made.inc()

    async def _write_and_upload(self, clip: Clip) -> ClipMade:
        self._done_us = 0
        with TemporaryDirectory(dir=self._folder, prefix="clip-") as name:
            path = Path(name) / "clip.mp4"
            with ClipWriter(path, clip.from_us, clip.to_us, clip.is_exact, self._max_bytes) as writer:
                async for gop in self._pieces(clip):
                    # Copying is work of the CPU and the disk: the loop goes on recording meanwhile.
                    await asyncio.to_thread(writer.add, gop)
                    self._done_us = max(0, gop.gop.captured_us - clip.from_us)
                made = await asyncio.to_thread(writer.finish)
            if clip.crop is not None:
                part = path.with_name("part.mp4")
                size_bytes, digest = await asyncio.to_thread(cropped, path, part, clip.crop)
                path, made = part, replace(made, size_bytes=size_bytes, sha256=digest)
            await self._objects.upload(clip.object_name, path, "video/mp4")
        return made

    async def _pieces(self, clip: Clip) -> AsyncIterator[GopBytes]:
        """Every GOP that shows something of it, a page of the index at a time."""
        from_us, last_number = clip.from_us, 0
        while True:
            rows = await self._index.between(clip.of, from_us, clip.to_us, limit=_PAGE)
            fresh = [row for row in rows if row.number > last_number]
            for row in fresh:
                for gop in row.segment.gops:
                    ends_us = gop.captured_us + gop.duration_90k * 100 // 9
                    if gop.captured_us < clip.to_us and ends_us > clip.from_us:
                        yield GopBytes(row.segment.run, gop, await self._gops.read(row.segment, gop))
            if len(rows) < _PAGE or not fresh:
                return
            from_us, last_number = fresh[-1].segment.starts_us, fresh[-1].number
