"""Sessions that a worker left playing when it died: ended by those that are left, so that no camera goes on hissing.

A camera whose connection broke keeps the session until its time-out, usually a minute: its amplifier may stay on, and
where it has one session only everybody is refused so long. Each floor names the session that plays; where it is not
renewed, and the bucket says that it is gone, or somebody else has taken it since, every other worker ends that session.
The second TEARDOWN of a session is
refused, and does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from services.intercom.floor import LIFE_S
from shared.bus.errors import BusUnreachable
from shared.bus.kv_watch import KvEntry
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef
from shared.telemetry import counter, log

ROUND_S = 0.5
# = beyond this who had a floor was not pre-empted by who took it: renewals come every second
_LATE_S = LIFE_S - 1.0
# = how many cameras of a worker that died are called at once
_AT_ONCE = 16

_ended = counter(
    "intercom_sessions_left_behind_total", "sessions of workers that died, by what became of them", ["what"]
)

End = Callable[[CameraRef, str], Awaitable[None]]


class Bucket(Protocol):
    """KV `floors`."""

    async def get(self, key: str) -> KvEntry | None: ...


class LeftBehind:
    """Supervised, and told of every change of a floor.

    Args:
        end: ends a session at a camera. Raises PeerError, RequestRefused.
    """

    def __init__(self, worker: str, floors: Bucket, end: End, clock: Clock, round_s: float = ROUND_S):
        self._worker = worker
        self._floors = floors
        self._end = end
        self._clock = clock
        self._round_s = round_s
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._playing: dict[CameraRef, tuple[FloorHeld, float]] = {}
        self._taken: list[tuple[CameraRef, FloorHeld]] = []
        self._news = asyncio.Event()

    def floor_changed(self, camera: CameraRef, held: FloorHeld | None) -> None:
        before = self._playing.get(camera)
        if before is not None and held is not None and before[0].talk != held.talk and self._is_late(before[1]):
            self._taken.append((camera, before[0]))
            self._news.set()
        if held is None or not held.session or held.talk.rpartition(".")[0] == self._worker:
            self._playing.pop(camera, None)
        else:
            self._playing[camera] = held, self._clock.monotonic()

    async def run_once(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._round_s):
                await self._news.wait()
        self._news.clear()
        taken, self._taken = self._taken, []
        late = [(camera, held) for camera, (held, seen_s) in self._playing.items() if self._is_late(seen_s)]
        await asyncio.gather(
            *(self._end_at(camera, held) for camera, held in taken),
            *(self._look(camera, held) for camera, held in late),
        )

    def _is_late(self, seen_s: float) -> bool:
        return self._clock.monotonic() - seen_s > _LATE_S

    async def _look(self, camera: CameraRef, held: FloorHeld) -> None:
        try:
            entry = await self._floors.get(camera.key)
        except BusUnreachable:
            return  # nobody can be asked: who speaks goes on
        if entry is not None and entry.value is not None and FloorHeld.decode(entry.value).talk == held.talk:
            return  # renewed, and the news is on its way; or about to age out of the bucket
        if self._playing.get(camera, (None, 0.0))[0] is held:
            del self._playing[camera]
            await self._end_at(camera, held)

    async def _end_at(self, camera: CameraRef, held: FloorHeld) -> None:
        try:
            async with self._turns:
                await self._end(camera, held.session)
        except (PeerError, RequestRefused) as error:
            # It is over by now: by another worker, or by itself.
            _ended.labels(what="not ended").inc()
            log().info("session of a dead worker not ended", camera=str(camera), talk=held.talk, detail=str(error))
        else:
            _ended.labels(what="ended").inc()
            log().warning("session of a dead worker ended", camera=str(camera), talk=held.talk)
