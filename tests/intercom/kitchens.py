"""Cameras, floors and books in memory: what a broadcast is given in place of RTSP, NATS and PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from services.intercom.floor import FloorTaken, may_take
from shared.errors import CameraUnreachable, PeerError
from shared.messages.base import Fact
from shared.messages.broadcasts import BroadcastStatus
from shared.messages.intercom import FloorHeld, FloorWanted
from shared.subjects import CameraRef


@dataclass
class Kitchen:
    """A camera's leg.

    `refusals`: what its next sessions end with; `ready_after_s`: how slow it is; `swallows`: a cancellation of whoever
    stops it is lost in it.
    """

    name: str
    codec: str = "pcmu"
    ready_after_s: float = 0.0
    refusals: list[PeerError] = field(default_factory=list)
    hears: bool | None = True
    swallows: bool = False
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    sessions: int = 0
    left: int = 0
    is_closed: bool = False
    _is_playing: bool = False
    _lost: asyncio.Future[None] | None = None

    @property
    def ref(self) -> CameraRef:
        return CameraRef("school", self.name)

    @property
    def session(self) -> str:
        return ""

    @property
    def is_heard(self) -> bool | None:
        return self.hears if self.sent else None

    async def prepare(self) -> str:
        self.sessions += 1
        await asyncio.sleep(self.ready_after_s)
        if self.refusals:
            raise self.refusals.pop(0)
        return self.codec

    async def play(self) -> None:
        self._is_playing = True

    def send(self, payload: bytes, samples: int) -> None:
        assert self._is_playing, "nothing is sent before PLAY"
        assert samples == len(payload)
        self.sent.append((time.monotonic(), payload))

    async def stop(self) -> None:
        self._is_playing = False
        if self.swallows:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.3)

    async def leave(self) -> None:
        self.left += 1
        self._is_playing = False

    async def wait_closed(self) -> None:
        self._lost = asyncio.get_running_loop().create_future()
        await self._lost

    async def close(self) -> None:
        self.is_closed = True

    def power_off(self) -> None:
        assert self._lost is not None
        self._lost.set_exception(CameraUnreachable("The camera closed the connection.", code="closed"))


class MemoryFloors:
    """Implements `Floors`; `told` gets every change, as a watch of the bucket would."""

    def __init__(self) -> None:
        self.held: dict[CameraRef, tuple[FloorHeld, int]] = {}
        self.takes = 0
        self.renewals = 0
        self.told: Callable[[CameraRef, FloorHeld | None], None] = lambda camera, held: None
        self._revision = 0

    async def take(self, camera: CameraRef, wanted: FloorHeld) -> int:
        self.takes += 1
        await asyncio.sleep(0)
        held = self.held.get(camera, (None, 0))[0]
        if not may_take(wanted, held):
            assert held is not None
            raise FloorTaken(held)
        return self._put(camera, wanted)

    async def renew(self, camera: CameraRef, held: FloorHeld, revision: int) -> int | None:
        await asyncio.sleep(0)
        if self.held.get(camera, (None, 0))[1] != revision:
            return None
        self.renewals += 1
        return self._put(camera, held)

    async def release(self, camera: CameraRef, revision: int) -> None:
        await asyncio.sleep(0)
        if self.held.get(camera, (None, 0))[1] == revision:
            del self.held[camera]
            self.told(camera, None)

    async def wait(self, camera: CameraRef, wanted: FloorWanted) -> None:
        raise NotImplementedError("a broadcast does not queue")

    async def stop_waiting(self, camera: CameraRef, talk: str) -> None:
        raise NotImplementedError("a broadcast does not queue")

    def force(self, camera: CameraRef, talker: str) -> int:
        """Somebody speaks there in an emergency."""
        return self._put(camera, FloorHeld(talk="other.1", talker=talker, priority="emergency", since_us=0))

    def _put(self, camera: CameraRef, held: FloorHeld) -> int:
        self._revision += 1
        self.held[camera] = held, self._revision
        self.told(camera, held)
        return self._revision


class MemoryBook:
    """Implements `BroadcastBook`, and hears facts."""

    def __init__(self) -> None:
        self.kept: list[BroadcastStatus] = []
        self.facts: list[Fact] = []

    def keep(self, status: BroadcastStatus) -> None:
        self.kept.append(status)
