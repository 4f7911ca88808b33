"""NAL units as a stream carries them: cut out of Annex B, gathered into access units."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from shared.errors import ProtocolViolation
from shared.media import nal_h264, nal_h265
from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoCodec

_LENGTH = struct.Struct(">I")
_START_CODE = b"\0\0\1"


def split_annex_b(data: bytes) -> Iterator[bytes]:
    """NAL units between start codes, without them and without trailing zeros (H.264 B.1, H.265 B.2)."""
    start = data.find(_START_CODE)
    while start >= 0:
        end = data.find(_START_CODE, start + 3)
        nal = data[start + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        if nal:
            yield nal
        start = end


def split_length_prefixed(data: bytes, length_bytes: int = 4) -> Iterator[bytes]:
    """NAL units as ISO/IEC 14496-15 stores them, each after its length in `length_bytes` bytes."""
    offset = 0
    while offset < len(data):
        begin = offset + length_bytes
        offset = begin + int.from_bytes(data[offset:begin])
        if offset > len(data) or begin > len(data):
            raise ProtocolViolation("a NAL unit is longer than its sample", offset=begin)
        if offset > begin:
            yield data[begin:offset]


def access_unit(codec: VideoCodec, nals: Iterable[bytes], pts_90k: int, received_us: int) -> AccessUnit | None:
    """Gather the NAL units of one picture; parameter sets are set apart, delimiters and filler dropped.

    Returns None where no slice is among them (parameter sets alone are no picture).
    """
    kind_of = nal_h264.nal_type if codec == "h264" else nal_h265.nal_type
    sets: list[bytes] = []
    parts: list[bytes] = []
    size_bytes, is_idr, has_slice = 0, False, False
    for nal in nals:
        kind = kind_of(nal[0])
        if codec == "h264":
            if kind in (nal_h264.SPS, nal_h264.PPS):
                sets.append(nal)
                continue
            if kind in (nal_h264.ACCESS_UNIT_DELIMITER, nal_h264.FILLER):
                continue
            is_idr = is_idr or kind == nal_h264.IDR_SLICE
            has_slice = has_slice or nal_h264.NON_IDR_SLICE <= kind <= nal_h264.IDR_SLICE
        else:
            if nal_h265.VPS <= kind <= nal_h265.PPS:
                sets.append(nal)
                continue
            if kind in (nal_h265.ACCESS_UNIT_DELIMITER, nal_h265.FILLER):
                continue
            is_idr = is_idr or nal_h265.FIRST_IRAP <= kind <= nal_h265.LAST_IRAP
            has_slice = has_slice or kind <= nal_h265.LAST_SLICE
        parts.append(_LENGTH.pack(len(nal)))
        parts.append(nal)
        size_bytes += 4 + len(nal)
    if not has_slice:
        return None
    return AccessUnit(parts, size_bytes, pts_90k, is_idr, received_us, tuple(sets) if sets else None)
