"""Floors in KV `floors`: taken by compare-and-set, renewed while somebody speaks, gone when nobody renews them."""

from __future__ import annotations

from services.intercom.floor import FloorTaken, may_take
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

_ATTEMPTS = 5


class FloorStore:
    """Implements `Floors`."""

    def __init__(self, bucket: KvBucket):
        self._bucket = bucket

    async def take(self, camera: CameraRef, wanted: FloorHeld) -> int:
        for _ in range(_ATTEMPTS):
            entry = await self._bucket.get(camera.key)
            held = None if entry is None or entry.value is None else FloorHeld.decode(entry.value)
            if not may_take(wanted, held):
                assert held is not None
                raise FloorTaken(held)
            try:
                if entry is None or held is None:
                    return await self._bucket.create(camera.key, wanted.encode())
                return await self._bucket.update(camera.key, wanted.encode(), entry.revision)
            except RevisionConflict:
                continue
        raise FloorTaken(wanted)

    async def renew(self, camera: CameraRef, held: FloorHeld, revision: int) -> int | None:
        try:
            return await self._bucket.update(camera.key, held.encode(), revision)
        except RevisionConflict:
            return None

    async def release(self, camera: CameraRef, revision: int) -> None:
        try:
            await self._bucket.delete(camera.key, revision)
        except RevisionConflict:
            return  # somebody else's by now
