"""The bus's memory of a stream, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment
from shared import subjects
from shared.bus import Bus

# = what one recording holds in memory at most while it catches up, beside its open segment
BATCH_BYTES = 16 * 1024 * 1024


class BusMediaLog:
    """Implements `MediaLog`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def after(self, of: StreamRef, media_seq: int) -> tuple[Sequence[StoredFragment], bool]:
        batch = await self._bus.media_after(subjects.media(of.camera, of.stream), media_seq, max_bytes=BATCH_BYTES)
        return [StoredFragment(number, fragment) for number, fragment in batch.items], batch.has_more
