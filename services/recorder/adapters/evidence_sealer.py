"""Seals the cases that wait, one at a time; says by the second how far it is; taken over where it dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress

from services.recorder.adapters.postgres.evidence_jobs import PostgresEvidenceJobs
from services.recorder.evidence.case_file import Attachment, SegmentBytes
from services.recorder.evidence.evidence_desk import CaseWanted, EvidenceDesk
from services.recorder.evidence.evidence_jobs import EvidenceJob
from services.recorder.evidence.evidence_store import SealedCase
from services.recorder.index import SegmentReader
from services.recorder.segment import StreamRef
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.base import Fact
from shared.messages.evidence import EvidenceSealed
from shared.telemetry import counter, log

# Another worker may have been asked, or may have died: looked for so often.
ROUND_S = 10.0
BEAT_S = 1.0

_sealed = counter("recorder_cases_sealed", "case files sealed")


class CountingSource:
    """Counts what is read for the case that is being sealed."""

    def __init__(self, source: SegmentBytes):
        self._source = source
        self.read_bytes = 0

    async def pieces(self, object_name: str, size_bytes: int, piece_bytes: int) -> AsyncIterator[bytes]:
        async for piece in self._source.pieces(object_name, size_bytes, piece_bytes):
            self.read_bytes += len(piece)
            yield piece


class EvidenceSealer:
    """Supervised: one case a round.

    Args:
        still: stream, moment (UTC microseconds) -> a JPEG of the picture shown then.
        say: takes a fact to be told.
    """

    def __init__(
        self,
        jobs: PostgresEvidenceJobs,
        desk: EvidenceDesk,
        source: CountingSource,
        index: SegmentReader,
        still: Callable[[StreamRef, int], Awaitable[bytes]],
        clock: Clock,
        worker: str,
        say: Callable[[Fact], None],
    ):
        self._jobs = jobs
        self._desk = desk
        self._source = source
        self._index = index
        self._still = still
        self._clock = clock
        self._worker = worker
        self._say = say
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """One was asked for here: no need to wait for the next look."""
        self._asked.set()

    async def run_once(self) -> None:
        self._asked.clear()
        job = await self._jobs.claim(self._worker, self._clock.now_us())
        if job is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_S):
                    await self._asked.wait()
            return
        sealing = asyncio.create_task(self._seal(job), name=f"case {job.id}")
        try:
            await self._follow(job, sealing)
        except RequestRefused as error:
            log().warning("case not sealed", case=job.id, code=error.code, detail=str(error))
            await self._jobs.failed(job.id, error.code, str(error))
        except PeerError:
            await self._jobs.waits(job.id)
            raise
        finally:
            sealing.cancel()
            await asyncio.wait({sealing})

    async def _follow(self, job: EvidenceJob, sealing: asyncio.Task[SealedCase]) -> None:
        self._source.read_bytes = 0
        all_bytes = await self._size_of(job)
        while not sealing.done():
            done_bytes, now_us = self._source.read_bytes, self._clock.now_us()
            if not await self._jobs.beat(job.id, self._worker, done_bytes, all_bytes, now_us):
                return  # taken for dead: another worker seals it
            await asyncio.wait({sealing}, timeout=BEAT_S)
        case = sealing.result()
        await self._jobs.sealed(job.id)
        _sealed.inc()
        self._say(
            EvidenceSealed(
                case=case.id,
                asked_by=case.asked_by,
                sha256=case.sha256,
                size_bytes=case.size_bytes,
                locked_until_us=case.locked_until_us,
                at_us=self._clock.now_us(),
            )
        )

    async def _seal(self, job: EvidenceJob) -> SealedCase:
        attachments = [Attachment(f"records/{name}.json", _document(body)) for name, body in job.records]
        for of, at_us in job.stills:
            name = f"stills/{of.camera.site}-{of.camera.camera}-{of.stream}-{at_us}.jpg"
            attachments.append(Attachment(name, await self._still(of, at_us)))
        return await self._desk.seal(
            CaseWanted(
                id=job.id,
                asked_by=job.asked_by,
                reason=job.reason,
                streams=job.streams,
                from_us=job.from_us,
                to_us=job.to_us,
                locked_until_us=job.locked_until_us,
                attachments=tuple(attachments),
            )
        )

    async def _size_of(self, job: EvidenceJob) -> int:
        sizes = 0
        for of in job.streams:
            rows = await self._index.between(of, job.from_us, job.to_us)
            sizes += sum(row.segment.size_bytes for row in rows)
        return sizes


def _document(body: Mapping[str, object]) -> bytes:
    """A record as it is put into the case: fractions may be in it, so it is not what we sign."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, indent=2).encode()
