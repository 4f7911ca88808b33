"""How much is kept of each camera and how far back it reaches, and what fewer days would delete. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.retention import DAY_US, expiry_us
from services.recorder.segment import StreamRef
from shared.messages.retention import (
    RetentionTrial,
    RetentionTrialOf,
    RetentionTrialStream,
    StorageOf,
    StorageStatus,
    StoredStream,
)
from shared.subjects import CameraRef

# = how long a budget that cut recordings short is told of
CUT_TOLD_US = 7 * DAY_US


@dataclass(frozen=True, slots=True)
class StreamReport:
    """Beside what there is: holes nobody planned, holds in force, and when a budget last took some of it too early."""

    gaps: int = 0
    gaps_us: int = 0
    holds: int = 0
    cut_us: int | None = None


class StoredStreams(Protocol):
    """Raises PeerError where the database is away."""

    async def stored(self, site: str | None) -> Sequence[StoredStream]: ...


class StorageReports(Protocol):
    """Raises PeerError where the database is away."""

    async def reports(self, site: str | None, now_us: int, cut_since_us: int) -> Mapping[StreamRef, StreamReport]: ...

    async def trial(self, cameras: Sequence[str], before_us: int, now_us: int) -> Sequence[RetentionTrialStream]: ...


@dataclass(frozen=True, slots=True)
class StorageDesk:
    """One function for each request. Args: days: how long a camera's recordings are to be kept."""

    store: StoredStreams
    extra: StorageReports
    days: Callable[[CameraRef], int]
    now_us: Callable[[], int]

    async def storage(self, request: bytes) -> StorageStatus:
        wanted = StorageOf.decode(request)
        now_us = self.now_us()
        items = await self.store.stored(wanted.site)
        reports = await self.extra.reports(wanted.site, now_us, now_us - CUT_TOLD_US)
        return StorageStatus(items=tuple(self._with(item, reports) for item in items))

    async def trial(self, request: bytes) -> RetentionTrial:
        wanted = RetentionTrialOf.decode(request)
        now_us = self.now_us()
        before_us = expiry_us(now_us, wanted.retention_days)
        found = await self.extra.trial(wanted.cameras, before_us, now_us)
        return RetentionTrial(before_us=before_us, items=tuple(found))

    def _with(self, item: StoredStream, reports: Mapping[StreamRef, StreamReport]) -> StoredStream:
        camera = CameraRef(item.site, item.camera)
        more = reports.get(StreamRef(camera, item.stream), StreamReport())
        told = {"gaps": more.gaps, "gaps_us": more.gaps_us, "holds": more.holds, "cut_us": more.cut_us}
        return item.model_copy(update={"retention_days": self.days(camera), **told})
