"""What cameras usually show, kept in KV `picture_baselines`: who takes a camera over need not learn it again."""

from __future__ import annotations

from services.detector.diagnosis.keeping import Kept
from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.subjects import CameraRef

_ROUND_S = 1.0


class BaselineStore:
    """Supervised: one round fetches what is new with us and puts what is due."""

    def __init__(self, bucket: KvBucket, clock: Clock):
        self._bucket = bucket
        self._clock = clock
        self._ours: dict[CameraRef, Kept] = {}
        self._to_fetch: set[CameraRef] = set()

    def begin(self, camera: CameraRef) -> Kept:
        """A camera that is ours from now on."""
        kept = self._ours[camera] = Kept()
        self._to_fetch.add(camera)
        return kept

    def gone(self, camera: CameraRef) -> None:
        """What was learned since it was kept last is lost: ten minutes at most."""
        self._ours.pop(camera, None)
        self._to_fetch.discard(camera)

    async def run_once(self) -> None:
        """Raises BusUnreachable; what could not be put is put with the next news."""
        for camera in list(self._to_fetch):
            entry = await self._bucket.get(camera.key)
            self._to_fetch.discard(camera)
            if (kept := self._ours.get(camera)) is not None and entry is not None:
                kept.found = entry.value
        for camera, kept in list(self._ours.items()):
            if (news := kept.news) is not None:
                kept.news = None
                await self._bucket.put(camera.key, news)
        await self._clock.sleep(_ROUND_S)
