"""One encoded picture, or one stretch of encoded sound, as it leaves a depacketizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Buffer = bytes | bytearray | memoryview


class AccessUnit:
    """One encoded picture (H.264 clause 3): every NAL unit with one presentation time.

    A plain class with slots, not a frozen dataclass: 31 cameras make 775 of these a second.

    Attributes:
        parts: byte strings that joined give the sample as ISO/IEC 14496-15 stores it: each NAL unit
            preceded by its length in 4 bytes, big-endian. Access unit delimiters and parameter sets are
            left out of it. The buffers belong to the access unit (nobody reuses them).
        size_bytes: sum of the parts' lengths.
        pts_90k: presentation time in 90 kHz ticks, extended to 64 bits so that it never wraps.
        is_idr: decoding can start here (H.264 IDR; H.265 IDR, CRA or BLA).
        parameter_sets: (SPS, PPS) or (VPS, SPS, PPS) seen in band with this picture, else None.
        received_us: wall time of the read that completed it, microseconds since the epoch.
    """

    __slots__ = ("is_idr", "parameter_sets", "parts", "pts_90k", "received_us", "size_bytes")

    def __init__(
        self,
        parts: Sequence[Buffer],
        size_bytes: int,
        pts_90k: int,
        is_idr: bool,
        received_us: int,
        parameter_sets: tuple[bytes, ...] | None = None,
    ):
        self.parts = parts
        self.size_bytes = size_bytes
        self.pts_90k = pts_90k
        self.is_idr = is_idr
        self.received_us = received_us
        self.parameter_sets = parameter_sets


AudioCodec = Literal["aac", "pcmu", "pcma", "g726"]


class AudioUnit:
    """One AAC access unit, or one packet of G.711/G.726 samples.

    `pts` counts ticks of `clock_rate` (the RTP clock of the track, in Hz), extended to 64 bits.
    """

    __slots__ = ("clock_rate", "codec", "data", "pts", "received_us")

    def __init__(self, codec: AudioCodec, data: Buffer, pts: int, clock_rate: int, received_us: int):
        self.codec = codec
        self.data = data
        self.pts = pts
        self.clock_rate = clock_rate
        self.received_us = received_us
