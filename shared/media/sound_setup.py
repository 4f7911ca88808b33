"""Reading fragments back: what a decoder needs of the sound that an init segment describes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.boxes import walk

_ENTRY_HEAD_BYTES = 8 + 28  # an AudioSampleEntry before its boxes, ISO/IEC 14496-12 12.2.3
_MDHD_TIMESCALE = 12
_ES_DESCRIPTOR, _DECODER_CONFIG, _SPECIFIC_INFO = 3, 4, 5  # ISO/IEC 14496-1 7.2.2.1
_BEFORE_CONTENT = {_ES_DESCRIPTOR: 3, _DECODER_CONFIG: 13}


@dataclass(frozen=True, slots=True)
class SoundSetup:
    """What opens an AAC decoder. `config` is the AudioSpecificConfig; times of its samples count `sample_rate`."""

    config: bytes
    sample_rate: int
    channels: int


def sound_setup(init: bytes) -> SoundSetup | None:
    """Of the sound of an init segment; None where it has none.

    Raises:
        ProtocolViolation: a box does not fit.
    """
    timescale = 0
    try:
        for found in walk(init):
            if found.path == "moov/trak/mdia/mdhd":
                (timescale,) = struct.unpack_from(">I", init, found.body + _MDHD_TIMESCALE)
            elif found.path == "moov/trak/mdia/minf/stbl/stsd":
                entry = found.body + 8  # version, flags and count
                if init[entry + 4 : entry + 8] != b"mp4a":
                    continue
                (channels,) = struct.unpack_from(">H", init, entry + 8 + 16)
                size_bytes = int.from_bytes(init[entry : entry + 4])
                for inner in walk(init, entry + _ENTRY_HEAD_BYTES, min(entry + size_bytes, found.end)):
                    if inner.path == "esds":
                        return SoundSetup(_specific_info(init, inner.body + 4, inner.end), timescale, channels)
    except (struct.error, IndexError) as error:
        raise ProtocolViolation(f"an init segment is cut short: {error}") from error
    return None


def _specific_info(data: bytes, at: int, end: int) -> bytes:
    """The DecoderSpecificInfo, inside a DecoderConfigDescriptor, inside an ES_Descriptor (7.2.6)."""
    while at + 2 <= end:
        tag, length, at = data[at], 0, at + 1
        for _ in range(4):  # 8.3.3: seven bits a byte
            length, has_more = length << 7 | data[at] & 0x7F, data[at] & 0x80
            at += 1
            if not has_more:
                break
        if tag == _SPECIFIC_INFO:
            return data[at : min(at + length, end)]
        at += _BEFORE_CONTENT.get(tag, length)
    raise ProtocolViolation("the sound of an init segment has no AudioSpecificConfig", offset=at)
