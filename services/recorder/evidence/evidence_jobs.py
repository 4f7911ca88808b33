"""Cases as they are asked for: checked, held, queued. What seals them is `adapters/evidence_sealer.py`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.recorder.evidence.evidence_store import SealedCase
from services.recorder.holds import Hold
from services.recorder.segment import StreamRef
from shared.errors import RequestRefused
from shared.messages.evidence import (
    EvidenceList,
    EvidenceOf,
    EvidenceRef,
    EvidenceState,
    EvidenceStatus,
    EvidenceStream,
    EvidenceWanted,
)
from shared.messages.playback import ObjectPlace
from shared.subjects import CameraRef

LONGEST_S = 24 * 3600
# A lock nobody can take back: a mistyped century must not fill the disk for ever.
LOCK_YEARS_MAX = 30
_YEAR_US = 366 * 24 * 3600 * 1_000_000
_ID = re.compile(r"[A-Za-z0-9-]{4,64}")
FILE_LASTS_S = 3600


@dataclass(frozen=True, slots=True)
class EvidenceJob:
    """What was asked for and how far it is; `stills` and `records` as the request had them."""

    id: str
    asked_by: str
    asked_us: int
    reason: str
    streams: tuple[StreamRef, ...]
    stills: tuple[tuple[StreamRef, int], ...]
    records: tuple[tuple[str, dict[str, Any]], ...]
    from_us: int
    to_us: int
    locked_until_us: int
    state: EvidenceState = "queued"
    done_bytes: int = 0
    all_bytes: int = 0
    error_code: str | None = None
    error: str | None = None


class EvidenceJobs(Protocol):
    """Raises PeerError where the database is away."""

    async def add(self, job: EvidenceJob) -> EvidenceJob:
        """The job of that id that is there now."""
        ...

    async def job(self, id: str) -> EvidenceJob | None: ...

    async def jobs(self, wanted: EvidenceOf) -> Sequence[EvidenceJob]:
        """Newest first."""
        ...


class SealedCases(Protocol):
    """What is sealed."""

    async def case(self, id: str) -> SealedCase | None: ...


@dataclass(frozen=True, slots=True)
class EvidenceCounter:
    """One function for each request: where people ask for evidence.

    Args:
        place: puts a hold on a range; it is placed before the job is, so that nothing of it is deleted meanwhile.
        url_of: object name in the evidence bucket, seconds -> a signed URL.
        asked: told when a case waits to be sealed.
    """

    jobs: EvidenceJobs
    sealed: SealedCases
    place: Callable[[Hold], Awaitable[Hold]]
    url_of: Callable[[str, int], str]
    now_us: Callable[[], int]
    asked: Callable[[], None]

    async def seal(self, request: bytes) -> EvidenceStatus:
        wanted = EvidenceWanted.decode(request)
        self._check(wanted)
        job = EvidenceJob(
            id=wanted.case,
            asked_by=wanted.asked_by,
            asked_us=self.now_us(),
            reason=wanted.reason,
            streams=tuple(StreamRef(CameraRef(each.site, each.camera), each.stream) for each in wanted.streams),
            stills=tuple(
                (StreamRef(CameraRef(each.site, each.camera), each.stream), each.at_us) for each in wanted.stills
            ),
            records=tuple((each.name, each.body) for each in wanted.records),
            from_us=wanted.from_us,
            to_us=wanted.to_us,
            locked_until_us=wanted.locked_until_us,
        )
        for number, of in enumerate(job.streams):
            await self.place(
                Hold(
                    f"evidence-{job.id}-{number}",
                    of.camera.site,
                    of.camera.camera,
                    of.stream,
                    job.from_us,
                    job.to_us,
                    job.reason,
                    "evidence",
                    job.asked_by,
                    job.asked_us,
                    job.locked_until_us,
                )
            )
        added = await self.jobs.add(job)
        self.asked()
        return await self._status(added)

    async def case(self, request: bytes) -> EvidenceStatus:
        return await self._status(await self._found(EvidenceRef.decode(request)))

    async def cases(self, request: bytes) -> EvidenceList:
        found = await self.jobs.jobs(EvidenceOf.decode(request))
        return EvidenceList(items=tuple([await self._status(job) for job in found]))

    async def file(self, request: bytes) -> ObjectPlace:
        wanted = EvidenceRef.decode(request)
        if wanted.sites is not None:
            await self._found(wanted)
        sealed = await self.sealed.case(wanted.case)
        if sealed is None:
            raise RequestRefused("case_not_sealed", "This case is not sealed (yet).", status=409)
        return ObjectPlace(url=self.url_of(sealed.object_name, FILE_LASTS_S), lasts_s=FILE_LASTS_S)

    def _check(self, wanted: EvidenceWanted) -> None:
        now_us = self.now_us()
        if not _ID.fullmatch(wanted.case):
            raise RequestRefused("bad_id", "A case's id has 4 to 64 letters, digits and '-'.")
        if not wanted.from_us < wanted.to_us <= now_us:
            raise RequestRefused("range_not_over", "A case ends after it begins, and not in the future.")
        if wanted.to_us - wanted.from_us > LONGEST_S * 1_000_000:
            raise RequestRefused("range_too_long", "A case covers at most 24 hours: seal several.")
        if not now_us < wanted.locked_until_us <= now_us + LOCK_YEARS_MAX * _YEAR_US:
            raise RequestRefused("bad_lock", f"The lock ends in the future, within {LOCK_YEARS_MAX} years.")

    async def _found(self, wanted: EvidenceRef) -> EvidenceJob:
        job = await self.jobs.job(wanted.case)
        if job is None or not _is_all_of(job, wanted.sites):
            raise RequestRefused("no_such_case", "There is no such case.", status=404)
        return job

    async def _status(self, job: EvidenceJob) -> EvidenceStatus:
        sealed = await self.sealed.case(job.id) if job.state == "sealed" else None
        progress = job.done_bytes / job.all_bytes if job.all_bytes else 0.0
        return EvidenceStatus(
            case=job.id,
            asked_by=job.asked_by,
            asked_us=job.asked_us,
            reason=job.reason,
            streams=tuple(
                EvidenceStream(
                    site=of.camera.site, camera=of.camera.camera, stream="sub" if of.stream == "sub" else "main"
                )
                for of in job.streams
            ),
            from_us=job.from_us,
            to_us=job.to_us,
            locked_until_us=job.locked_until_us,
            state=job.state,
            progress=1.0 if job.state == "sealed" else round(min(1.0, progress), 3),
            size_bytes=None if sealed is None else sealed.size_bytes,
            sha256=None if sealed is None else sealed.sha256,
            error_code=job.error_code,
            error=job.error,
        )


def _is_all_of(job: EvidenceJob, sites: Sequence[str] | None) -> bool:
    return sites is None or all(of.camera.site in sites for of in job.streams)
