"""What ingest hears: desired cameras, who watches, which shards are ours. One function each, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.ingest.camera_ledger import CameraLedger
from services.ingest.conditions import DISABLED
from services.ingest.fleet import Fleet, StreamRef, Watching
from shared.messages.cameras import DesiredCamera, StreamName
from shared.subjects import CameraRef


@dataclass(slots=True)
class Handlers:
    """Changes the fleet by what is heard, then says that it changed."""

    fleet: Fleet
    ledger: CameraLedger
    notify: Callable[[], None]
    watch_changed: Callable[[StreamRef], None]
    now_us: Callable[[], int]
    monotonic: Callable[[], float]

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`: added or changed, or None where it was removed."""
        if desired is None:
            self.fleet.desired.pop(camera, None)
        else:
            self.fleet.desired[camera] = desired
            if not desired.is_enabled and camera.shard in self.fleet.shards:
                self.ledger.found(StreamRef(camera, "main"), DISABLED, self.now_us())
        self.notify()

    def watch_heard(self, camera: CameraRef, stream: StreamName, holder: str, how: Watching) -> None:
        """KV `watches`: a holder's lease was written, or it was deleted or ran out."""
        ref = StreamRef(camera, stream)
        before = self.fleet.watching(ref)
        if how is Watching.NOBODY:
            self.fleet.unwatch(ref, holder)
        else:
            self.fleet.watch(ref, holder, self.monotonic(), how)
        if self.fleet.watching(ref) is not before:
            self.watch_changed(ref)

    def shard_gained(self, shard: int) -> None:
        """From now on its cameras are ours."""
        self.fleet.shards.add(shard)
        for camera, desired in self.fleet.desired.items():
            if camera.shard == shard and not desired.is_enabled:
                self.ledger.found(StreamRef(camera, "main"), DISABLED, self.now_us())
        self.notify()

    def shard_lost(self, shard: int) -> None:
        """Another worker pulls its cameras, or may begin to at any moment."""
        self.fleet.shards.discard(shard)
        self.notify()

    def watches_expired(self, lease_s: float) -> None:
        """About once a second: leases that were not renewed in time have ended."""
        for ref in self.fleet.expire_watches(self.monotonic() - lease_s):
            self.watch_changed(ref)
