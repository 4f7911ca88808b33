"""Floors in KV `floors`, and those who wait in `floor_waits`: gone when nobody renews them."""

from __future__ import annotations

from collections.abc import Callable

from services.intercom.floor import FloorTaken, may_take
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.messages.intercom import FloorHeld, FloorWanted
from shared.subjects import CameraRef

_ATTEMPTS = 5


class FloorStore:
    """Implements `Floors`: a floor is taken by compare-and-set, and renewed while somebody speaks.

    Args:
        on_wait: told of each place that this worker writes into a queue, before the bucket's watch tells it: whoever
            asked to wait is answered with a place.
    """

    def __init__(self, floors: KvBucket, waits: KvBucket, on_wait: Callable[[CameraRef, FloorWanted], None]):
        self._floors = floors
        self._waits = waits
        self._on_wait = on_wait

    async def take(self, camera: CameraRef, wanted: FloorHeld) -> int:
        for _ in range(_ATTEMPTS):
            entry = await self._floors.get(camera.key)
            held = None if entry is None or entry.value is None else FloorHeld.decode(entry.value)
            if not may_take(wanted, held):
                assert held is not None
                raise FloorTaken(held)
            try:
                if entry is None or held is None:
                    return await self._floors.create(camera.key, wanted.encode())
                return await self._floors.update(camera.key, wanted.encode(), entry.revision)
            except RevisionConflict:
                continue
        raise FloorTaken(wanted)

    async def renew(self, camera: CameraRef, held: FloorHeld, revision: int) -> int | None:
        try:
            return await self._floors.update(camera.key, held.encode(), revision)
        except RevisionConflict:
            return None

    async def release(self, camera: CameraRef, revision: int) -> None:
        try:
            await self._floors.delete(camera.key, revision)
        except RevisionConflict:
            return  # somebody else's by now

    async def wait(self, camera: CameraRef, wanted: FloorWanted) -> None:
        await self._waits.put(wait_key(camera, wanted.talk), wanted.encode())
        self._on_wait(camera, wanted)

    async def stop_waiting(self, camera: CameraRef, talk: str) -> None:
        await self._waits.delete(wait_key(camera, talk))


def wait_key(camera: CameraRef, talk: str) -> str:
    """Of `floor_waits`: `<shard>.<site>.<camera>.<worker>.<random>`."""
    return f"{camera.key}.{talk}"


def talk_of(key: str) -> str:
    """The talk of a key of `floor_waits`."""
    return key.split(".", 3)[3]
