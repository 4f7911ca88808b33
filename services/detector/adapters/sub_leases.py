"""Asks ingest for the sub streams that are analysed: they are pulled only while somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.messages.cameras import WatchLease
from shared.subjects import CameraRef, watch_key

# The bucket forgets after 6 s.
ROUND_S = 2.0


class SubLeases:
    """Supervised. `wanted` tells of which cameras the sub stream is looked at right now."""

    def __init__(self, bucket: KvBucket, worker: str, wanted: Callable[[], Iterable[CameraRef]], clock: Clock):
        self._bucket = bucket
        self._holder = f"detector-{worker}"
        self._wanted = wanted
        self._clock = clock

    async def run_once(self) -> None:
        for camera in self._wanted():
            lease = WatchLease(holder=self._holder, stream="sub", pictures="grouped")
            await self._bucket.put(watch_key(camera, "sub", self._holder), lease.encode())
        await self._clock.sleep(ROUND_S)
