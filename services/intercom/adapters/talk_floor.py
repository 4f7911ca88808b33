"""The floor of one camera as one talk has it, wants it and waits for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from services.intercom.floor import LIFE_S, FloorTaken
from services.intercom.legs import Floors
from shared.clock import Clock
from shared.errors import PeerError
from shared.messages.intercom import FloorHeld, FloorWanted
from shared.subjects import CameraRef

# = how much later than `LIFE_S` an entry is gone from the bucket for certain
_AGED_S = 0.3
# Three in the life of an entry.
RENEW_S = 1.0


class TalkFloor:
    """
    Args:
        me: this talk, as it is written into the floor.
        position: its place among those who wait, as far as this worker knows.

    Attributes:
        holder: who has it, where it is somebody else.
        is_held: by this talk.
        is_waiting: this talk, for it.
    """

    def __init__(
        self, camera: CameraRef, me: FloorHeld, floors: Floors, position: Callable[[], int | None], clock: Clock
    ):
        self._camera = camera
        self._me = me
        self._floors = floors
        self._position = position
        self._clock = clock
        self._revision: int | None = None
        self._written_s = 0.0
        self._holder_seen_s = 0.0
        self.holder: str | None = None
        self.is_waiting = False

    @property
    def is_held(self) -> bool:
        return self._revision is not None

    @property
    def position(self) -> int | None:
        return self._position() if self.is_waiting else None

    async def take(self) -> None:
        """Raises FloorTaken, PeerError."""
        self._me = self._me.model_copy(update={"since_us": self._clock.now_us(), "session": ""})
        try:
            self._revision = await self._floors.take(self._camera, self._me)
        except FloorTaken as taken:
            self._held_by(taken.held.talker)
            raise
        self.holder, self._written_s = None, self._clock.monotonic()
        await self.stop_waiting()

    def plays(self, session: str) -> None:
        """The camera's session, said to everybody with the next renewal, which is due at once."""
        if session != self._me.session:
            self._me = self._me.model_copy(update={"session": session})
            self._written_s = 0.0

    async def keep(self) -> bool:
        """Renews what is due; False where the floor is somebody else's by now."""
        if self._revision is None or not self._is_due():
            return self._revision is not None
        try:
            self._revision = await self._floors.renew(self._camera, self._me, self._revision)
        except PeerError:
            return True  # the bus is away: who speaks goes on; the floor ends by itself if it stays away
        self._written_s = self._clock.monotonic()
        return self._revision is not None

    async def free(self) -> None:
        if self._revision is not None:
            revision, self._revision = self._revision, None
            with suppress(PeerError):  # it ends by itself
                await self._floors.release(self._camera, revision)

    def lost(self) -> None:
        """Somebody more urgent has it."""
        self._revision = None

    async def wait(self) -> None:
        """Into its queue. Raises PeerError."""
        wanted = FloorWanted(**self._me.model_dump(exclude={"session"}))
        await self._floors.wait(self._camera, wanted)
        self.is_waiting, self._written_s = True, self._clock.monotonic()

    async def keep_waiting(self) -> bool:
        """Renews the place where that is due; whether it is this talk's turn to try."""
        if not self._is_due():
            return self.holder is None and self._position() == 1
        with suppress(PeerError):
            await self._floors.wait(self._camera, FloorWanted(**self._me.model_dump(exclude={"session"})))
        self._written_s = self._clock.monotonic()
        return self._position() == 1

    async def stop_waiting(self) -> None:
        if self.is_waiting:
            self.is_waiting = False
            with suppress(PeerError):  # it ends by itself
                await self._floors.stop_waiting(self._camera, self._me.talk)

    def news(self, held: FloorHeld | None) -> None:
        """Of the bucket, about others than this talk."""
        if held is None:
            self.holder = None
        else:
            self._held_by(held.talker)

    def is_holder_gone(self) -> bool:
        """Whether who had the floor has not renewed it: nobody tells what ran out of the bucket."""
        return self.holder is not None and self._clock.monotonic() - self._holder_seen_s > LIFE_S + _AGED_S

    def _held_by(self, talker: str) -> None:
        self.holder, self._holder_seen_s = talker, self._clock.monotonic()

    def _is_due(self) -> bool:
        return self._clock.monotonic() - self._written_s >= RENEW_S
