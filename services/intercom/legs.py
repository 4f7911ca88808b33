"""What a talk joins, and what it may cost: the browser, the camera, the sound between them, the floor. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.messages.base import Message
from shared.messages.intercom import FloorHeld, FloorWanted
from shared.subjects import CameraRef


class CallerLeg(Protocol):
    """The browser."""

    @property
    def has_ended(self) -> bool: ...

    async def answer(self, offer: str) -> str:
        """SDP. Raises RequestRefused for an offer that cannot be answered."""
        ...

    async def trickle(self, fragment: str) -> None:
        """More of the browser's candidates. Raises RequestRefused."""
        ...

    async def wait_connected(self) -> None:
        """Raises PeerError where it does not come about."""
        ...

    def tell(self, status: Message) -> None: ...

    async def close(self) -> None: ...


class CameraLeg(Protocol):
    """The camera's speaker, whatever it is spoken to by; made by `CameraAccess.leg`. Not for two talks at once.

    Talks, broadcasts and drills use it alike: `prepare`, then `play`, `send` every 20 ms and `stop` as often as
    wanted, then `close`. All but `send` raise PeerError.
    """

    async def prepare(self) -> str:
        """As far as it goes without a sound; returns the codec the camera is given."""
        ...

    async def play(self) -> None:
        """From here on sound may be sent. Prepares where nothing stands (any more)."""
        ...

    def send(self, payload: bytes, samples: int) -> None:
        """One packet of G.711 at 8 kHz: A-law where `prepare` said pcma, else mu-law (a camera that takes something
        else gets it made of that). Never waits, never raises; dropped while nothing plays."""
        ...

    @property
    def is_heard(self) -> bool | None:
        """Whether the camera reports that our sound comes; None where it has not said."""
        ...

    @property
    def session(self) -> str:
        """By what another worker could end what this leg opened, where this one dies; empty where it ends by itself."""
        ...

    async def stop(self) -> None:
        """No more sound; ready for `play` again, which costs nothing for a while."""
        ...

    async def leave(self) -> None:
        """No session any more; `play` makes one."""
        ...

    async def wait_closed(self) -> None:
        """Raises PeerError: why the camera ended it."""
        ...

    async def close(self) -> None:
        """The camera is told, so that it does not hiss."""
        ...


class Speaker(Protocol):
    """Sound from the browser to the camera, while it is on."""

    packets: int

    @property
    def lost(self) -> int: ...

    @property
    def delay_s(self) -> float: ...

    @property
    def heard_s(self) -> float:
        """When the browser was last heard, on the clock; 0.0: never."""
        ...

    def on(self, codec: str) -> None: ...

    def off(self) -> None: ...


class Floors(Protocol):
    """Who speaks to which camera, for all workers."""

    async def take(self, camera: CameraRef, wanted: FloorHeld) -> int:
        """Returns a revision. Raises FloorTaken, PeerError."""
        ...

    async def renew(self, camera: CameraRef, held: FloorHeld, revision: int) -> int | None:
        """None where it is somebody else's by now."""
        ...

    async def release(self, camera: CameraRef, revision: int) -> None: ...

    async def wait(self, camera: CameraRef, wanted: FloorWanted) -> None:
        """Into the queue, and again before `LIFE_S` is over. Raises PeerError."""
        ...

    async def stop_waiting(self, camera: CameraRef, talk: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TalkLimits:
    """Seconds: of one press, without a press, and without a packet from the browser while it is pressed."""

    press_s: float = 300.0
    idle_s: float = 180.0
    silent_s: float = 3.0
