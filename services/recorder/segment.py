"""A segment: some 20 s of one stream as one object in S3, and what the index knows of it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.subjects import CameraRef

# offset, init length, size, PTS (90 kHz), duration (90 kHz), captured_at (UTC microseconds)
_GOP = struct.Struct(">IHIQIq")


@dataclass(frozen=True, slots=True)
class StreamRef:
    """One stream of one camera, as it is recorded; `stream` is main or sub."""

    camera: CameraRef
    stream: str

    def __str__(self) -> str:
        return f"{self.camera}/{self.stream}"


@dataclass(frozen=True, slots=True)
class Gop:
    """One GOP in a segment.

    Attributes:
        offset: bytes from the beginning of the object to its init segment; its pictures follow `init_bytes` later.
        size_bytes: of all of it, init segment included.
        pts_90k: of its first picture, in the run's time.
        duration_90k: to the next GOP, or to the end of what there is.
        captured_us: when its first picture was taken, UTC microseconds.
    """

    offset: int
    init_bytes: int
    size_bytes: int
    pts_90k: int
    duration_90k: int
    captured_us: int


@dataclass(frozen=True, slots=True)
class Segment:
    """What is in one object: the fragments `first_seq` to `last_seq` of a run, one behind the other, unchanged.

    Attributes:
        starts_us, ends_us: captured_at of its first picture, and of the end of its last; UTC microseconds.
        gops: where pictures can be decoded from; fragments before the first one lack their IDR.
        sha256: hex digest of the object.
    """

    of: StreamRef
    run: str
    first_seq: int
    last_seq: int
    starts_us: int
    ends_us: int
    size_bytes: int
    codecs: str
    gops: tuple[Gop, ...]
    sha256: str

    @property
    def object_name(self) -> str:
        """The same fragments give the same name: written twice is written once."""
        day = datetime.fromtimestamp(self.starts_us / 1e6, UTC).strftime("%Y/%m/%d")
        camera = self.of.camera
        name = f"{self.run}-{self.first_seq:09d}-{self.last_seq:09d}.mp4"
        return f"media/{camera.site}/{camera.camera}/{self.of.stream}/{day}/{name}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in what was filmed, before a segment; `cause` is a stable word."""

    from_us: int
    to_us: int
    cause: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A segment in the index.

    Attributes:
        number: its place in the chain of its stream, from 1 without holes.
        link: hex digest that chains it to the one before, `link_of`.
        gap: the hole before it, None where there is none.
    """

    segment: Segment
    number: int
    link: str
    gap: Gap | None


FIRST_LINK = "0" * 64


def link_of(segment: Segment, number: int, previous_link: str, gap: Gap | None) -> str:
    """SHA-256 over the record of a segment and the link before it: no segment is changed, removed or swapped unseen.

    The GOP table is not in it: it follows from the bytes, whose SHA-256 is.
    """
    record = "\n".join(
        (
            "bright-kitchen segment 2",
            str(segment.of),
            str(number),
            segment.run,
            f"{segment.first_seq} {segment.last_seq}",
            f"{segment.starts_us} {segment.ends_us}",
            str(segment.size_bytes),
            segment.codecs,
            "" if gap is None else f"{gap.from_us} {gap.cause}",
            segment.sha256,
            previous_link,
        )
    )
    return hashlib.sha256(record.encode()).hexdigest()


def pack_gops(gops: Iterable[Gop]) -> bytes:
    """30 bytes a GOP, for the index."""
    return b"".join(
        _GOP.pack(gop.offset, gop.init_bytes, gop.size_bytes, gop.pts_90k, gop.duration_90k, gop.captured_us)
        for gop in gops
    )


def unpack_gops(packed: bytes) -> tuple[Gop, ...]:
    return tuple(Gop(*fields) for fields in _GOP.iter_unpack(packed))
