"""The night watch of one camera: pictures in, what moves out. Pure."""

from __future__ import annotations

from services.detector.geometry import is_inside
from services.detector.picture import Picture
from services.detector.small_movers.changes import EmptyRoom
from services.detector.small_movers.runs import Run, Runs
from shared.messages.cameras import Zone
from shared.messages.detector import SeenBox, SeenMover

_MOVERS_MAX = 16
_DECIMALS = 5


class NightWatch:
    """Pictures are shown to it in order, about five a second."""

    def __init__(self, zones: tuple[Zone, ...] = (), masks: tuple[Zone, ...] = ()):
        self._zones = zones
        self._masks = masks
        self._room = EmptyRoom()
        self._runs = Runs()

    def look(self, picture: Picture) -> tuple[SeenMover, ...]:
        changes = self._room.look(picture.planes.whole(), picture.captured_us)
        if changes.is_blind:
            self._runs.forget()
            return ()
        blobs = [
            blob
            for blob in changes.blobs
            if not any(
                is_inside((blob.x / picture.width, blob.y / picture.height), mask.polygon) for mask in self._masks
            )
        ]
        runs = self._runs.follow(blobs, picture.width, picture.captured_us)
        # What is suspected first: the list is short.
        runs.sort(key=lambda run: (not run.is_suspected, -run.last[3].area))
        return tuple(self._seen(run, picture) for run in runs[:_MOVERS_MAX])

    def forget(self) -> None:
        """The picture cannot be judged."""
        self._runs.forget()

    def _seen(self, run: Run, picture: Picture) -> SeenMover:
        _, _, _, blob = run.last
        stretch = picture.width / picture.height
        x, y = blob.x / picture.width, blob.y / picture.height
        return SeenMover(
            track=run.number,
            kind="small" if blob.is_small else "large",
            is_suspected=run.is_suspected,
            box=SeenBox(
                x=round(max(0.0, x - blob.width / picture.width / 2), _DECIMALS),
                y=round(max(0.0, y - blob.height / picture.height / 2), _DECIMALS),
                width=round(blob.width / picture.width, _DECIMALS),
                height=round(blob.height / picture.height, _DECIMALS),
            ),
            score=min(1.0, 0.5 + 0.05 * len(run.points)) if run.is_suspected else 0.2,
            path=tuple((round(px, 4), round(py * stretch, 4)) for _, px, py, _ in run.points),
            since_us=run.points[0][0],
            zones=tuple(zone.id for zone in self._zones if is_inside((x, y), zone.polygon)),
        )
