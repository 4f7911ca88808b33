"""Which camera of a run is drilled next: no two of a site at once, so that tones never meet in one kitchen. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.subjects import CameraRef


@dataclass(slots=True)
class Turns:
    """What waits, by site; sites take turns."""

    _waiting: dict[str, deque[CameraRef]] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, cameras: Iterable[CameraRef]) -> Turns:
        turns = cls()
        for camera in dict.fromkeys(cameras):
            turns._waiting.setdefault(camera.site, deque()).append(camera)
        return turns

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits; drills may still run."""
        return not self._waiting

    def next(self) -> CameraRef | None:
        """One whose site is free; None while there is none. `done` frees its site."""
        for site in list(self._waiting):
            if site in self._busy:
                continue
            queue = self._waiting.pop(site)
            camera = queue.popleft()
            if queue:
                self._waiting[site] = queue  # behind the other sites
            self._busy.add(site)
            return camera
        return None

    def done(self, camera: CameraRef) -> None:
        self._busy.discard(camera.site)

    def rest(self) -> list[CameraRef]:
        """Everything that waits; nothing does afterwards."""
        left = [camera for queue in self._waiting.values() for camera in queue]
        self._waiting.clear()
        return left
