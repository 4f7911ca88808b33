"""Asks ingest for the sub streams that are recorded: they are pulled only while somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.recorder.segment import StreamRef
from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.messages.cameras import WatchLease
from shared.subjects import watch_key

# The bucket forgets after 6 s.
ROUND_S = 2.0


class SubLeases:
    """Supervised. `wanted` tells which streams are to be recorded right now."""

    def __init__(self, bucket: KvBucket, worker: str, wanted: Callable[[], Iterable[StreamRef]], clock: Clock):
        self._bucket = bucket
        self._holder = f"recorder-{worker}"
        self._wanted = wanted
        self._clock = clock

    async def run_once(self) -> None:
        for of in self._wanted():
            if of.stream == "sub":
                # Grouped: nobody waits for the next picture of a recording.
                lease = WatchLease(holder=self._holder, stream="sub", pictures="grouped")
                await self._bucket.put(watch_key(of.camera, "sub", self._holder), lease.encode())
        await self._clock.sleep(ROUND_S)
