"""Which streams this worker should pull now: desired cameras, shards held and who is watching, as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.messages.cameras import DesiredCamera, DesiredStream, StreamName
from shared.subjects import CameraRef


@dataclass(frozen=True, slots=True, order=True)
class StreamRef:
    """One stream of one camera."""

    camera: CameraRef
    stream: StreamName

    def __str__(self) -> str:
        return f"{self.camera}/{self.stream}"


@dataclass(frozen=True, slots=True)
class Pull:
    """How to pull one stream. Equal pulls need no new connection."""

    source: DesiredStream
    username: str | None
    sealed_password: str | None
    wants_audio: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do to get from the streams that are pulled to those that should be. Stops come first."""

    stop: tuple[StreamRef, ...]
    start: tuple[tuple[StreamRef, Pull], ...]


class Watching(Enum):
    """What those who look at a stream ask of it."""

    NOBODY = "nobody"
    GROUPED = "grouped"
    """Read without delay, in fragments of 200 ms."""
    EACH = "each"
    """One access unit a fragment."""


@dataclass(slots=True)
class Fleet:
    """Everything a worker knows about what it should do. All methods are total: any order of news is fine."""

    shards: set[int] = field(default_factory=set)
    desired: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    watches: dict[StreamRef, dict[str, tuple[float, Watching]]] = field(default_factory=dict)
    """Who watches a stream, when each last said so (seconds, monotonic), and how."""

    def watch(self, stream: StreamRef, holder: str, now: float, how: Watching = Watching.EACH) -> None:
        self.watches.setdefault(stream, {})[holder] = (now, how)

    def unwatch(self, stream: StreamRef, holder: str) -> None:
        holders = self.watches.get(stream)
        if holders is not None:
            holders.pop(holder, None)
            if not holders:
                del self.watches[stream]

    def expire_watches(self, seen_before: float) -> list[StreamRef]:
        """Drop holders that have not renewed (they died without a word); returns streams nobody watches now."""
        dead = [
            (ref, holder)
            for ref, holders in self.watches.items()
            for holder, (at, _) in holders.items()
            if at < seen_before
        ]
        for ref, holder in dead:
            self.unwatch(ref, holder)
        return [ref for ref in dict.fromkeys(ref for ref, _ in dead) if ref not in self.watches]

    def watching(self, stream: StreamRef) -> Watching:
        """The most that any of those who look at it asks."""
        holders = self.watches.get(stream)
        if holders is None:
            return Watching.NOBODY
        return Watching.EACH if any(how is Watching.EACH for _, how in holders.values()) else Watching.GROUPED

    def is_mine(self, camera: CameraRef) -> bool:
        return camera.shard in self.shards and camera in self.desired

    def pulls(self) -> dict[StreamRef, Pull]:
        """What should be pulled: main always, sub while somebody watches it."""
        wanted: dict[StreamRef, Pull] = {}
        for camera, desired in self.desired.items():
            if camera.shard not in self.shards or not desired.is_enabled:
                continue
            wanted[StreamRef(camera, "main")] = _pull(desired, desired.main)
            sub = StreamRef(camera, "sub")
            if desired.sub is not None and sub in self.watches:
                wanted[sub] = _pull(desired, desired.sub)
        return wanted

    def transcodes(self) -> frozenset[CameraRef]:
        """Cameras whose main stream somebody wants as H.264 because the browser cannot play it."""
        return frozenset(ref.camera for ref in self.watches if ref.stream == "h264" and self.is_mine(ref.camera))


def changes(
    running: Mapping[StreamRef, Pull], wanted: Mapping[StreamRef, Pull], kept: Collection[StreamRef] = ()
) -> Changes:
    """Compare. A stream in `kept` (its last viewer left a moment ago) is not stopped though nobody wants it."""
    stop = [ref for ref, pull in running.items() if wanted.get(ref) != pull and not (ref in kept and ref not in wanted)]
    start = [(ref, pull) for ref, pull in wanted.items() if running.get(ref) != pull]
    return Changes(tuple(sorted(stop)), tuple(sorted(start, key=lambda item: item[0])))


def _pull(desired: DesiredCamera, source: DesiredStream) -> Pull:
    return Pull(source, desired.username, desired.sealed_password, desired.wants_audio)
