"""Asks the models about pictures of all cameras together, and says what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from services.detector.camera_feed import CameraFeed
from services.detector.camera_sight import PictureLook
from services.detector.frame_turns import FrameTurns
from services.detector.model_set import ModelSet
from services.detector.picture import Picture
from services.detector.picture_eye import Shown
from shared.clock import Clock
from shared.messages.base import Fact
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, histogram, log

_WAIT_S = 0.5

_analysed = counter("detector_pictures_analysed", "pictures the models were asked about")
_late = counter("detector_pictures_late", "decoded pictures dropped for a newer one of the same camera")
_unusable = counter("detector_pictures_unusable", "pictures that could not be judged")
_queued = gauge("detector_pictures_waiting", "decoded pictures waiting for the models")
_batches = histogram("detector_batch_size", "pictures in one batch", (1, 2, 4, 8, 16, 32, 64))
_delay = histogram(
    "detector_captured_to_fact_seconds", "from the picture to what was seen in it", (0.1, 0.2, 0.5, 1, 2, 5, 10)
)


class Batcher:
    """Supervised: one batch a round. One thread asks the models, so that a device is never asked twice at once.

    Args:
        wait_s: how long a batch that is not full waits for more pictures.
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
    ):
        self._models = models
        self._batch_max = batch_max
        self._wait_s = wait_s
        self._clock = clock
        self._say = say
        self._room_made = room_made
        self._compared = compared
        self._dress = dress
        self._turns: FrameTurns[CameraRef, tuple[CameraFeed, Shown]] = FrameTurns()
        self._thread = ThreadPoolExecutor(1, "models")
        self._news = asyncio.Event()

    def has_room(self) -> bool:
        """Two batches may wait: one would leave the device idle while the next is decoded."""
        return len(self._turns) < 2 * self._batch_max

    def put(self, feed: CameraFeed, shown: Shown) -> None:
        for fact in shown.facts:
            self._say(fact)
        if not shown.wants_models:
            return
        if not shown.verdict.is_usable:
            # `Cannot see` is not `nothing to see`: no model is asked about what cannot be judged.
            _unusable.inc()
            self._told(feed, shown, PictureLook(unavailable=self._models().missing))
            return
        dropped = self._turns.put(feed.camera, (feed, shown))
        for late, _ in dropped:
            late.coverage.late(self._clock.now_us())
        _late.inc(len(dropped))
        self._news.set()

    def forget(self, feed: CameraFeed) -> None:
        self._turns.forget(feed.camera)

    async def run_once(self) -> None:
        if not await self._until_some():
            return
        taken = [item for _, item in self._turns.take(self._batch_max)]
        self._room_made()
        _queued.set(len(self._turns))
        _batches.observe(len(taken))
        models = self._models()
        loop = asyncio.get_running_loop()
        pictures = [shown.picture for _, shown in taken]
        try:
            looks = await loop.run_in_executor(self._thread, self._look, models, taken)
        except Exception as error:  # noqa: BLE001  # a stranger's model; the pictures are lost, the worker is not
            log().error("models failed", detail=f"{type(error).__name__}: {error}")
            for feed, _ in taken:
                feed.coverage.late(self._clock.now_us())
            return
        for (feed, shown), look in zip(taken, looks, strict=True):
            self._told(feed, shown, look)
        _analysed.inc(len(taken))
        if models.shadows:
            with suppress(Exception):  # a shadow that fails has no effect
                self._compared(await loop.run_in_executor(self._thread, models.shadowed, pictures, looks))

    async def look_at(self, pictures: Sequence[Picture]) -> list[PictureLook]:
        """Pictures that are of no camera, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._models().look, pictures)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _look(self, models: ModelSet, taken: Sequence[tuple[CameraFeed, Shown]]) -> list[PictureLook]:
        looks = models.look([shown.picture for _, shown in taken])
        return [
            self._dress(feed.camera.site, shown.picture, look) for (feed, shown), look in zip(taken, looks, strict=True)
        ]

    async def _until_some(self) -> bool:
        if not len(self._turns):
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_S):
                    await self._news.wait()
        if 0 < len(self._turns) < self._batch_max and self._wait_s:
            await self._clock.sleep(self._wait_s)
        return bool(len(self._turns))

    def _told(self, feed: CameraFeed, shown: Shown, look: PictureLook) -> None:
        now_us = self._clock.now_us()
        fact = feed.sight.see(shown.picture, look, shown.verdict, now_us, shown.movers, shown.is_night_watch)
        feed.coverage.analysed(fact.at_us, shown.verdict.is_usable, look.unavailable)
        _delay.observe(max(0.0, (now_us - fact.at_us) / 1e6))
        self._say(fact)
