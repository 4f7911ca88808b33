"""The recorder, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.clips import (
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
from shared.messages.evidence import (
    CoverageList,
    CoverageOf,
    EvidenceList,
    EvidenceOf,
    EvidenceRef,
    EvidenceStatus,
    EvidenceWanted,
)
from shared.messages.playback import (
    GopPlace,
    GopWanted,
    ObjectPlace,
    ObjectWanted,
    PlaylistReply,
    PlaylistWanted,
    TimelineReply,
    TimelineWanted,
)
from shared.messages.retention import RetentionTrial, RetentionTrialOf, StorageOf, StorageStatus

_LIMIT_S = 10.0
# A sheet is sixty pictures, and others may be before it.
_DECODING_LIMIT_S = 30.0
# Weeks of many cameras are counted row by row.
_COUNTING_LIMIT_S = 15.0


class BusRecorder:
    """Implements `Recorder` and `EvidenceRecorder`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def timeline(self, wanted: TimelineWanted) -> TimelineReply:
        return TimelineReply.decode(await self._ask("timeline", wanted))

    async def playlist(self, wanted: PlaylistWanted) -> PlaylistReply:
        return PlaylistReply.decode(await self._ask("playlist", wanted))

    async def object(self, wanted: ObjectWanted) -> ObjectPlace:
        return ObjectPlace.decode(await self._ask("object", wanted))

    async def gop(self, wanted: GopWanted) -> GopPlace:
        return GopPlace.decode(await self._ask("gop", wanted))

    async def still(self, wanted: StillWanted) -> StillReply:
        return StillReply.decode(await self._ask("still", wanted, _DECODING_LIMIT_S))

    async def thumbnails(self, wanted: ThumbnailsWanted) -> ThumbnailsReply:
        return ThumbnailsReply.decode(await self._ask("thumbnails", wanted, _DECODING_LIMIT_S))

    async def make_clip(self, wanted: ClipWanted) -> ClipStatus:
        return ClipStatus.decode(await self._ask("clip_make", wanted))

    async def clip(self, wanted: ClipRef) -> ClipStatus:
        return ClipStatus.decode(await self._ask("clip", wanted))

    async def clips(self, wanted: ClipsOf) -> ClipList:
        return ClipList.decode(await self._ask("clips", wanted))

    async def remove_clip(self, wanted: ClipRef) -> ClipStatus:
        return ClipStatus.decode(await self._ask("clip_remove", wanted))

    async def seal(self, wanted: EvidenceWanted) -> EvidenceStatus:
        return EvidenceStatus.decode(await self._ask("evidence_seal", wanted))

    async def case(self, wanted: EvidenceRef) -> EvidenceStatus:
        return EvidenceStatus.decode(await self._ask("evidence", wanted))

    async def cases(self, wanted: EvidenceOf) -> EvidenceList:
        return EvidenceList.decode(await self._ask("evidence_list", wanted))

    async def case_file(self, wanted: EvidenceRef) -> ObjectPlace:
        return ObjectPlace.decode(await self._ask("evidence_file", wanted))

    async def coverage(self, wanted: CoverageOf) -> CoverageList:
        return CoverageList.decode(await self._ask("coverage", wanted))

    async def storage(self, wanted: StorageOf) -> StorageStatus:
        return StorageStatus.decode(await self._ask("storage", wanted))

    async def retention_trial(self, wanted: RetentionTrialOf) -> RetentionTrial:
        return RetentionTrial.decode(await self._ask("retention_trial", wanted, _COUNTING_LIMIT_S))

    async def _ask(self, name: str, wanted: Message, limit_s: float = _LIMIT_S) -> bytes:
        return await self._bus.request("recorder", name, wanted, timeout_s=limit_s)
