"""Keeps every stream of our shards recorded: whose turn it is, a few at once, and what to do when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from services.recorder.outage_ledger import OutageLedger
from services.recorder.recording import Recording
from services.recorder.segment import StreamRef
from shared.bus import BusUnreachable
from shared.clock import Clock
from shared.database import DatabaseUnreachable
from shared.errors import PeerError
from shared.objects import ObjectsUnreachable
from shared.telemetry import counter, gauge, log

RETRY_S = 2.0
# A lane that has nothing to do looks again after this long, whatever was due.
_LONGEST_WAIT_S = 1.0

_segments = counter("recorder_segments", "segments stored and indexed")
_bytes = counter("recorder_bytes", "bytes of segments stored and indexed")
_streams = gauge("recorder_streams", "streams this worker records")
_backlog = gauge("recorder_backlog_seconds", "oldest end of a stream's recording, seconds before now")
_stale = gauge("recorder_stale_streams", "streams that cannot be stored now")


class RecordingKeeper:
    """Lanes call `run_once`, each one stream at a time: memory is bounded by how many lanes there are."""

    def __init__(self, new_recording: Callable[[StreamRef], Recording], ledger: OutageLedger, clock: Clock):
        self._new_recording = new_recording
        self._ledger = ledger
        self._clock = clock
        self._recordings: dict[StreamRef, Recording] = {}
        self._due: dict[StreamRef, float] = {}
        self._busy: set[StreamRef] = set()
        self._news = asyncio.Event()

    def keep(self, wanted: set[StreamRef]) -> None:
        """From now on exactly these are recorded; a round under way ends by itself."""
        for of in self._recordings.keys() - wanted:
            del self._recordings[of]
            self._due.pop(of, None)
            self._ledger.forget(of)
        for of in wanted - self._recordings.keys():
            self._recordings[of] = self._new_recording(of)
            self._due[of] = self._clock.monotonic()
        _streams.set(len(self._recordings))
        self._news.set()

    async def run_once(self) -> None:
        """One round of the stream that is due first, or a wait for it."""
        of = self._next()
        if of is None:
            await self._until_due()
            return
        recording = self._recordings[of]
        self._busy.add(of)
        due_in_s = RETRY_S
        try:
            due_in_s = await self._advance(of, recording)
        finally:
            self._busy.discard(of)
            if self._recordings.get(of) is recording:
                self._due[of] = self._clock.monotonic() + due_in_s
        self._measure()

    async def _advance(self, of: StreamRef, recording: Recording) -> float:
        began_us = self._clock.now_us()
        try:
            did = await recording.advance()
        except PeerError as error:
            until_us = recording.head.ends_us if recording.head is not None else self._clock.now_us()
            log().warning("not stored, will try again", stream=str(of), detail=str(error))
            self._ledger.failed(of, began_us, until_us, _cause(error), str(error), self._clock.now_us())
            return RETRY_S
        self._ledger.done(of, did, self._clock.now_us())
        _segments.inc(len(did.stored))
        _bytes.inc(sum(segment.size_bytes for segment in did.stored))
        return did.due_in_s

    def ends(self) -> dict[StreamRef, tuple[int | None, int]]:
        """Of each stream: end of its newest segment (UTC microseconds), and the bus's number of its last fragment."""
        heads = {of: recording.head for of, recording in self._recordings.items()}
        return {of: (None, 0) if head is None else (head.ends_us, head.media_seq) for of, head in heads.items()}

    def _next(self) -> StreamRef | None:
        now = self._clock.monotonic()
        free = [(due, of) for of, due in self._due.items() if due <= now and of not in self._busy]
        return min(free, key=lambda item: item[0])[1] if free else None

    async def _until_due(self) -> None:
        now = self._clock.monotonic()
        waits = [due - now for of, due in self._due.items() if of not in self._busy]
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(min([_LONGEST_WAIT_S, *(max(0.0, wait) for wait in waits)])):
                await self._news.wait()

    def _measure(self) -> None:
        _stale.set(self._ledger.stale)
        ends = [recording.head.ends_us for recording in self._recordings.values() if recording.head is not None]
        _backlog.set(max(0.0, (self._clock.now_us() - min(ends)) / 1e6) if ends else 0.0)


def _cause(error: PeerError) -> str:
    if isinstance(error, ObjectsUnreachable):
        return "objects_away"
    if isinstance(error, DatabaseUnreachable):
        return "database_away"
    return "bus_away" if isinstance(error, BusUnreachable) else "unknown"
