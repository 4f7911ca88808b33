"""One drill: the floor taken, the tone played through a camera's speaker, and looked for in what microphones heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from services.intercom.adapters.microphone import Microphone
from services.intercom.drills.recogniser import Found, Listener
from services.intercom.drills.tone import RATE, TONE_S, tone
from services.intercom.drills.verdict import Ear, judged, not_played
from services.intercom.g711 import Law, encoded, silence
from services.intercom.legs import CameraLeg, Floors
from shared.clock import Clock
from shared.errors import BrightKitchenError, CameraRefused, PeerError, RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.drills import DrillResult
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

TALKER = "A drill"
_PACKET_S = 0.020
_PACKET = RATE // 50
# Cameras swallow the beginning of what they are given until their buffer is full.
_LEAD_S = 0.4
_TAIL_S = 0.2
_RENEW_S = 1.2
# A camera that sends an IDR every 20 s is known after that.
_HEARING_LIMIT_S = 25.0
# = how late a camera's own sound may come back
_RETURN_LIMIT_S = 4.0
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class DrillMeans:
    """What drills are made of.

    Attributes:
        leg: a camera's speaker. Raises RequestRefused where there is none. microphone: its ear.
    """

    leg: Callable[[DesiredCamera], CameraLeg]
    microphone: Callable[[CameraRef], Microphone]
    floors: Floors
    clock: Clock


class ToneDrill:
    """`run` it once.

    Args:
        code: of its tone, different from every other; it holds the floor by that name.
        neighbours: where the tone may come out instead. others: codes that were played elsewhere lately, by camera.
    """

    def __init__(
        self,
        means: DrillMeans,
        desired: DesiredCamera,
        code: str,
        level_dbfs: float,
        neighbours: Sequence[CameraRef],
        others: Callable[[], Mapping[str, CameraRef]],
    ):
        self._means = means
        self._desired = desired
        self._camera = CameraRef(desired.site, desired.camera)
        self._code = code
        self._level_dbfs = level_dbfs
        self._neighbours = neighbours
        self._others = others
        self._sent_us = 0

    async def run(self) -> DrillResult:
        """Never raises a PeerError or a RequestRefused."""
        try:
            leg = self._means.leg(self._desired)
        except RequestRefused as refusal:
            return self._not_played(refusal.code, str(refusal))
        async with AsyncExitStack() as stack:
            stack.push_async_callback(leg.close)
            try:
                return await self._drill(leg, stack)
            except RequestRefused as refusal:
                return self._not_played(refusal.code, str(refusal))
            except PeerError as error:
                return self._not_played(_cause_of(error, self._sent_us > 0), str(error))

    async def _drill(self, leg: CameraLeg, stack: AsyncExitStack) -> DrillResult:
        codec = await leg.prepare()
        own = await self._opened(self._camera, stack)
        if not await own.until_hearing(_HEARING_LIMIT_S):
            # Nobody is disturbed by a tone that nobody could hear.
            ear = Ear(has_pictures=False)
            return judged(self._camera, self._means.clock.now_us(), ear, {}, None)
        elsewhere = {camera: await self._opened(camera, stack) for camera in self._neighbours}
        await self._play(leg, codec)
        ear = await self._listen(own)
        is_delivered = leg.is_heard
        found: dict[CameraRef, Found] = {}
        if ear.found is None:
            ear = await self._with_others(own, ear, self._others())
            for camera, microphone in elsewhere.items():
                heard = (await self._find(microphone, (self._code,))).get(self._code)
                if heard is not None:
                    found[camera] = heard
        return judged(self._camera, self._sent_us, ear, found, is_delivered)

    async def _opened(self, camera: CameraRef, stack: AsyncExitStack) -> Microphone:
        microphone = self._means.microphone(camera)
        stack.push_async_callback(microphone.close)
        await microphone.open()
        return microphone

    async def _play(self, leg: CameraLeg, codec: str) -> None:
        """The tone between two silences, on the floor; raises FloorTaken, _FloorLost, PeerError."""
        clock, floors = self._means.clock, self._means.floors
        floor = FloorHeld(talk=self._code, talker=TALKER, priority="routine", since_us=clock.now_us())
        revision: int | None = await floors.take(self._camera, floor)
        renewed_s = clock.monotonic()
        closed = asyncio.create_task(leg.wait_closed())
        try:
            await leg.play()
            began_s = clock.monotonic()
            for number, payload in enumerate(packets(self._code, codec, self._level_dbfs)):
                await clock.sleep(max(0.0, began_s + number * _PACKET_S - clock.monotonic()))
                if closed.done():
                    await closed
                if number == round(_LEAD_S / _PACKET_S):
                    self._sent_us = clock.now_us()
                leg.send(payload, _PACKET)
                if clock.monotonic() - renewed_s >= _RENEW_S and revision is not None:
                    renewed_s = clock.monotonic()
                    revision = await floors.renew(self._camera, floor, revision)
                    if revision is None:
                        raise RequestRefused("preempted", "Somebody spoke more urgently: the drill gave way.")
            await clock.sleep(_PACKET_S)
            await leg.stop()
        finally:
            closed.cancel()
            with suppress(asyncio.CancelledError, PeerError):
                await closed
            if revision is not None:
                with suppress(PeerError):  # it ends by itself
                    await floors.release(self._camera, revision)

    async def _listen(self, own: Microphone) -> Ear:
        """Until the tone is found, or could not come any more."""
        clock = self._means.clock
        until_s = clock.monotonic() + _RETURN_LIMIT_S
        while True:
            left_s = until_s - clock.monotonic()
            await clock.sleep(min(_LOOK_S, max(0.0, left_s)))
            sound = await own.sound()
            ear = Ear(own.has_pictures, own.has_sound_track)
            if sound is not None:
                listener = await asyncio.to_thread(Listener, sound)
                found = await asyncio.to_thread(listener.find, self._code)
                ear = Ear(True, own.has_sound_track, len(sound) / RATE, listener.level_dbfs, found)
                if found is not None:
                    arrived_us = own.arrived_us(found.at_s)
                    delay_ms = None if arrived_us is None else (arrived_us - self._sent_us) / 1000
                    return Ear(True, True, len(sound) / RATE, listener.level_dbfs, found, delay_ms)
            if left_s <= 0 or not own.has_sound_track:
                return ear

    async def _with_others(self, own: Microphone, ear: Ear, others: Mapping[str, CameraRef]) -> Ear:
        heard = await self._find(own, tuple(others))
        whose = tuple(dict.fromkeys(others[code] for code in heard if others[code] != self._camera))
        return Ear(ear.has_pictures, ear.has_sound_track, ear.sound_s, ear.level_dbfs, None, None, whose)

    async def _find(self, microphone: Microphone, codes: Iterable[str]) -> dict[str, Found]:
        sound = await microphone.sound()
        if sound is None:
            return {}

        def find() -> dict[str, Found]:
            listener = Listener(sound)
            return {code: found for code in codes if (found := listener.find(code)) is not None}

        return await asyncio.to_thread(find)

    def _not_played(self, cause: str, detail: str) -> DrillResult:
        return not_played(self._camera, self._means.clock.now_us(), "could_not_speak", cause, detail)


def packets(code: str, codec: str, level_dbfs: float) -> list[bytes]:
    """20 ms of G.711 each: silence, the tone, silence."""
    law: Law = "pcma" if codec == "pcma" else "pcmu"
    pcm = (tone(code, level_dbfs) * 32767).round().astype("int16")
    whole = encoded(pcm, law)
    whole += silence(law, -len(whole) % _PACKET)
    lead, tail = (silence(law, round(seconds * RATE)) for seconds in (_LEAD_S, _TAIL_S))
    played = lead + whole + tail
    return [played[begin : begin + _PACKET] for begin in range(0, len(played), _PACKET)]


def _cause_of(error: BrightKitchenError, was_speaking: bool) -> str:
    if was_speaking:
        return "camera_gone"
    if isinstance(error, CameraRefused):
        return "no_backchannel" if error.status in (None, 551) and not error.is_credentials else "camera_refused"
    return "camera_unreachable"


# = how long one camera is spoken to
ON_AIR_S = _LEAD_S + TONE_S + _TAIL_S
