"""A fragment and what is known about it beside its bytes: the normal form of video in this product."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FragmentHeader:
    """What travels in the message headers of a fragment.

    Attributes:
        run: id of the run, 16 hex digits. A run has one format and PTS that never go backwards.
        seq: number in the run, from 0 without holes: a hole is a gap, and a gap is a recorded fact.
        pts_90k: smallest presentation time in it, 90 kHz ticks.
        duration_90k: of its video (of its sound where there is no video), 90 kHz ticks.
        captured_us: when its first picture was taken, UTC microseconds since the epoch.
        received_us: when its last picture had arrived, same clock as every other machine's.
        is_idr: it begins with an IDR, and then its payload begins with the init segment.
        init_bytes: length of that init segment, 0 where there is none.
        codecs: RFC 6381, e.g. "avc1.64002A,mp4a.40.2".
        sha256: hex digest of the whole payload.
    """

    run: str
    seq: int
    pts_90k: int
    duration_90k: int
    captured_us: int
    received_us: int
    is_idr: bool
    init_bytes: int
    codecs: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """`payload` is [init segment] + moof + mdat (ISO/IEC 23000-19), ready for MediaSource and for a file."""

    header: FragmentHeader
    payload: bytes
