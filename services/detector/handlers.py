"""What the detector hears: which cameras there are, which shards are ours, what is asked of it. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.messages.cameras import CameraState, DesiredCamera
from shared.messages.detector import Capabilities, CapabilityState, PackState, SiteNights
from shared.messages.status import ServiceStatus
from shared.subjects import CameraRef
from shared.version import VERSION


@dataclass(slots=True)
class Handlers:
    """One function for each news; `keep` is told which cameras are to be looked at whenever that changes."""

    worker: str
    device: str
    keep: Callable[[dict[CameraRef, DesiredCamera]], None]
    capability_states: Callable[[], tuple[CapabilityState, ...]]
    packs: Callable[[], tuple[PackState, ...]] = tuple
    nights: Callable[[], tuple[SiteNights, ...]] = tuple
    shards: set[int] = field(default_factory=set)
    desired: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    states: dict[CameraRef, CameraState] = field(default_factory=dict)

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        ready = tuple(state.capability for state in self.capability_states() if state.state == "ready")
        return ServiceStatus(service="detector", worker=self.worker, version=VERSION, capabilities=ready)

    async def capabilities(self, request: bytes) -> Capabilities:
        """What can be recognised, by which model, what cannot and why; every pack that was found; whose nights."""
        items, packs, nights = self.capability_states(), self.packs(), self.nights()
        return Capabilities(worker=self.worker, device=self.device, items=items, packs=packs, nights=nights)

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`: added or changed, or None where it was removed."""
        if desired is None:
            self.desired.pop(camera, None)
        else:
            self.desired[camera] = desired
        self._tell()

    def camera_state(self, camera: CameraRef, state: CameraState | None) -> None:
        """KV `camera_states`: what ingest finds; picture diagnosis asks for it."""
        if state is None:
            self.states.pop(camera, None)
        else:
            self.states[camera] = state

    def shard_gained(self, shard: int) -> None:
        self.shards.add(shard)
        self._tell()

    def shard_lost(self, shard: int) -> None:
        self.shards.discard(shard)
        self._tell()

    def subs_wanted(self) -> list[CameraRef]:
        """Cameras of ours whose sub stream is looked at."""
        return [camera for camera, desired in self._ours().items() if desired.analysis.stream == "sub"]

    def _tell(self) -> None:
        self.keep(self._ours())

    def _ours(self) -> dict[CameraRef, DesiredCamera]:
        return {
            camera: desired
            for camera, desired in self.desired.items()
            if camera.shard in self.shards and desired.is_enabled and desired.analysis.is_enabled
        }
