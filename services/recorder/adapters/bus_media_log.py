"""The bus's memory of a stream, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment
from shared import subjects
from shared.bus import Bus

# = what one recording holds in memory at most while it catches up, beside its open segment
BATCH_BYTES = 16 * 1024 * 1024
# = what a look costs that only asks whether there is something
LOOK_BYTES = 256 * 1024


class BusMediaLog:
    """Implements `MediaLog`, `TailLog` and `MediaSince`."""

    def __init__(self, bus: Bus, batch_bytes: int = BATCH_BYTES):
        self._bus = bus
        self._batch_bytes = batch_bytes

    async def after(
        self, of: StreamRef, media_seq: int, since_us: int | None = None
    ) -> tuple[Sequence[StoredFragment], bool]:
        subject = subjects.media(of.camera, of.stream)
        batch = await self._bus.media_after(subject, media_seq, max_bytes=self._batch_bytes, since_us=since_us)
        return [StoredFragment(number, fragment) for number, fragment in batch.items], batch.has_more
