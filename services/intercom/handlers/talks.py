"""What the intercom is asked: talks opened, changed, ended; and what it hears of cameras and floors."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.floor import FloorQueue
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.intercom import (
    FloorHeld,
    FloorWanted,
    TalkChange,
    TalkEnding,
    TalkOpened,
    TalkRef,
    TalkStatus,
    TalkTrickle,
    TalkWanted,
)
from shared.messages.status import ServiceStatus
from shared.subjects import CameraRef
from shared.version import VERSION

_DRAINING = "this part of the intercom is being replaced: open the talk again"
CAPABILITIES = ("talk", "onvif", "isapi", "dahua", "view", "broadcast")


class HeldTalk(Protocol):
    """One talk of this worker (services/intercom/adapters/talk.py)."""

    @property
    def id(self) -> str: ...

    @property
    def camera(self) -> CameraRef: ...

    @property
    def guest(self) -> str | None:
        """`<room>.<guest>` where a guest of an emergency room speaks."""
        ...

    @property
    def is_over(self) -> bool: ...

    def status(self) -> TalkStatus: ...

    async def open(self) -> str:
        """The SDP answer; from here on it runs by itself. Raises RequestRefused."""
        ...

    async def press(self, *, may_wait: bool = False) -> TalkStatus: ...

    async def release(self) -> TalkStatus: ...

    async def hang_up(self, ending: TalkEnding = "hung_up", detail: str = "") -> TalkStatus: ...

    async def trickle(self, fragment: str) -> TalkStatus: ...

    async def floor_is(self, held: FloorHeld | None) -> None: ...

    def queue_is(self) -> None:
        """Who waits for its camera's floor has changed."""
        ...


@dataclass(slots=True)
class Handlers:
    """One function for each request and each news.

    Args:
        new_talk: makes one for a camera. Raises RequestRefused where the camera cannot be spoken to.
        is_out: whether a guest's time is over.
    """

    worker: str
    new_talk: Callable[[str, TalkWanted, DesiredCamera], HeldTalk]
    talks_max: int
    clock: Clock
    cameras: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    queues: dict[CameraRef, FloorQueue] = field(default_factory=dict)
    talks: dict[str, HeldTalk] = field(default_factory=dict)
    is_draining: bool = False
    is_out: Callable[[str], bool] = lambda guest: True
    _opening: int = 0

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="intercom", worker=self.worker, version=VERSION, capabilities=CAPABILITIES)

    async def talk_open(self, request: bytes) -> TalkOpened:
        wanted = TalkWanted.decode(request)
        self._forget_ended()
        held = sum(not talk.is_over for talk in self.talks.values())
        if self.is_draining or held + self._opening >= self.talks_max:
            raise RequestRefused("intercom_full", "No more talks can be held now: try again.", status=503)
        desired = self.cameras.get(CameraRef(wanted.site, wanted.camera))
        if desired is None:
            raise RequestRefused("no_such_camera", f"There is no camera {wanted.camera!r}.", status=404)
        if wanted.guest is not None and self.is_out(wanted.guest):
            raise RequestRefused("guest_over", "Your time as a guest of this room is over.", status=403)
        talk = self.new_talk(f"{self.worker}.{secrets.token_hex(8)}", wanted, desired)
        self._opening += 1
        try:
            answer = await talk.open()
        finally:
            self._opening -= 1
        self.talks[talk.id] = talk
        return TalkOpened(status=talk.status(), answer=answer)

    async def talk(self, request: bytes) -> TalkStatus:
        wanted = TalkRef.decode(request)
        return self._talk(wanted.talk, wanted.talker).status()

    async def talk_change(self, request: bytes) -> TalkStatus:
        change = TalkChange.decode(request)
        talk = self._talk(change.talk, change.talker)
        return await (talk.press(may_wait=change.may_wait) if change.is_talking else talk.release())

    async def talk_trickle(self, request: bytes) -> TalkStatus:
        wanted = TalkTrickle.decode(request)
        return await self._talk(wanted.talk, wanted.talker).trickle(wanted.fragment)

    async def talk_end(self, request: bytes) -> TalkStatus:
        wanted = TalkRef.decode(request)
        return await self._talk(wanted.talk, wanted.talker).hang_up()

    async def drain_idle(self) -> int:
        """No new talks; those in which nobody speaks are told why they end. Returns how many speak on."""
        self.is_draining = True
        speaking = [talk for talk in self.talks.values() if talk.status().state == "talking"]
        for talk in [talk for talk in self.talks.values() if talk not in speaking]:
            await talk.hang_up("draining", _DRAINING)
        return len(speaking)

    async def end_guests(self, is_out: Callable[[str], bool]) -> None:
        """Guests of emergency rooms whose time is over speak no more."""
        for talk in list(self.talks.values()):
            if talk.guest is not None and not talk.is_over and is_out(talk.guest):
                await talk.hang_up("no_longer_allowed", "your time as a guest of this room is over")

    async def drain(self) -> None:
        """The others, too."""
        self.is_draining = True
        for talk in list(self.talks.values()):
            await talk.hang_up("draining", _DRAINING)

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`."""
        if desired is None:
            self.cameras.pop(camera, None)
        else:
            self.cameras[camera] = desired

    async def floor_changed(self, camera: CameraRef, held: FloorHeld | None) -> None:
        """KV `floors`."""
        for talk in list(self.talks.values()):
            if talk.camera == camera:
                await talk.floor_is(held)

    def wait_changed(self, camera: CameraRef, talk: str, wanted: FloorWanted | None) -> None:
        """KV `floor_waits`."""
        now_s = self.clock.monotonic()
        for other in [one for one, queue in self.queues.items() if queue.forget(now_s)]:
            del self.queues[other]
        queue = self.queues.setdefault(camera, FloorQueue())
        if wanted is None:
            queue.remove(talk)
        else:
            queue.put(wanted, now_s)
        for held in list(self.talks.values()):
            if held.camera == camera:
                held.queue_is()

    def position(self, camera: CameraRef, talk: str) -> int | None:
        """Of a talk among those who wait for the floor, from 1."""
        queue = self.queues.get(camera)
        return None if queue is None else queue.position(talk, self.clock.monotonic())

    def _talk(self, id: str, talker: str) -> HeldTalk:
        talk = self.talks.get(id)
        if talk is None or talk.status().talker != talker:
            raise RequestRefused("no_such_talk", "There is no such talk (any more). Open a new one.", status=404)
        return talk

    def _forget_ended(self) -> None:
        """How the last ones ended can be asked for a while."""
        ended = [id for id, talk in self.talks.items() if talk.is_over]
        for id in ended[: max(0, len(ended) - 64)]:
            del self.talks[id]
