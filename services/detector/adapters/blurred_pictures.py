"""Answers with pictures in which nobody can be recognised, or says why it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakKeyDictionary

import av
import cv2
import numpy as np

from services.detector.adapters.camera_decoder import memory_planes
from services.detector.camera_feed import CameraFeed
from services.detector.camera_sight import PictureLook
from services.detector.geometry import Box
from services.detector.hidden_parts import around_heads
from services.detector.people import Found
from services.detector.picture import Bytes, Picture, in_memory
from services.detector.pixels_hidden import hidden
from services.detector.public_sight import Settled, refused
from shared.clock import Clock
from shared.messages.public_pictures import BlurredPicture, BlurredPictureWanted
from shared.subjects import CameraRef
from shared.telemetry import counter

# = how often a camera's picture is made anew, however many ask
_EACH_S = 1.0
# Beyond it somebody is refused: a worker has its own work to do.
_WAITING_MAX = 32
_QUALITY = 80
# How often a picture is looked at again before it is given up.
_LOOKS_AGAIN = 2

T = TypeVar("T")

_made = counter("detector_blurred_pictures", "pictures made for everybody to see")
_again = counter("detector_blurred_again", "heads found only when the picture to be shown was looked at again")


@dataclass(slots=True)
class _Kept:
    """The last answer about a camera; `lock`: one picture of it is made at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    made_s: float = float("-inf")
    answers: dict[int, BlurredPicture] = field(default_factory=dict)


class BlurredPictures:
    """Args:
    find: what is looked at here; None where a camera is not.
    look_at: asks the models in force about pictures that are of no camera.
    """

    def __init__(
        self,
        find: Callable[[CameraRef], CameraFeed | None],
        look_at: Callable[[Sequence[Picture]], Awaitable[list[PictureLook]]],
        clock: Clock,
    ):
        self._find = find
        self._look_at = look_at
        self._clock = clock
        self._threads = ThreadPoolExecutor(1, "public")
        self._kept: WeakKeyDictionary[CameraFeed, _Kept] = WeakKeyDictionary()
        self._waiting = 0

    async def newest(self, request: bytes) -> BlurredPicture:
        """Request `blurred_picture`. Raises RequestRefused with a named reason: then there is nothing to be shown."""
        wanted = BlurredPictureWanted.decode(request)
        feed = self._find(CameraRef(wanted.site, wanted.camera))
        if feed is None:
            raise refused("not_analysed", "This camera is not looked at here: switch its analysis on, or ask again.")
        now_us = self._clock.now_us()
        feed.public.asked(now_us)
        feed.public.settled(now_us)  # first of all: what was made before is not shown where nothing may be
        if self._waiting >= _WAITING_MAX:
            raise refused("too_busy", "Too many pictures are being made: ask again in a second.")
        self._waiting += 1
        try:
            kept = self._kept.setdefault(feed, _Kept())
            async with kept.lock:
                return await self._answer(feed, kept, wanted.width)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, feed: CameraFeed, kept: _Kept, width: int) -> BlurredPicture:
        settled = feed.public.settled(self._clock.now_us())
        if self._clock.monotonic() - kept.made_s >= _EACH_S:
            kept.answers.clear()
        known = kept.answers.get(width)
        if known is not None:
            return known
        rgb = await self._unrecognisable(settled)
        # Whatever happened meanwhile counts: it is shown only if it still may be.
        feed.public.settled(self._clock.now_us())
        answer = await self._in_thread(lambda: _answered(rgb, settled.at_us, width))
        if not kept.answers:
            kept.made_s = self._clock.monotonic()
        kept.answers[width] = answer
        _made.inc()
        return answer

    async def _unrecognisable(self, settled: Settled) -> Bytes:
        """Hidden, and looked at again, mirrored, as a stranger would: what is found then goes as one colour."""
        rgb = await self._in_thread(lambda: hidden(in_memory(settled.canvas), settled.parts))
        for _ in range(_LOOKS_AGAIN):
            found = await self._heads_in(rgb)
            if not found:
                return rgb
            _again.inc(len(found))
            shown = rgb
            rgb = await self._in_thread(lambda: hidden(shown, found, blocks=1))  # noqa: B023  # awaited at once
        if await self._heads_in(rgb):
            raise refused("face_remains", "A face can still be made out in the picture: it is not shown.")
        return rgb

    async def _heads_in(self, rgb: Bytes) -> tuple[Box, ...]:
        (look,) = await self._look_at([await self._in_thread(lambda: _mirrored(rgb))])
        if "heads" not in look.models or "heads" in look.unavailable:
            raise refused("models_unavailable", "Heads cannot be recognised now, so no face can be hidden.")
        aspect = rgb.shape[1] / rgb.shape[0]
        parts = around_heads([Found(head.box, head.score) for head in look.heads], aspect)
        return tuple(Box(1.0 - one.right, one.top, 1.0 - one.left, one.bottom) for one in parts)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _mirrored(rgb: Bytes) -> Picture:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:, ::-1]), format="rgb24").reformat(format="yuv420p")
    return Picture(memory_planes(frame), 0, 0)


def _answered(rgb: Bytes, at_us: int, width: int) -> BlurredPicture:
    if rgb.shape[1] > width:
        size = (width & ~1, max(2, round(rgb.shape[0] * width / rgb.shape[1]) & ~1))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    # Only pixels: no time, place or camera in the file.
    is_made, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert is_made
    return BlurredPicture.of(jpeg.tobytes(), at_us, rgb.shape[1], rgb.shape[0])
