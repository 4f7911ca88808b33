"""Evidence: cases sealed, fetched, each on record; what was covered; what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from services.gateway.audit import AuditTrail, Deed
from services.gateway.cameras import Camera
from services.gateway.evidence import EvidenceRecorder
from services.gateway.handlers.downloads import Downloads
from services.gateway.handlers.recordings import RecordedBytes
from services.gateway.identity import Identity
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.recordings import ByteRange, Passage
from shared.clock import Clock
from shared.messages.evidence import (
    CoverageList,
    CoverageOf,
    EvidenceOf,
    EvidenceRecord,
    EvidenceRef,
    EvidenceStatus,
    EvidenceStill,
    EvidenceStream,
    EvidenceWanted,
)
from shared.messages.retention import RetentionTrial, RetentionTrialOf, StorageOf, StorageStatus


@dataclass(frozen=True, slots=True)
class EvidenceDesk:
    """What people may ask about evidence."""

    recorder: EvidenceRecorder
    source: RecordedBytes
    trail: AuditTrail
    clock: Clock
    downloads: Downloads = field(default_factory=Downloads)

    async def seal(
        self,
        identity: Identity,
        address: str,
        cameras: Sequence[Camera],
        from_us: int,
        to_us: int,
        locked_until_us: int,
        reason: str,
        stills_at_us: Sequence[int],
        records: Sequence[EvidenceRecord] = (),
    ) -> EvidenceStatus:
        """One still of every camera at each of the moments; records are put in as they are."""
        case = f"case-{uuid4()}"
        streams = tuple(
            EvidenceStream(site=each.site, camera=each.id, stream=each.recording.stream) for each in cameras
        )
        stills = tuple(
            EvidenceStill(site=each.site, camera=each.camera, stream=each.stream, at_us=at_us)
            for each in streams
            for at_us in stills_at_us
        )
        for camera in cameras:
            detail = {"case": case, "from_us": str(from_us), "to_us": str(to_us), "reason": reason[:500]}
            deed = Deed("evidence_sealed", identity.name, address, self.clock.now(), camera=camera.id, detail=detail)
            await self.trail.add(deed)
        return await self.recorder.seal(
            EvidenceWanted(
                case=case,
                asked_by=identity.name,
                reason=reason,
                streams=streams,
                from_us=from_us,
                to_us=to_us,
                locked_until_us=locked_until_us,
                stills=stills,
                records=tuple(records),
            )
        )

    async def cases(self, identity: Identity, reasons: Sequence[str], page: PageRequest) -> PageOf[EvidenceStatus]:
        """Newest first, of the schools that they may see; whose reason begins with one of `reasons`, if any."""
        wanted = EvidenceOf(
            sites=identity.seen_sites(()), reasons=tuple(reasons), before=page.after, limit=page.limit + 1
        )
        found = await self.recorder.cases(wanted)
        return page_of(found.items, page, lambda case: f"{case.asked_us}.{case.case}")

    async def case(self, identity: Identity, id: str) -> EvidenceStatus:
        """One; a case that shows another school too is, for them, not there."""
        return await self.recorder.case(EvidenceRef(case=id, sites=identity.seen_sites(())))

    async def file(self, identity: Identity, address: str, id: str, wanted: ByteRange | None) -> Passage:
        """Its bytes. A download is on record once, for every camera that the case shows."""
        ref = EvidenceRef(case=id, sites=identity.seen_sites(()))
        place = await self.recorder.case_file(ref)
        if self.downloads.begins(identity, id, wanted, self.clock.monotonic()):
            shown = (await self.recorder.case(ref)).streams
            for camera in dict.fromkeys(each.camera for each in shown):
                deed = Deed("evidence_downloaded", identity.name, address, self.clock.now(), camera=camera)
                await self.trail.add(replace(deed, detail={"case": id}))
            self.downloads.recorded(identity, id, self.clock.monotonic())
        return await self.source.of_object(place.url, wanted)

    async def coverage(self, site: str, from_day: str, to_day: str) -> CoverageList:
        return await self.recorder.coverage(CoverageOf(site=site, from_day=from_day, to_day=to_day))

    async def storage(self, site: str | None) -> StorageStatus:
        return await self.recorder.storage(StorageOf(site=site))

    async def retention_trial(self, cameras: Sequence[Camera], days: int) -> RetentionTrial:
        """What keeping them so many days would delete. Raises PeerError where the recorder is away."""
        ids = tuple(dict.fromkeys(camera.id for camera in cameras))
        return await self.recorder.retention_trial(RetentionTrialOf(cameras=ids, retention_days=days))
