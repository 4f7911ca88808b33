"""How often each camera was told something as a matter of routine: counted in KV, so that all workers count alike."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.messages.announcements import AnnouncementsHeard
from shared.subjects import CameraRef

HOUR_US = 3_600_000_000
_ATTEMPTS = 5


class HeardStore:
    """Implements `Politeness`. Args: most: announcements in an hour; 0: as many as are asked for."""

    def __init__(self, bucket: KvBucket, clock: Clock, most: int):
        self._bucket = bucket
        self._clock = clock
        self._most = most

    async def admit(self, cameras: Sequence[CameraRef]) -> set[CameraRef]:
        """Those that may be told one more, which is counted."""
        if not self._most:
            return set(cameras)
        admitted = await asyncio.gather(*(self._admit(camera) for camera in cameras))
        return {camera for camera, is_admitted in zip(cameras, admitted, strict=True) if is_admitted}

    async def _admit(self, camera: CameraRef) -> bool:
        for _ in range(_ATTEMPTS):
            now_us = self._clock.now_us()
            entry = await self._bucket.get(camera.key)
            heard = () if entry is None or entry.value is None else AnnouncementsHeard.decode(entry.value).at_us
            lately = tuple(at_us for at_us in heard if now_us - HOUR_US < at_us)
            if len(lately) >= self._most:
                return False
            value = AnnouncementsHeard(at_us=(*lately, now_us)).encode()
            try:
                if entry is None or entry.value is None:
                    await self._bucket.create(camera.key, value)
                else:
                    await self._bucket.update(camera.key, value, entry.revision)
            except RevisionConflict:
                continue
            return True
        return False
