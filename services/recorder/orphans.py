"""Objects that no row of the index names: what a worker left that died between the object and its row."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.recorder.retention import DAY_US, LEAST_DAYS
from services.recorder.segment import StreamRef
from shared.subjects import CameraRef

PREFIX = "media/"
# A crash leaves one object a stream, an index restored from yesterday leaves thousands: those are pictures, not waste.
MOST_AT_ONCE = 50

_NAME = re.compile(r"media/([^/]+)/([^/]+)/(main|sub)/(\d{4}/\d\d/\d\d)/[^/]+-\d{9,}-\d{9,}\.mp4", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class DayOfStream:
    """A folder of objects: what began on one UTC day of one stream; `day` in days since 1970."""

    site: str
    camera: str
    stream: str
    day: int

    @property
    def of(self) -> StreamRef:
        return StreamRef(CameraRef(self.site, self.camera), self.stream)


@dataclass(frozen=True, slots=True)
class Found:
    """An object as S3 lists it; `modified_us` is when it was written, UTC microseconds by the clock of S3."""

    name: str
    modified_us: int
    size_bytes: int


def day_of(name: str) -> DayOfStream | None:
    """Where a segment's object lies; None for a name that the recorder never gave."""
    matched = _NAME.fullmatch(name)
    if matched is None:
        return None
    site, camera, stream, date = matched.groups()
    try:
        began = datetime.strptime(date, "%Y/%m/%d").replace(tzinfo=UTC)
        CameraRef(site, camera)
    except ValueError:
        return None
    return DayOfStream(site, camera, stream, int(began.timestamp()) // 86400)


def orphans(
    found: Sequence[Found], day: DayOfStream, named: Collection[str], head_us: int | None, now_us: int
) -> list[Found]:
    """Those of one day that no row will ever name.

    Args:
        named: the objects that rows of that day name.
        head_us: up to where the stream is in the index; None where it has no row at all.
    """
    # A row is only ever added behind the head: what lies before it and has none gets none any more. Without that
    # proof an object waits as long as the law keeps what it may hold.
    is_passed = head_us is not None and head_us >= (day.day + 1) * DAY_US
    written_before_us = now_us - (1 if is_passed else LEAST_DAYS) * DAY_US
    return [each for each in found if each.name not in named and each.modified_us < written_before_us]
