"""Clips as they are asked for: checked, queued, listed, removed. What makes them is `adapters/clip_maker.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.segment import StreamRef
from shared.errors import RequestRefused
from shared.messages.clips import ClipList, ClipRef, ClipsOf, ClipState, ClipStatus, ClipWanted
from shared.messages.detector import SeenBox
from shared.subjects import CameraRef

LONGEST_S = 2 * 3600
KEPT_S = 7 * 24 * 3600
# Whoever asks for longer (an alert does) gets it, and not for ever.
# What is encoded again costs a core as long as it lasts.
CROPPED_LONGEST_S = 120
KEPT_MOST_S = 3 * 366 * 24 * 3600
# So many of one person may wait: a queue of hours helps nobody.
WAITING_MAX = 20
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Times in UTC microseconds. `done_us` is how much of its range has been written."""

    id: str
    of: StreamRef
    from_us: int
    to_us: int
    is_exact: bool
    asked_by: str
    asked_us: int
    expires_us: int
    state: ClipState = "queued"
    done_us: int = 0
    size_bytes: int | None = None
    sha256: str | None = None
    shows_from_us: int | None = None
    shows_to_us: int | None = None
    crop: tuple[float, float, float, float] | None = None
    error_code: str | None = None
    error: str | None = None

    @property
    def object_name(self) -> str:
        return f"clips/{self.of.camera}/{self.id}.mp4"


class ClipStore(Protocol):
    """Raises PeerError where the database is away."""

    async def add(self, clip: Clip) -> Clip:
        """The clip of that id that is there now: this one, or the one that was there."""
        ...

    async def clip(self, id: str) -> Clip | None: ...

    async def clips(
        self, camera: str | None, asked_by: str | None, sites: Sequence[str] | None, limit: int
    ) -> Sequence[Clip]:
        """Newest first."""
        ...

    async def waiting(self, asked_by: str) -> int:
        """How many of that person are queued or being made."""
        ...

    async def expire(self, id: str, now_us: int) -> None:
        """It is removed at the next opportunity, and not listed any more."""
        ...


@dataclass(frozen=True, slots=True)
class ClipDesk:
    """One function for each request."""

    store: ClipStore
    now_us: Callable[[], int]
    asked: Callable[[], None]
    """Told when a clip waits to be made."""

    async def make(self, request: bytes) -> ClipStatus:
        wanted = ClipWanted.decode(request)
        now_us = self.now_us()
        if not _ID.fullmatch(wanted.clip):
            raise RequestRefused("bad_id", "A clip's id has 8 to 64 letters, digits and '-'.")
        if wanted.to_us <= wanted.from_us:
            raise RequestRefused("bad_range", "The range ends before it begins: let `end` be later than `start`.")
        if wanted.to_us > now_us:
            raise RequestRefused("range_not_over", "A clip cannot end in the future: let `end` be now or earlier.")
        if wanted.to_us - wanted.from_us > LONGEST_S * 1_000_000:
            raise RequestRefused("range_too_long", "A clip may be 2 hours long: ask for several.")
        if wanted.crop is not None and wanted.to_us - wanted.from_us > CROPPED_LONGEST_S * 1_000_000:
            raise RequestRefused("range_too_long", f"A part of the picture may be shown {CROPPED_LONGEST_S} s long.")
        if await self.store.waiting(wanted.asked_by) >= WAITING_MAX:
            raise RequestRefused(
                "too_many_clips", f"{WAITING_MAX} of your clips are waiting: wait for them or remove some.", status=429
            )
        of = StreamRef(CameraRef(wanted.site, wanted.camera), wanted.stream)
        clip = Clip(
            wanted.clip, of, wanted.from_us, wanted.to_us, wanted.is_exact, wanted.asked_by, now_us,
            _expires_us(now_us, wanted.keep_until_us), crop=_crop(wanted.crop),
        )  # fmt: skip
        added = await self.store.add(clip)
        self.asked()
        return status_of(added)

    async def clip(self, request: bytes) -> ClipStatus:
        return status_of(await self._found(ClipRef.decode(request)))

    async def clips(self, request: bytes) -> ClipList:
        wanted = ClipsOf.decode(request)
        found = await self.store.clips(wanted.camera, wanted.asked_by, wanted.sites, wanted.limit)
        return ClipList(items=tuple(status_of(clip) for clip in found))

    async def remove(self, request: bytes) -> ClipStatus:
        clip = await self._found(ClipRef.decode(request))
        await self.store.expire(clip.id, self.now_us())
        return status_of(clip)

    async def _found(self, wanted: ClipRef) -> Clip:
        clip = await self.store.clip(wanted.clip)
        if clip is None or (wanted.sites is not None and clip.of.camera.site not in wanted.sites):
            raise RequestRefused("no_such_clip", "There is no such clip (any more).", status=404)
        return clip


def _crop(box: SeenBox | None) -> tuple[float, float, float, float] | None:
    return None if box is None else (box.x, box.y, box.width, box.height)


def _expires_us(now_us: int, keep_until_us: int | None) -> int:
    usual_us = now_us + KEPT_S * 1_000_000
    return min(max(usual_us, keep_until_us or 0), now_us + KEPT_MOST_S * 1_000_000)


def status_of(clip: Clip) -> ClipStatus:
    length_us = clip.to_us - clip.from_us
    return ClipStatus(
        clip=clip.id,
        site=clip.of.camera.site,
        camera=clip.of.camera.camera,
        stream="sub" if clip.of.stream == "sub" else "main",
        from_us=clip.from_us,
        to_us=clip.to_us,
        is_exact=clip.is_exact,
        asked_by=clip.asked_by,
        asked_us=clip.asked_us,
        state=clip.state,
        progress=1.0 if clip.state == "ready" else round(min(1.0, clip.done_us / length_us), 3),
        size_bytes=clip.size_bytes,
        sha256=clip.sha256,
        shows_from_us=clip.shows_from_us,
        shows_to_us=clip.shows_to_us,
        object_name=clip.object_name if clip.state == "ready" else None,
        error_code=clip.error_code,
        error=clip.error,
        expires_us=clip.expires_us,
    )
