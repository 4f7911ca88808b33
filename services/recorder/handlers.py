"""What the recorder hears: desired cameras, which shards are ours, why cameras were away. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from services.recorder.segment import StreamRef
from shared.messages.cameras import DesiredCamera
from shared.messages.ingest import CameraCameOnline
from shared.messages.status import ServiceStatus
from shared.subjects import CameraRef
from shared.version import VERSION

CAPABILITIES = ("recording", "playback")
# How many holes of a camera are remembered until its first segment after each is stored.
_HOLES_KEPT = 32
# The hole as ingest tells it and as the segments show it differ by a picture or two.
_TOLERANCE_US = 2_000_000


@dataclass(slots=True)
class Handlers:
    """One function for each news; `keep` is told which streams are to be recorded whenever that changes."""

    worker: str
    keep: Callable[[set[StreamRef]], None]
    shards: set[int] = field(default_factory=set)
    desired: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    _holes: dict[CameraRef, deque[CameraCameOnline]] = field(default_factory=dict)

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="recorder", worker=self.worker, version=VERSION, capabilities=CAPABILITIES)

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`: added or changed, or None where it was removed."""
        if desired is None:
            self.desired.pop(camera, None)
            self._holes.pop(camera, None)
        else:
            self.desired[camera] = desired
        self._tell()

    def shard_gained(self, shard: int) -> None:
        """From now on its cameras are ours."""
        self.shards.add(shard)
        self._tell()

    def shard_lost(self, shard: int) -> None:
        """Another worker records its cameras, or may begin to at any moment."""
        self.shards.discard(shard)
        self._tell()

    def camera_came_online(self, said: CameraCameOnline) -> None:
        """Fact of ingest: a hole in what was filmed ended, and why there was one."""
        if said.gap_to_us is not None:
            self._holes.setdefault(said.about(), deque(maxlen=_HOLES_KEPT)).append(said)

    def cause_of(self, camera: CameraRef, to_us: int) -> str:
        """Why nothing was filmed before a run that began then; `unknown` where nobody said."""
        for said in reversed(self._holes.get(camera, ())):
            if said.gap_to_us is not None and abs(said.gap_to_us - to_us) <= _TOLERANCE_US:
                return said.gap_cause
        return "unknown"

    def _tell(self) -> None:
        self.keep({StreamRef(camera, "main") for camera in self.desired if camera.shard in self.shards})
