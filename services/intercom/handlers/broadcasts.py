"""What the intercom is asked about broadcasts: opened, changed, ended, looked up."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.g711 import Sound
from shared.errors import RequestRefused
from shared.messages.broadcasts import (
    Addressed,
    BroadcastChange,
    BroadcastEnding,
    BroadcastList,
    BroadcastOpened,
    BroadcastRef,
    BroadcastsOf,
    BroadcastStatus,
    BroadcastWanted,
    Receipt,
    ReceiptReason,
)
from shared.messages.cameras import DesiredCamera
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

_DRAINING = "this part of the intercom is being replaced: broadcast again"


class HeldBroadcast(Protocol):
    """One broadcast of this worker (services/intercom/adapters/broadcast.py)."""

    @property
    def id(self) -> str: ...

    @property
    def talker(self) -> str: ...

    @property
    def is_over(self) -> bool: ...

    def status(self) -> BroadcastStatus: ...

    async def open(self) -> str | None:
        """The SDP answer where there was an offer; from here on it runs by itself. Raises RequestRefused."""
        ...

    async def press(self) -> BroadcastStatus: ...

    async def release(self) -> BroadcastStatus: ...

    async def hang_up(self, ending: BroadcastEnding = "hung_up", detail: str = "") -> BroadcastStatus: ...

    def floor_is(self, camera: CameraRef, held: FloorHeld | None) -> None: ...


class BroadcastHistory(Protocol):
    """Broadcasts that were written down."""

    async def one(self, id: str) -> BroadcastStatus | None: ...

    async def newest(
        self, camera: str | None, sites: Sequence[str], before_us: int | None, limit: int
    ) -> Sequence[BroadcastStatus]: ...


class Politeness(Protocol):
    """How often a camera may be told something as a matter of routine."""

    async def admit(self, cameras: Sequence[CameraRef]) -> set[CameraRef]:
        """Those that may be told one more, which is counted."""
        ...


Sounds = Callable[[BroadcastWanted], Awaitable[Sound | None]]
"""What is to be played: None for a microphone. Raises RequestRefused, PeerError."""
NewBroadcast = Callable[[str, BroadcastWanted, Sound | None, Sequence[DesiredCamera], Sequence[Receipt]], HeldBroadcast]


@dataclass(slots=True)
class BroadcastDesk:
    """One function for each request and each news.

    Args:
        cameras: those that there are, as KV `cameras` says.
        living: names of the workers that are alive.
    """

    worker: str
    cameras: Mapping[CameraRef, DesiredCamera]
    new_broadcast: NewBroadcast
    sounds: Sounds
    history: BroadcastHistory
    politeness: Politeness
    living: Callable[[], Awaitable[set[str]]]
    broadcasts_max: int
    cameras_max: int
    broadcasts: dict[str, HeldBroadcast] = field(default_factory=dict)
    is_draining: bool = False

    async def broadcast_open(self, request: bytes) -> BroadcastOpened:
        return await self.open(BroadcastWanted.decode(request))

    async def open(self, wanted: BroadcastWanted) -> BroadcastOpened:
        """Raises RequestRefused with what to change."""
        _require_one_source(wanted)
        self._require_room()
        there, receipts = self._addressed(wanted.to)
        sound = await self.sounds(wanted)
        if wanted.priority == "routine" and wanted.offer is None:
            there, receipts = await self._polite(there, receipts)
        self._require_room()
        id = f"{self.worker}.{secrets.token_hex(8)}"
        broadcast = self.new_broadcast(id, wanted, sound, there, receipts)
        self.broadcasts[id] = broadcast
        try:
            answer = await broadcast.open()
        except BaseException:
            del self.broadcasts[id]
            raise
        return BroadcastOpened(status=broadcast.status(), answer=answer)

    async def broadcast(self, request: bytes) -> BroadcastStatus:
        return self._held(BroadcastRef.decode(request).broadcast).status()

    async def broadcast_change(self, request: bytes) -> BroadcastStatus:
        change = BroadcastChange.decode(request)
        broadcast = self._held(change.broadcast, change.talker)
        return await (broadcast.press() if change.is_speaking else broadcast.release())

    async def broadcast_end(self, request: bytes) -> BroadcastStatus:
        wanted = BroadcastRef.decode(request)
        return await self._held(wanted.broadcast, wanted.talker).hang_up()

    async def broadcast_past(self, request: bytes) -> BroadcastStatus:
        """One that no worker holds any more, as it was written down."""
        id = BroadcastRef.decode(request).broadcast
        found = await self.history.one(id)
        if found is None:
            raise _no_such(id)
        return (await self._truthful([found]))[0]

    async def broadcasts_of(self, request: bytes) -> BroadcastList:
        """Request `broadcasts`."""
        wanted = BroadcastsOf.decode(request)
        found = await self.history.newest(wanted.camera, wanted.sites, wanted.before_us, wanted.limit)
        return BroadcastList(items=tuple(await self._truthful(found)))

    async def drain_idle(self) -> int:
        """No new broadcasts; those in which nobody speaks are told why they end. Returns how many speak on."""
        self.is_draining = True
        running = [each for each in self.broadcasts.values() if not each.is_over]
        speaking = [each for each in running if each.status().state == "speaking"]
        for broadcast in running:
            if broadcast not in speaking:
                await broadcast.hang_up("draining", _DRAINING)
        return len(speaking)

    async def drain(self) -> None:
        """The others, too."""
        self.is_draining = True
        for broadcast in list(self.broadcasts.values()):
            await broadcast.hang_up("draining", _DRAINING)

    def floor_changed(self, camera: CameraRef, held: FloorHeld | None) -> None:
        """KV `floors`."""
        for broadcast in self.broadcasts.values():
            if not broadcast.is_over:
                broadcast.floor_is(camera, held)

    def _require_room(self) -> None:
        ended = [id for id, broadcast in self.broadcasts.items() if broadcast.is_over]
        for id in ended[: max(0, len(ended) - 16)]:  # how the last ones ended is in the history too
            del self.broadcasts[id]
        running = sum(not broadcast.is_over for broadcast in self.broadcasts.values())
        if self.is_draining or running >= self.broadcasts_max:
            raise RequestRefused("intercom_full", "No more broadcasts can be held now: try again.", status=503)

    def _addressed(self, to: Addressed) -> tuple[list[DesiredCamera], list[Receipt]]:
        """Who is meant, each once; and receipts of those that cannot be tried."""
        wanted = [CameraRef(one.site, one.camera) for one in to.cameras]
        sites = set(to.sites)
        wanted += sorted(camera for camera in self.cameras if to.is_everyone or camera.site in sites)
        there: list[DesiredCamera] = []
        receipts: list[Receipt] = []
        for camera in dict.fromkeys(wanted):
            desired = self.cameras.get(camera)
            if desired is None:
                receipts.append(_untried(camera, "failed", "no_such_camera", "There is no such camera."))
            elif not desired.is_enabled:
                receipts.append(_untried(camera, "failed", "camera_disabled", "The camera is switched off here."))
            else:
                there.append(desired)
        if len(there) > self.cameras_max:
            raise RequestRefused(
                "too_many_cameras",
                f"{len(there)} cameras are meant, at most {self.cameras_max} at once: choose fewer.",
                status=422,
            )
        if not wanted:
            raise RequestRefused("nobody_addressed", "No camera is meant: name cameras or sites that have some.")
        return there, receipts

    async def _polite(
        self, there: list[DesiredCamera], receipts: list[Receipt]
    ) -> tuple[list[DesiredCamera], list[Receipt]]:
        refs = [CameraRef(one.site, one.camera) for one in there]
        admitted = await self.politeness.admit(refs)
        words = "It was told as much within the last hour as it may be as a matter of routine."
        spared = [_untried(camera, "skipped", "too_often", words) for camera in refs if camera not in admitted]
        return [one for one in there if CameraRef(one.site, one.camera) in admitted], receipts + spared

    async def _truthful(self, found: Sequence[BroadcastStatus]) -> Sequence[BroadcastStatus]:
        """One that never ended, of a worker that is no more, was ended by its death."""
        if all(status.ended_us is not None for status in found):
            return found
        living = await self.living() | {self.worker}
        return [
            status
            if status.ended_us is not None or status.broadcast.rpartition(".")[0] in living
            else status.model_copy(
                update={"state": "ended", "ending": "worker_lost", "detail": "The worker that held it is gone."}
            )
            for status in found
        ]

    def _held(self, id: str, talker: str | None = None) -> HeldBroadcast:
        broadcast = self.broadcasts.get(id)
        if broadcast is None or talker not in (None, broadcast.talker):
            raise _no_such(id)
        return broadcast


def _no_such(id: str) -> RequestRefused:
    return RequestRefused("no_such_broadcast", f"There is no broadcast {id[:80]!r} (any more).", status=404)


def _untried(camera: CameraRef, state: str, reason: ReceiptReason, detail: str) -> Receipt:
    return Receipt.model_validate(
        {"site": camera.site, "camera": camera.camera, "state": state, "reason": reason, "detail": detail}
    )


def _require_one_source(wanted: BroadcastWanted) -> None:
    if sum(source is not None for source in (wanted.offer, wanted.announcement, wanted.text)) != 1:
        raise RequestRefused("one_source", "Give one of offer, announcement and text.", status=422)
    if wanted.text is not None and not wanted.text.strip():
        raise RequestRefused("nothing_to_say", "The text is empty: write words.", status=422)
