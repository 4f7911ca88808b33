"""The night watch of one camera: pictures in, what moves out. Pure."""

from __future__ import annotations

from collections import OrderedDict

from services.detector.geometry import Box, is_inside, seen_box
from services.detector.picture import Picture
from services.detector.small_movers.changes import Blob, EmptyRoom
from services.detector.small_movers.runs import Run, Runs
from shared.messages.cameras import Zone
from shared.messages.detector import MoverClip, MoverPicture, SeenMover

# Zones of these purposes say where a rodent can run; where a camera has some, what runs elsewhere is not suspected.
SURFACES = frozenset({"floor", "wall"})
_MOVERS_MAX = 16
_PICTURES_TOLD = 6
_PICTURES_KEPT = 128
# The clip begins before and ends after what was seen, and shows more than the animal.
_AROUND_US = 2_000_000
_AROUND = 0.05


class NightWatch:
    """Pictures are shown to it in order, about five a second."""

    def __init__(self, zones: tuple[Zone, ...] = (), masks: tuple[Zone, ...] = ()):
        self._zones = zones
        self._masks = masks
        self._room = EmptyRoom()
        self._runs = Runs([zone.polygon for zone in zones if zone.purpose in SURFACES])
        # By their time: run, PTS and digest of the last pictures.
        self._shown: OrderedDict[int, tuple[str, int, str]] = OrderedDict()

    def look(self, picture: Picture) -> tuple[SeenMover, ...]:
        self._shown[picture.captured_us] = picture.run, picture.pts_90k, picture.fragment_sha256
        while len(self._shown) > _PICTURES_KEPT:
            self._shown.popitem(last=False)
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
        runs = self._runs.follow(blobs, picture.width, picture.height, picture.captured_us)
        # What is suspected first: the list is short.
        runs.sort(key=lambda run: (not run.is_suspected, -run.last[3].area))
        return tuple(self._seen(run) for run in runs[:_MOVERS_MAX])

    def forget(self) -> None:
        """The picture cannot be judged."""
        self._runs.forget()

    def _seen(self, run: Run) -> SeenMover:
        _, x, y, blob = run.last
        place = run.place(x, y)
        return SeenMover(
            track=run.number,
            kind="small" if blob.is_small else "large",
            is_suspected=run.is_suspected,
            box=seen_box(_box_of(run, x, y, blob)),
            score=min(1.0, 0.5 + 0.05 * len(run.points)) if run.is_suspected else 0.2,
            path=tuple((round(px, 4), round(py, 4)) for px, py in (run.place(px, py) for _, px, py, _ in run.points)),
            since_us=run.points[0][0],
            zones=tuple(zone.id for zone in self._zones if is_inside(place, zone.polygon)),
            pictures=self._pictures(run) if run.is_suspected else (),
            clip=_clip(run) if run.is_suspected else None,
        )

    def _pictures(self, run: Run) -> tuple[MoverPicture, ...]:
        """Some of those that show it, from the first to the last."""
        last = len(run.points) - 1
        places = sorted({round(at * last / (_PICTURES_TOLD - 1)) for at in range(_PICTURES_TOLD)})
        told = []
        for at_us, x, y, blob in (run.points[at] for at in places):
            if at_us in self._shown:
                name, pts_90k, digest = self._shown[at_us]
                box = seen_box(_box_of(run, x, y, blob))
                told.append(MoverPicture(captured_us=at_us, run=name, pts_90k=pts_90k, fragment_sha256=digest, box=box))
        return tuple(told)


def _clip(run: Run) -> MoverClip:
    boxes = [_box_of(run, x, y, blob) for _, x, y, blob in run.points]
    crop = Box(
        min(box.left for box in boxes) - _AROUND,
        min(box.top for box in boxes) - _AROUND,
        max(box.right for box in boxes) + _AROUND,
        max(box.bottom for box in boxes) + _AROUND,
    )
    return MoverClip(
        from_us=run.points[0][0] - _AROUND_US, to_us=run.points[-1][0] + _AROUND_US, crop=seen_box(crop.clipped())
    )


def _box_of(run: Run, x: float, y: float, blob: Blob) -> Box:
    (x, y), (width, height) = run.place(x, y), (blob.width / run.picture_width, blob.height / run.picture_height)
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2).clipped()
