"""What the gateway asks of the recorder about evidence, as its core sees it."""

from __future__ import annotations

from typing import Protocol

from shared.messages.evidence import (
    CoverageList,
    CoverageOf,
    EvidenceList,
    EvidenceOf,
    EvidenceRef,
    EvidenceStatus,
    EvidenceWanted,
)
from shared.messages.playback import ObjectPlace
from shared.messages.retention import RetentionTrial, RetentionTrialOf, StorageOf, StorageStatus


class EvidenceRecorder(Protocol):
    """The recorder over the bus. Raises RequestRefused where it refuses, PeerError where nobody answers."""

    async def seal(self, wanted: EvidenceWanted) -> EvidenceStatus: ...

    async def case(self, wanted: EvidenceRef) -> EvidenceStatus: ...

    async def cases(self, wanted: EvidenceOf) -> EvidenceList: ...

    async def case_file(self, wanted: EvidenceRef) -> ObjectPlace: ...

    async def coverage(self, wanted: CoverageOf) -> CoverageList: ...

    async def storage(self, wanted: StorageOf) -> StorageStatus: ...

    async def retention_trial(self, wanted: RetentionTrialOf) -> RetentionTrial: ...
