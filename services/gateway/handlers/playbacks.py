"""Playbacks on record: each begins with a deed, and ends with one that says how long somebody looked."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from services.gateway.audit import AuditTrail, Deed, Purpose
from services.gateway.cameras import Camera
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from shared.clock import Clock
from shared.errors import PeerError
from shared.telemetry import log

# The same playback asked for again within this (a growing playlist is, every few seconds) is one deed.
SAME_PLAYBACK_S = 600.0
# = how long nobody asks for a piece until the looking is over: players buffer up to half a minute ahead
SILENT_S = 60.0
# What is looked at without a playlist (a sheet of pictures stays on the screen) is one deed within this.
SILENT_WITHOUT_PLAYLIST_S = SAME_PLAYBACK_S
_KEPT = 10_000

Key = tuple[str, ...]


@dataclass(slots=True)
class _Open:
    by: By
    camera: str
    began: datetime
    began_s: float
    seen_s: float
    silent_s: float
    detail: dict[str, str]


@dataclass(slots=True)
class PlaybackRecord:
    """What this gateway has put on record; pieces that another gateway hands out do not lengthen it.

    `turn` is a lock: who asks for several pieces at once begins to look once.
    """

    trail: AuditTrail
    clock: Clock
    turn: AbstractAsyncContextManager[object]
    _open: OrderedDict[Key, _Open] = field(default_factory=OrderedDict)

    async def asked(
        self, by: By, camera: Camera, stream: str, from_us: int, to_us: int | None, purpose: Purpose | None
    ) -> None:
        """A playlist is asked for: on record before anything is shown."""
        key = (*_person(by.identity, camera), stream, str(from_us), str(to_us))
        if self._is_same(key):
            return
        detail = {"from_us": str(from_us), "to_us": "" if to_us is None else str(to_us), "stream": stream}
        if purpose is not None:
            detail["purpose"] = purpose
        async with self.turn:
            if not self._is_same(key):
                await self._end(key)
                await self._begin(key, by, camera, detail, SILENT_S)

    async def seen(self, by: By, camera: Camera, **detail: str) -> None:
        """A piece or a sheet is asked for: it belongs to what this person opened last of this camera.

        Where nothing is open it is a playback of its own, on record before anything is shown: whoever kept a playlist
        needs no new one, and another gateway may have given it.
        """
        person = _person(by.identity, camera)
        if self._is_lengthened(person):
            return
        async with self.turn:
            if not self._is_lengthened(person):
                await self._begin(person, by, camera, detail, SILENT_WITHOUT_PLAYLIST_S)

    async def end_round(self) -> None:
        """Those that nobody asks of any more end."""
        now_s = self.clock.monotonic()
        for key in [key for key, each in self._open.items() if each.seen_s < now_s - each.silent_s]:
            await self._end(key)

    async def close(self) -> None:
        """The gateway stops."""
        for key in list(self._open):
            await self._end(key)

    def _is_same(self, key: Key) -> bool:
        known, now_s = self._open.get(key), self.clock.monotonic()
        if known is None or known.began_s <= now_s - SAME_PLAYBACK_S:
            return False
        known.seen_s = now_s
        return True

    def _is_lengthened(self, person: Key) -> bool:
        latest = max(
            (each for key, each in self._open.items() if key[:3] == person), key=lambda each: each.began_s, default=None
        )
        if latest is None:
            return False
        latest.seen_s = self.clock.monotonic()
        return True

    async def _begin(self, key: Key, by: By, camera: Camera, detail: dict[str, str], silent_s: float) -> None:
        began, now_s = self.clock.now(), self.clock.monotonic()
        await self.trail.add(Deed("playback", by.identity.name, by.address, began, camera=camera.id, detail=detail))
        self._open[key] = _Open(by, camera.id, began, now_s, now_s, silent_s, detail)
        while len(self._open) > _KEPT:
            await self._end(next(iter(self._open)))

    async def _end(self, key: Key) -> None:
        each = self._open.pop(key, None)
        if each is None:
            return
        deed = Deed(
            "playback_ended",
            each.by.identity.name,
            each.by.address,
            self.clock.now(),
            camera=each.camera,
            seconds=round(each.seen_s - each.began_s, 3),
            detail=each.detail | {"began": each.began.isoformat()},
        )
        try:
            await self.trail.add(deed)
        except PeerError as error:
            # The beginning is on record; the end is lost with the database, and said here.
            log().error("end of a playback not recorded", camera=each.camera, detail=str(error))


def _person(identity: Identity, camera: Camera) -> Key:
    return (identity.name, identity.login or "", camera.id)
