"""Puts a broadcast together: a session for each camera, one fan, a microphone or a recording, a browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.intercom.adapters.addressee import Addressee, Turns
from services.intercom.adapters.broadcast import Broadcast
from services.intercom.adapters.fan import Fan, Microphone, Recording
from services.intercom.adapters.libopus import Libopus
from services.intercom.adapters.sent_media import SentMedia
from services.intercom.adapters.webrtc_caller import WebRtcCaller
from services.intercom.adapters.webrtc_peer import Ice
from services.intercom.broadcast_parts import BroadcastBook, BroadcastLimits
from services.intercom.g711 import Sound
from services.intercom.legs import CameraLeg, Floors
from services.intercom.programme import LiveProgramme, RecordedProgramme
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.broadcasts import BroadcastWanted, Receipt
from shared.messages.cameras import DesiredCamera
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

# = how many sessions with cameras a worker makes at once; making one is a millisecond of a core
_WARMED_AT_ONCE = 32


class BroadcastMaker:
    """Args: new_leg: raises RequestRefused where the camera cannot be spoken to; start: puts one into a task."""

    def __init__(
        self,
        new_leg: Callable[[DesiredCamera], CameraLeg],
        ice: Ice,
        floors: Floors,
        book: BroadcastBook,
        say: Callable[[Fact], None],
        clock: Clock,
        limits: BroadcastLimits,
        start: Callable[[Broadcast], None],
    ):
        self._new_leg = new_leg
        self._ice = ice
        self._floors = floors
        self._book = book
        self._say = say
        self._clock = clock
        self._limits = limits
        self._start = start
        self._turns = Turns(_WARMED_AT_ONCE)

    def make(
        self,
        id: str,
        wanted: BroadcastWanted,
        sound: Sound | None,
        cameras: Sequence[DesiredCamera],
        receipts: Sequence[Receipt],
    ) -> Broadcast:
        """Nothing is opened yet. `receipts` are of cameras that are not tried."""
        clock, fan = self._clock, Fan(self._clock)
        floor = FloorHeld(talk=id, talker=wanted.talker, priority=wanted.priority, since_us=clock.now_us())
        untried = list(receipts)
        addressees: list[Addressee] = []
        for desired in cameras:
            camera = CameraRef(desired.site, desired.camera)
            try:
                leg = self._new_leg(desired)
            except RequestRefused as refusal:
                untried.append(_refused(camera, refusal))
                continue
            addressees.append(
                Addressee(camera, leg, floor, self._floors, fan, self._turns, clock, lambda one: made.changed(one))
            )
        caller: WebRtcCaller | None = None
        narrator: Microphone | Recording
        if sound is None:
            narrator = Microphone(fan, LiveProgramme(Libopus()), clock)
            caller = WebRtcCaller(narrator.hear, self._ice, _nothing_back, lambda: made.tell_all())
        else:
            narrator = Recording(fan, RecordedProgramme(sound), clock)
        made = Broadcast(
            id,
            wanted,
            addressees,
            untried,
            narrator,
            caller,
            self._floors,
            self._book,
            self._say,
            clock,
            self._limits,
            self._start,
        )
        return made


async def _nothing_back() -> SentMedia:
    raise RequestRefused("bad_offer", "A broadcast has nothing back: offer one sound, sendonly.", status=422)


def _refused(camera: CameraRef, refusal: RequestRefused) -> Receipt:
    return Receipt(
        site=camera.site,
        camera=camera.camera,
        state="failed",
        reason="wrong_password" if refusal.code == "password_unreadable" else "no_backchannel",
        detail=str(refusal),
    )
