"""What the recorder hears: desired cameras, which shards are ours, why cameras were away. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from services.recorder.recording_plan import RecordingPlan, Wish
from services.recorder.segment import StreamRef
from shared.messages.alerting import AlertRaised
from shared.messages.cameras import CameraState, DesiredCamera
from shared.messages.ingest import CameraCameOnline
from shared.messages.status import ServiceStatus
from shared.subjects import CameraRef
from shared.version import VERSION

CAPABILITIES = ("recording", "playback")
# How many holes of a camera are remembered until its first segment after each is stored.
_HOLES_KEPT = 32
_ALERTS_KEPT = 500
# The hole as ingest tells it and as the segments show it differ by a picture or two.
_TOLERANCE_US = 2_000_000


@dataclass(slots=True)
class Handlers:
    """One function for each news; `keep` is told which streams are to be recorded whenever that changes."""

    worker: str
    keep: Callable[[set[StreamRef]], None]
    shards: set[int] = field(default_factory=set)
    desired: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    online: set[CameraRef] = field(default_factory=set)
    _plans: dict[CameraRef, RecordingPlan] = field(default_factory=dict)
    _alerts: dict[CameraRef, deque[int]] = field(default_factory=dict)
    _holes: dict[CameraRef, deque[CameraCameOnline]] = field(default_factory=dict)

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="recorder", worker=self.worker, version=VERSION, capabilities=CAPABILITIES)

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`: added or changed, or None where it was removed."""
        if desired is None:
            self.desired.pop(camera, None)
            self._plans.pop(camera, None)
            self._holes.pop(camera, None)
            self._alerts.pop(camera, None)
        else:
            before = self.desired.get(camera)
            self.desired[camera] = desired
            if before is None or before.recording != desired.recording:
                self._plans[camera] = RecordingPlan(desired.recording, lambda: self._alerts.get(camera, ()))
        self._tell()

    def camera_state(self, camera: CameraRef, state: CameraState | None) -> None:
        """KV `camera_states`: what ingest finds."""
        if state is not None and state.condition == "online":
            self.online.add(camera)
        else:
            self.online.discard(camera)

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

    def alert_raised(self, said: AlertRaised) -> None:
        """Fact of alerting: what was filmed around it may be wanted."""
        self._alerts.setdefault(said.about(), deque(maxlen=_ALERTS_KEPT)).append(said.at_us)

    def wish(self, camera: CameraRef, captured_us: int, now_us: int) -> Wish:
        """Whether what was filmed then is to be kept, as far as is known now."""
        plan = self._plans.get(camera)
        return Wish.KEEP if plan is None else plan.wish(captured_us, now_us)

    def recorded_now(self, now_us: int) -> set[StreamRef]:
        """Streams of our shards that are being recorded, or may turn out to be wanted."""
        return {of for of in self._ours() if self.wish(of.camera, now_us, now_us) is not Wish.DROP}

    def cause_of(self, camera: CameraRef, to_us: int) -> str:
        """Why nothing was filmed before a run that began then; `unknown` where nobody said."""
        for said in reversed(self._holes.get(camera, ())):
            if said.gap_to_us is not None and abs(said.gap_to_us - to_us) <= _TOLERANCE_US:
                return said.gap_cause
        return "unknown"

    def _tell(self) -> None:
        self.keep(self._ours())

    def _ours(self) -> set[StreamRef]:
        ours = (each for camera, each in self.desired.items() if camera.shard in self.shards)
        return {
            StreamRef(CameraRef(each.site, each.camera), each.recording.stream)
            for each in ours
            if each.recording.mode != "off"
        }
