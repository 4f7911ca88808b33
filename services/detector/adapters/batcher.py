"""Asks the models of one device about pictures of all its cameras together, and says what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from services.detector.camera_feed import CameraFeed, Seen
from services.detector.camera_sight import PictureLook
from services.detector.frame_turns import FrameTurns
from services.detector.model_set import ModelSet
from services.detector.picture import Picture
from services.detector.picture_eye import Shown
from shared.clock import Clock
from shared.messages.base import Fact
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, histogram

_WAIT_S = 0.5

_analysed = counter("detector_pictures_analysed", "pictures the models were asked about")
_late = counter("detector_pictures_late", "decoded pictures dropped for a newer one of the same camera")
_unusable = counter("detector_pictures_unusable", "pictures that could not be judged")
_queued = gauge("detector_pictures_waiting", "decoded pictures waiting for the models", ["device"])
_batches = histogram("detector_batch_size", "pictures in one batch", (1, 2, 4, 8, 16, 32, 64))
_delay = histogram(
    "detector_captured_to_fact_seconds", "from the picture to what was seen in it", (0.1, 0.2, 0.5, 1, 2, 5, 10)
)

Waiting = tuple[CameraFeed, Shown]
T = TypeVar("T")


class Batcher:
    """Supervised, as many times as `side_by_side` says: one batch a round.

    A batch goes when it is full, or when its first picture has waited `wait_s`. On a GPU two batches are on their way
    at once, so that one is prepared while the other is computed; on a CPU one, which has all its cores.

    Args:
        compared: told how the shadows differ.
        dress: adds to a look what is known of the site alone, such as its uniform.
    """

    def __init__(
        self,
        models: Callable[[], ModelSet],
        batch_max: int,
        wait_s: float,
        clock: Clock,
        say: Callable[[Fact], None],
        room_made: Callable[[], None],
        compared: Callable[[dict[str, float]], None],
        dress: Callable[[str, Picture, PictureLook], PictureLook],
        side_by_side: int = 1,
        device: int = 0,
    ):
        self._models = models
        self._batch_max = batch_max
        self._wait_s = wait_s
        self._clock = clock
        self._say = say
        self._room_made = room_made
        self._compared = compared
        self._dress = dress
        self.side_by_side = side_by_side
        self._waiting = _queued.labels(str(device))
        self._turns: FrameTurns[CameraRef, Waiting] = FrameTurns()
        self._threads = ThreadPoolExecutor(side_by_side, "models")
        self._news = asyncio.Event()
        self._first_s = 0.0
        # Of the batch before: facts of one camera are told in the order of its pictures.
        self._before: asyncio.Future[None] | None = None

    def has_room(self) -> bool:
        """Two batches may wait: one would leave the device idle while the next is decoded."""
        return len(self._turns) < 2 * self._batch_max

    def put(self, feed: CameraFeed, seen: Seen) -> None:
        """What a job brought."""
        for fact in seen.facts:
            self._say(fact)
        for shown in seen.shown:
            if shown.verdict.is_usable:
                self._wait(feed, shown)
            else:
                # `Cannot see` is not `nothing to see`: no model is asked about what cannot be judged.
                _unusable.inc()
                self._told(feed, shown, PictureLook(unavailable=self._models().missing))

    def forget(self, feed: CameraFeed) -> None:
        self._turns.forget(feed.camera)

    async def run_once(self) -> None:
        if not await self._until_some():
            return
        taken = [item for _, item in self._turns.take(self._batch_max)]
        self._room_made()
        self._waiting.set(len(self._turns))
        _batches.observe(len(taken))
        before, told = self._before, asyncio.get_running_loop().create_future()
        self._before = told
        try:
            models = self._models()
            looks = await self._in_thread(self._look, models, taken)
            if before is not None:
                await before
            for (feed, shown), look in zip(taken, looks, strict=True):
                self._told(feed, shown, look)
        finally:
            told.set_result(None)
        _analysed.inc(len(taken))
        if models.shadows:
            pictures = [shown.picture for _, shown in taken]
            with suppress(Exception):  # a shadow that fails has no effect
                self._compared(await self._in_thread(models.shadowed, pictures, looks))

    async def look_at(self, pictures: Sequence[Picture]) -> list[PictureLook]:
        """Pictures that are of no camera, between two batches."""
        return await self._in_thread(self._models().look, pictures)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, ask: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *given)

    def _wait(self, feed: CameraFeed, shown: Shown) -> None:
        if not len(self._turns):
            self._first_s = self._clock.monotonic()
        dropped = self._turns.put(feed.camera, (feed, shown), feed.depth)
        feed.coverage.late(late.picture.captured_us for _, late in dropped)
        _late.inc(len(dropped))
        self._news.set()

    def _look(self, models: ModelSet, taken: Sequence[Waiting]) -> list[PictureLook]:
        looks = models.look([shown.picture for _, shown in taken])
        return [
            self._dress(feed.camera.site, shown.picture, look) for (feed, shown), look in zip(taken, looks, strict=True)
        ]

    async def _until_some(self) -> bool:
        """Whether a batch is to go: full, or its first picture has waited long enough."""
        limit_s = _WAIT_S
        while (count := len(self._turns)) < self._batch_max:
            if count:
                limit_s = self._first_s + self._wait_s - self._clock.monotonic()
                if limit_s <= 0:
                    break
            self._news.clear()
            try:
                async with asyncio.timeout(limit_s):
                    await self._news.wait()
            except TimeoutError:
                break
        return bool(len(self._turns))

    def _told(self, feed: CameraFeed, shown: Shown, look: PictureLook) -> None:
        now_us = self._clock.now_us()
        fact = feed.sight.see(shown, look, now_us)
        feed.public.looked(shown, look, now_us)
        feed.coverage.analysed(fact.at_us, shown.verdict.is_usable, look.unavailable)
        _delay.observe(max(0.0, (now_us - fact.at_us) / 1e6))
        self._say(fact)
