"""AudioSpecificConfig and the LATM StreamMuxConfig it can be wrapped in (ISO/IEC 14496-3, 1.6 and 1.7)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.bits import BitReader

SAMPLING_FREQUENCIES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)

_AAC_LC = 2
_SBR, _PS = 5, 29
_WITH_GA_CONFIG = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})
# A StreamMuxConfig begins with audioMuxVersion (1 bit), allStreamsSameTimeFraming (1), numSubFrames (6), numProgram (4)
# and numLayer (3).
_MUX_HEAD_BITS = 15


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """What an AudioSpecificConfig states. `data` are its own bytes, cut to length."""

    object_type: int
    sample_rate: int
    channels: int
    data: bytes


def parse_audio_config(data: bytes) -> AudioConfig:
    """Read an AudioSpecificConfig, as `config=` of mpeg4-generic states it (RFC 3640 4.1).

    Raises:
        ProtocolViolation: it ends early, or states a sampling frequency that is reserved.
    """
    reader = _CountingReader(data)
    object_type, sample_rate, channels = _specific_config(reader)
    return AudioConfig(object_type, sample_rate, channels, _cut(data, 0, reader.count))


def parse_stream_mux_config(data: bytes) -> AudioConfig:
    """Read the StreamMuxConfig that MP4A-LATM states in `config=` where cpresent=0 (RFC 6416 7.3).

    Raises:
        ProtocolViolation: more than one program, layer or subframe, a later mux version, or it ends early.
    """
    reader = _CountingReader(data)
    mux_version, same_framing, sub_frames = reader.bits(1), reader.bits(1), reader.bits(6)
    programs, layers = reader.bits(4), reader.bits(3)
    if mux_version or not same_framing or sub_frames or programs or layers:
        raise ProtocolViolation("LATM with several programs, layers or subframes")
    object_type, sample_rate, channels = _specific_config(reader)
    config = _cut(data, _MUX_HEAD_BITS, reader.count)
    if reader.bits(3) != 0:  # frameLengthType: only 0, whole AAC frames with their length before them
        raise ProtocolViolation("LATM with fixed frame lengths")
    return AudioConfig(object_type, sample_rate, channels, config)


class _CountingReader:
    """A BitReader that knows how far it has come."""

    def __init__(self, data: bytes):
        self._reader = BitReader(data)
        self.count = 0

    def bits(self, count: int) -> int:
        self.count += count
        return self._reader.bits(count)


def _specific_config(reader: _CountingReader) -> tuple[int, int, int]:
    object_type, sample_rate, channels = _object_type(reader), _sampling_frequency(reader), reader.bits(4)
    if object_type in (_SBR, _PS):
        # Explicit SBR: the rate of the output follows, then the object type below (1.6.2.1).
        sample_rate, object_type = _sampling_frequency(reader), _object_type(reader)
    if object_type in _WITH_GA_CONFIG:  # GASpecificConfig, 4.4.1
        reader.bits(1)
        if reader.bits(1):
            reader.bits(14)
        reader.bits(1)
    return object_type, sample_rate, 8 if channels == 7 else channels


def _object_type(reader: _CountingReader) -> int:
    object_type = reader.bits(5)
    return 32 + reader.bits(6) if object_type == 31 else object_type


def _sampling_frequency(reader: _CountingReader) -> int:
    index = reader.bits(4)
    if index == 15:
        return reader.bits(24)
    if index >= len(SAMPLING_FREQUENCIES_HZ):
        raise ProtocolViolation(f"reserved AAC sampling frequency index {index}")
    return SAMPLING_FREQUENCIES_HZ[index]


def _cut(data: bytes, begin_bit: int, end_bit: int) -> bytes:
    """Bits begin..end, moved to the front of whole bytes and filled up with zeros."""
    count = end_bit - begin_bit
    value = int.from_bytes(data) >> (len(data) * 8 - end_bit) & ((1 << count) - 1)
    size_bytes = (count + 7) // 8
    return (value << (size_bytes * 8 - count)).to_bytes(size_bytes)


def aac_lc_config(sample_rate: int, channels: int) -> bytes:
    """The AudioSpecificConfig of AAC-LC, for describing one."""
    index = SAMPLING_FREQUENCIES_HZ.index(sample_rate)
    return (_AAC_LC << 11 | index << 7 | channels << 3).to_bytes(2)
