"""What was recorded: timeline, playlists and their bytes. Every playback leaves a trace."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import replace
from typing import Literal, Protocol
from uuid import uuid4

from services.gateway.audit import AuditTrail, Deed, Purpose
from services.gateway.cameras import Camera
from services.gateway.handlers.downloads import Downloads
from services.gateway.handlers.playbacks import PlaybackRecord
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from services.gateway.recordings import ByteRange, Passage, Recorder
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.clips import (
    ASKED_BY_ALERTING,
    ClipList,
    ClipRef,
    ClipsOf,
    ClipStatus,
    ClipWanted,
    StillReply,
    StillWanted,
    ThumbnailsReply,
    ThumbnailsWanted,
)
from shared.messages.playback import (
    GopPlace,
    GopWanted,
    ObjectPlace,
    ObjectWanted,
    PlaylistReply,
    PlaylistWanted,
    RecordedStream,
    TimelineReply,
    TimelineWanted,
)
from shared.subjects import CameraRef

_PLACES_KEPT = 4096
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\.mp4")
_GOP_NAME = re.compile(r"(-?\d{1,18})-(\d{1,18})\.mp4")
_RUN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RecordedBytes(Protocol):
    """Where recorded bytes come from. Raises RequestRefused (404 gone, 416 no such bytes) and PeerError."""

    async def of_object(self, url: str, wanted: ByteRange | None) -> Passage:
        """All of an object, or a part of it."""
        ...

    async def of_gop(self, camera: CameraRef, stream: str, place: GopPlace, wanted: ByteRange | None) -> Passage:
        """A GOP as if it were a file."""
        ...


class RecordingsDesk:
    """Asks the recorder, and fetches what it points to."""

    def __init__(
        self, recorder: Recorder, source: RecordedBytes, playbacks: PlaybackRecord, trail: AuditTrail, clock: Clock
    ):
        self._recorder = recorder
        self._source = source
        self._playbacks = playbacks
        self._trail = trail
        self._clock = clock
        self._downloads = Downloads()
        self._places: OrderedDict[str, tuple[float, ObjectPlace]] = OrderedDict()

    async def timeline(self, camera: Camera, stream: RecordedStream, from_us: int, to_us: int) -> TimelineReply:
        ref = camera.ref
        return await self._recorder.timeline(
            TimelineWanted(site=ref.site, camera=ref.camera, stream=stream, from_us=from_us, to_us=to_us)
        )

    async def playlist(
        self,
        identity: Identity,
        address: str,
        camera: Camera,
        stream: RecordedStream,
        from_us: int,
        to_us: int | None,
        suffix: str,
        purpose: Purpose | None = None,
    ) -> PlaylistReply:
        """HLS; on record before anything is shown."""
        ref = camera.ref
        wanted = PlaylistWanted(
            site=ref.site, camera=ref.camera, stream=stream, from_us=from_us, to_us=to_us, suffix=suffix
        )
        await self._playbacks.asked(By(identity, address), camera, stream, from_us, to_us, purpose)
        return await self._recorder.playlist(wanted)

    async def object_place(self, by: By, camera: Camera, path: str) -> ObjectPlace:
        """Where a recorded object can be read; `path` is what the playlist called it. That they look is on record."""
        stream, *day, name = path.split("/")
        is_day = len(day) == 3 and all(part.isdecimal() for part in day)
        if stream not in ("main", "sub") or not is_day or not _NAME.fullmatch(name):
            raise no_such_recording()
        ref = camera.ref
        place = await self._place(ref, f"media/{ref}/{path}")
        await self._playbacks.seen(by, camera, stream=stream)
        return place

    async def object(self, by: By, camera: Camera, path: str, wanted: ByteRange | None) -> Passage:
        place = await self.object_place(by, camera, path)
        return await self._source.of_object(place.url, wanted)

    async def gop(
        self, by: By, camera: Camera, stream: RecordedStream, run: str, name: str, wanted: ByteRange | None
    ) -> Passage:
        found = _GOP_NAME.fullmatch(name)
        if found is None or not _RUN.fullmatch(run):
            raise no_such_recording()
        ref = camera.ref
        captured_us, pts_90k = (int(part) for part in found.groups())
        place = await self._recorder.gop(
            GopWanted(
                site=ref.site, camera=ref.camera, stream=stream, run=run, captured_us=captured_us, pts_90k=pts_90k
            )
        )
        await self._playbacks.seen(by, camera, stream=stream)
        return await self._source.of_gop(ref, stream, place, wanted)

    async def still(
        self,
        identity: Identity,
        address: str,
        camera: Camera,
        stream: RecordedStream,
        at_us: int,
        kind: Literal["jpeg", "png"],
        max_width: int | None,
    ) -> StillReply:
        """The picture that was shown then; on record like a snapshot of now."""
        detail = {"at_us": str(at_us), "kind": kind}
        await self._trail.add(
            Deed("snapshot", identity.name, address, self._clock.now(), camera=camera.id, detail=detail)
        )
        ref = camera.ref
        return await self._recorder.still(
            StillWanted(site=ref.site, camera=ref.camera, stream=stream, at_us=at_us, kind=kind, max_width=max_width)
        )

    async def thumbnails(
        self, by: By, camera: Camera, stream: RecordedStream, hour_us: int
    ) -> tuple[ThumbnailsReply, Passage]:
        """The sheet of one hour: what is on it, and its bytes. It shows a kitchen: that they look is on record."""
        ref = camera.ref
        found = await self._recorder.thumbnails(
            ThumbnailsWanted(site=ref.site, camera=ref.camera, stream=stream, hour_us=hour_us)
        )
        place = await self._place(ref, found.object_name)
        await self._playbacks.seen(by, camera, stream=stream, sheet_of_us=str(hour_us))
        return found, await self._source.of_object(place.url, None)

    async def make_clip(
        self, identity: Identity, address: str, camera: Camera, stream: RecordedStream, from_us: int, to_us: int,
        is_exact: bool,
    ) -> ClipStatus:  # fmt: skip
        ref = camera.ref
        wanted = ClipWanted(
            clip=str(uuid4()), site=ref.site, camera=ref.camera, stream=stream, from_us=from_us, to_us=to_us,
            is_exact=is_exact, asked_by=identity.name,
        )  # fmt: skip
        detail = {"clip": wanted.clip, "from_us": str(from_us), "to_us": str(to_us)}
        await self._trail.add(
            Deed("clip_made", identity.name, address, self._clock.now(), camera=camera.id, detail=detail)
        )
        return await self._recorder.make_clip(wanted)

    async def clips(self, identity: Identity, camera: str | None, asked_by: str | None, limit: int) -> ClipList:
        """Of the schools that they may see."""
        sites = identity.seen_sites(())
        return await self._recorder.clips(ClipsOf(camera=camera, asked_by=asked_by, sites=sites, limit=limit))

    async def clip(self, identity: Identity, id: str) -> ClipStatus:
        """One; another school's is, for them, not there."""
        return await self._recorder.clip(ClipRef(clip=id, sites=identity.seen_sites(())))

    async def clip_file(self, identity: Identity, address: str, id: str, wanted: ByteRange | None) -> Passage:
        """Its bytes. A download is on record once; what resumes it is the same one."""
        clip = await self.clip(identity, id)
        if clip.object_name is None:
            raise RequestRefused("clip_not_ready", f"This clip is {clip.state}: wait until it is ready.", status=409)
        if self._downloads.begins(identity, clip.clip, wanted, self._clock.monotonic()):
            deed = Deed("clip_downloaded", identity.name, address, self._clock.now(), camera=clip.camera)
            await self._trail.add(replace(deed, detail={"clip": clip.clip}))
            self._downloads.recorded(identity, clip.clip, self._clock.monotonic())
        place = await self._place(CameraRef(clip.site, clip.camera), clip.object_name)
        return await self._source.of_object(place.url, wanted)

    async def remove_clip(self, identity: Identity, address: str, id: str) -> None:
        clip = await self.clip(identity, id)
        if clip.asked_by == ASKED_BY_ALERTING:
            raise RequestRefused(
                "clip_proves_alert", "This clip proves an alert: it goes when its time is over.", status=409
            )
        await self._recorder.remove_clip(ClipRef(clip=id, sites=identity.seen_sites(())))
        deed = Deed("clip_removed", identity.name, address, self._clock.now(), camera=clip.camera)
        await self._trail.add(replace(deed, detail={"clip": clip.clip}))

    async def _place(self, ref: CameraRef, name: str) -> ObjectPlace:
        now = self._clock.monotonic()
        expires, place = self._places.get(name, (0.0, None))
        if place is not None and expires > now:
            return place
        place = await self._recorder.object(ObjectWanted(site=ref.site, camera=ref.camera, name=name))
        # Half of its time is left for the reading.
        self._places[name] = (now + place.lasts_s / 2, place)
        while len(self._places) > _PLACES_KEPT:
            self._places.popitem(last=False)
        return place


def no_such_recording() -> RequestRefused:
    return RequestRefused("no_such_recording", "There is no such recording of this camera.", status=404)
