"""Decodes what is due: each lane one camera at a time, cameras in turn, in threads."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from services.detector.camera_feed import CameraFeed, Seen
from shared.clock import Clock
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

_WAIT_S = 0.5

_decoded = counter("detector_pictures_decoded", "pictures decoded")
_broken = counter("detector_undecodable", "jobs the decoder found no picture in")
_waiting = gauge("detector_cameras_waiting", "cameras whose due picture waits to be decoded")


class DecodeLanes:
    """Lanes call `run_once`. What waits is compressed: pictures are decoded only when there is room for them.

    Args:
        has_room: whether decoded pictures of that camera will be taken; asked before each job.
    """

    def __init__(
        self,
        lanes: int,
        clock: Clock,
        has_room: Callable[[CameraFeed], bool],
        on_seen: Callable[[CameraFeed, Seen], None],
    ):
        self._clock = clock
        self._has_room = has_room
        self._on_seen = on_seen
        self._threads = ThreadPoolExecutor(lanes, "decode")
        # In the order in which they became due: whoever was served goes to the end.
        self._due: OrderedDict[CameraRef, CameraFeed] = OrderedDict()
        self._busy: set[CameraRef] = set()
        self._news = asyncio.Event()

    def due(self, feed: CameraFeed) -> None:
        if feed.camera not in self._due:
            self._due[feed.camera] = feed
            self._news.set()

    def gone(self, feed: CameraFeed) -> None:
        if self._due.get(feed.camera) is feed:
            del self._due[feed.camera]

    def room_made(self) -> None:
        """Decoded pictures were taken away."""
        if self._due:
            self._news.set()

    async def run_once(self) -> None:
        """One job, or a short wait for one."""
        feed = self._next()
        if feed is None:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_S):
                    await self._news.wait()
            return
        job = feed.intake.job()
        self._busy.add(feed.camera)
        try:
            loop = asyncio.get_running_loop()
            seen = await loop.run_in_executor(self._threads, feed.show, job, self._clock.now_us())
        finally:
            self._busy.discard(feed.camera)
            if feed.intake.is_due:
                self.due(feed)
            self._news.set()
        _decoded.inc(seen.decoded)
        now_us = self._clock.now_us()
        if seen.broken is not None:
            _broken.inc()
            feed.coverage.undecodable(job.fragments[0].header.captured_us)
            log().warning("picture not decodable", camera=str(feed.camera), detail=str(seen.broken))
        feed.coverage.late(seen.late_us)
        for shown in seen.shown:
            shown.picture.decoded_us = now_us
        self._on_seen(feed, seen)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> CameraFeed | None:
        _waiting.set(len(self._due))
        for camera, feed in self._due.items():
            if camera not in self._busy and self._has_room(feed):
                del self._due[camera]
                # Overtaken meanwhile by an IDR that is not due yet.
                return feed if feed.intake.is_due else self._next()
        return None
