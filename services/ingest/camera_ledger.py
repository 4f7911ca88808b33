"""What this worker knows of each of its cameras, and what it has still to tell the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from services.ingest.conditions import Finding
from services.ingest.fleet import StreamRef
from services.ingest.stream_figures import StreamFigures
from shared.media.formats import StreamFormat
from shared.messages.base import Fact
from shared.messages.cameras import CameraState
from shared.messages.ingest import CameraCameOnline, CameraChangedFormat, CameraDrifted, CameraWentOffline
from shared.subjects import CameraRef

# = by how much (of itself, and at least) each figure differs from what was told before it is told again: bit rate in
# kbit/s, pictures a second, seconds between IDRs, drift in s. All of them tremble a little with every look.
_NEWS = ((0.05, 1.0), (0.02, 0.1), (0.05, 0.1), (0.02, 0.2))
_FACTS_MAX = 10_000  # = cameras that can change state while the bus is away before the oldest news is lost


@dataclass(slots=True)
class _Entry:
    state: CameraState
    fmt: StreamFormat | None = None
    pictures_until_us: int | None = None
    """Where the last run ended: the gap begins there."""
    cause: str | None = None
    """Of the gap, where it began before this worker had the camera."""
    is_drifting: bool = False


class CameraLedger:
    """States by camera, those not yet written, and facts not yet published. Only the main stream decides.

    `is_online` facts carry the gap since the last picture anybody had, with its cause. `on_news` is told that there is
    something to write.
    """

    def __init__(self, worker: str, drift_limit_us: int, on_news: Callable[[], None] = lambda: None):
        self._worker = worker
        self._on_news = on_news
        self._drift_limit_us = drift_limit_us
        self._entries: dict[CameraRef, _Entry] = {}
        self._unwritten: dict[CameraRef, None] = {}
        self.facts: deque[Fact] = deque(maxlen=_FACTS_MAX)

    def add_fact(self, fact: Fact) -> None:
        """To be published; the oldest goes where there are too many."""
        self.facts.append(fact)
        self._on_news()

    def take_over(self, before: CameraState | None, camera: CameraRef, pictures_until_us: int | None) -> None:
        """Begin with what the worker before us said, and where the bus says its pictures end."""
        if camera in self._entries or before is None:
            return
        cause = "worker_lost" if before.condition == "online" else before.reason_code
        self._entries[camera] = _Entry(before, None, pictures_until_us, cause)

    def forget(self, camera: CameraRef) -> None:
        """It is another worker's now, or nobody's."""
        self._entries.pop(camera, None)
        self._unwritten.pop(camera, None)

    def state(self, camera: CameraRef) -> CameraState | None:
        entry = self._entries.get(camera)
        return None if entry is None else entry.state

    def found(self, stream: StreamRef, finding: Finding, now_us: int) -> None:
        """A connection of the camera's main stream is in this condition now."""
        if stream.stream != "main":
            return
        camera = stream.camera
        entry = self._entries.get(camera)
        before = None if entry is None else entry.state
        is_news = before is None or before.condition != finding.condition
        state = CameraState(
            site=camera.site,
            camera=camera.camera,
            condition=finding.condition,
            reason=finding.reason,
            reason_code=finding.reason_code,
            since_us=now_us if is_news or before is None else before.since_us,
            worker=self._worker,
        )
        if before is not None:
            # What it sends is still known while it is away; how much it sends is not.
            state = state.model_copy(
                update={name: getattr(before, name) for name in ("codecs", "width", "height", "gop_seconds", "run")}
            )
        if entry is None:
            entry = self._entries[camera] = _Entry(state)
        was_online = before is not None and before.condition == "online"
        if finding.condition == "online":
            self._came_online(entry, state, was_online, now_us)
        elif was_online and before is not None and before.worker == self._worker:
            entry.pictures_until_us = now_us
            self.add_fact(
                CameraWentOffline(
                    site=camera.site, camera=camera.camera, at_us=now_us, condition=finding.condition,
                    reason_code=finding.reason_code, reason=finding.reason, worker=self._worker,
                )
            )  # fmt: skip
        entry.state = state
        self._must_write(camera)

    def run_began(self, stream: StreamRef, run: str, fmt: StreamFormat, why: str, now_us: int) -> None:
        """Remember the format; a changed one is a fact."""
        if stream.stream != "main":
            return
        entry = self._entries.get(stream.camera)
        if entry is None or fmt.video is None:
            return
        if entry.fmt is not None and entry.fmt != fmt:
            self.add_fact(
                CameraChangedFormat(
                    site=stream.camera.site, camera=stream.camera.camera, at_us=now_us, run=run,
                    codecs=fmt.codecs, width=fmt.video.width, height=fmt.video.height,
                    codecs_before=entry.fmt.codecs,
                )
            )  # fmt: skip
        entry.fmt = fmt
        entry.state = entry.state.model_copy(
            update={"codecs": fmt.codecs, "width": fmt.video.width, "height": fmt.video.height, "run": run}
        )

    def measured(self, camera: CameraRef, figures: StreamFigures, drift_us: int | None, now_us: int) -> None:
        """Figures of the stream that runs; written when they differ enough from those that were told (`_NEWS`)."""
        entry = self._entries.get(camera)
        if entry is None or entry.state.condition != "online":
            return
        before = entry.state
        told = (before.bitrate_kbps, before.frame_rate, before.gop_seconds, before.clock_drift_s)
        drift_s = None if drift_us is None else round(drift_us / 1e6, 3)
        now = (figures.bitrate_kbps, figures.frame_rate, figures.gop_seconds, drift_s)
        if any(_differs(*pair) for pair in zip(told, now, _NEWS, strict=True)):
            bitrate_kbps, frame_rate, gop_seconds, clock_drift_s = now
            entry.state = before.model_copy(
                update={
                    "bitrate_kbps": bitrate_kbps,
                    "frame_rate": frame_rate,
                    "gop_seconds": gop_seconds,
                    "clock_drift_s": clock_drift_s,
                }
            )
            self._must_write(camera)
        self._drift(entry, drift_us, now_us)

    def take_unwritten(self) -> list[tuple[CameraRef, CameraState]]:
        """States to write now; the caller puts back what it could not write."""
        taken = [(camera, self._entries[camera].state) for camera in self._unwritten]
        self._unwritten.clear()
        return taken

    def put_back(self, camera: CameraRef) -> None:
        if camera in self._entries:
            self._must_write(camera)

    def _must_write(self, camera: CameraRef) -> None:
        self._unwritten[camera] = None
        self._on_news()

    def _came_online(self, entry: _Entry, state: CameraState, was_online: bool, now_us: int) -> None:
        if was_online and entry.cause is None:
            return
        gap_from_us = entry.pictures_until_us
        cause = "first" if gap_from_us is None else entry.cause or entry.state.reason_code
        self.add_fact(
            CameraCameOnline(
                site=state.site, camera=state.camera, at_us=now_us, worker=self._worker,
                gap_from_us=gap_from_us, gap_to_us=None if gap_from_us is None else now_us, gap_cause=cause,
            )
        )  # fmt: skip
        entry.cause = None
        entry.pictures_until_us = None

    def _drift(self, entry: _Entry, drift_us: int | None, now_us: int) -> None:
        is_drifting = drift_us is not None and abs(drift_us) > self._drift_limit_us
        if is_drifting and not entry.is_drifting and drift_us is not None:
            self.add_fact(
                CameraDrifted(
                    site=entry.state.site, camera=entry.state.camera, at_us=now_us, drift_s=round(drift_us / 1e6, 3)
                )
            )
        entry.is_drifting = is_drifting


def _differs(told: float | None, now: float | None, news: tuple[float, float]) -> bool:
    if told is None or now is None:
        return told is not now
    share, least = news
    return abs(now - told) >= max(share * abs(told), least)
