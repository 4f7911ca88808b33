"""Finds out how cameras can be spoken to: when somebody asks, and by itself for all that are registered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from services.intercom.adapters.camera_access import CameraAccess
from services.intercom.adapters.first_leg import looked_for
from services.intercom.speakers import Speakers, finding, finding_of, registration_of
from shared.bus import Bus
from shared.bus.errors import BusUnreachable
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.speakers import SpeakerFound, SpeakerWanted
from shared.subjects import CameraRef
from shared.telemetry import counter, log

_AT_ONCE = 8
# Of cameras that are looked at by themselves: a few at once, as nobody waits for them.
_FEW = 4
_PAUSE_S = 0.2
_ROUND_S = 2.0

_looked = counter("intercom_speakers_looked_for_total", "cameras looked at for a speaker, by outcome", ["outcome"])


class SpeakerProber:
    """Answers the request `speaker_probe`, a few at once."""

    def __init__(self, access: CameraAccess, clock: Clock):
        self._access = access
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def probe(self, data: bytes) -> SpeakerFound:
        """Handler of the request."""
        wanted = SpeakerWanted.decode(data)
        desired = DesiredCamera(
            site="probe",
            camera="probe",
            name="",
            main=wanted.main,
            sub=wanted.sub,
            username=wanted.username,
            talk=wanted.talk,
            talk_port=wanted.talk_port,
            talk_channel=wanted.talk_channel,
        )
        return await self.look(desired, lambda: wanted.password)

    async def look(self, desired: DesiredCamera, password: Callable[[], str | None]) -> SpeakerFound:
        async with self._turns:
            try:
                codec, way = await looked_for(self._access.candidates(desired, password()))
            except RequestRefused as refusal:
                code = "no_speaker" if refusal.code == "no_backchannel" else refusal.code
                found = SpeakerFound(
                    way="none" if code == "no_speaker" else None,
                    reason_code=code,
                    reason=str(refusal),
                    at_us=self._clock.now_us(),
                )
            except PeerError as error:
                found = finding_of(error, self._clock.now_us())
            else:
                found = finding(way, codec, self._clock.now_us())
            _looked.labels(outcome=found.reason_code).inc()
            return found


class SpeakerDesk:
    """All of it, in one for wiring. Supervised: looks at every registered camera when it is new or was changed, and now
    and then again.

    Every worker does. Each takes them in an order of its own and leaves out what another has found meanwhile; that two
    look at one at the same time is seldom, and no harm.
    """

    def __init__(self, bucket: KvBucket, clock: Clock):
        self._bucket = bucket
        self._clock = clock
        self._speakers = Speakers()
        self.way_of = self._speakers.way_of

    @classmethod
    async def open(cls, bus: Bus, clock: Clock) -> SpeakerDesk:
        """From here on it knows what all workers found."""
        bucket = await bus.kv("speakers")
        desk = cls(bucket, clock)
        await bucket.watch(desk._found)
        return desk

    def answers(self, access: CameraAccess, cameras: Mapping[CameraRef, DesiredCamera]) -> dict[str, RequestHandler]:
        """Args: cameras: those that are registered."""
        self._access = access
        self._cameras = cameras
        self._prober = SpeakerProber(access, self._clock)
        return {"speaker_probe": self._prober.probe}

    async def run_once(self) -> None:
        """Raises BusUnreachable where what was found cannot be told."""
        due = [ref for ref, desired in self._cameras.items() if self._speakers.is_due(desired, self._clock.now_us())]
        random.shuffle(due)
        for few in (due[begin : begin + _FEW] for begin in range(0, len(due), _FEW)):
            await asyncio.gather(*(self._look(ref) for ref in few))
            await self._clock.sleep(_PAUSE_S)
        for gone in [ref for ref in self._speakers.found if ref not in self._cameras]:
            await self._bucket.delete(gone.key)
            self._speakers.note(gone, None)
        await self._clock.sleep(_ROUND_S)

    async def _look(self, ref: CameraRef) -> None:
        desired = self._cameras.get(ref)
        if desired is None or not self._speakers.is_due(desired, self._clock.now_us()):
            return
        found = await self._prober.look(desired, lambda: self._access.password(desired))
        found = found.model_copy(update={"registration": registration_of(desired)})
        log().info("speaker looked for", camera=str(ref), way=found.way, codec=found.codec, reason=found.reason_code)
        self._speakers.note(ref, found)
        try:
            await self._bucket.put(ref.key, found.encode())
        except BusUnreachable:
            self._speakers.note(ref, None)  # told at the next round
            raise

    def _found(self, entry: KvEntry) -> None:
        found = None if entry.value is None else SpeakerFound.decode(entry.value)
        self._speakers.note(CameraRef.from_key(entry.key), found)
