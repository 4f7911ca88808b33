"""A still picture of a camera as it is now, or the reason why there is none."""

from __future__ import annotations

from services.gateway.audit import AuditTrail, Deed, Purpose
from services.gateway.camera_states import CameraStates
from services.gateway.cameras import Camera
from services.gateway.identity import Identity
from services.gateway.refusals import TryLater
from services.gateway.snapshots import CACHE_S, STALE_S, JpegMaker, NewestIdr, Snapshot
from shared.clock import Clock
from shared.errors import ProtocolViolation

_CACHE_LIMIT = 512


class SnapshotDesk:
    """Serves many askers with one decoding."""

    def __init__(self, idrs: NewestIdr, jpegs: JpegMaker, states: CameraStates, trail: AuditTrail, clock: Clock):
        self._idrs = idrs
        self._jpegs = jpegs
        self._states = states
        self._trail = trail
        self._clock = clock
        self._made: dict[tuple[str, int | None], tuple[float, Snapshot]] = {}

    async def take(
        self, identity: Identity, address: str, camera: Camera, width: int | None, purpose: Purpose | None = None
    ) -> Snapshot:
        """Raises TryLater (503) with the camera's own reason where it is not online."""
        self._require_online(camera)
        detail = {} if purpose is None else {"purpose": purpose}
        deed = Deed("snapshot", identity.name, address, self._clock.now(), camera=camera.id, detail=detail)
        await self._trail.add(deed)
        key = (camera.id, width)
        made_at, snapshot = self._made.get(key, (float("-inf"), None))
        if snapshot is not None and self._clock.monotonic() - made_at < CACHE_S:
            return snapshot
        snapshot = await self._make(camera, width)
        if len(self._made) >= _CACHE_LIMIT:
            self._made.clear()
        self._made[key] = (self._clock.monotonic(), snapshot)
        return snapshot

    async def _make(self, camera: Camera, width: int | None) -> Snapshot:
        found = await self._idrs.newest_idr(camera.ref, self._states.of(camera.ref))
        if found is None or self._clock.now_us() - found.header.received_us > STALE_S * 1e6:
            raise TryLater("no_picture", "No picture of this camera has come lately.", status=503, retry_after_s=2)
        try:
            jpeg = await self._jpegs.jpeg(found.payload, width)
        except ProtocolViolation as error:
            raise TryLater(
                "undecodable", f"The newest picture cannot be decoded: {error}.", status=503, retry_after_s=2
            ) from error
        return Snapshot(jpeg, found.header.captured_us)

    def _require_online(self, camera: Camera) -> None:
        state = self._states.of(camera.ref)
        if state is not None and state.condition != "online":
            raise TryLater(
                "camera_" + state.condition,
                f"The camera is {state.condition}. {state.reason}",
                status=503,
                retry_after_s=5,
            )
