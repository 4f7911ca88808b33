"""Reading fragments back: what a decoder needs of an init segment, and where each picture's bytes lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.boxes import walk
from shared.media.formats import VideoCodec
from shared.media.init_segment import AUDIO_TRACK, SYNC_SAMPLE, VIDEO_TRACK

_STSD = "moov/trak/mdia/minf/stbl/stsd"
_ENTRY_HEAD_BYTES = 8 + 78  # a VisualSampleEntry before its boxes, ISO/IEC 14496-12 12.1.3
_SOUND_ENTRY_HEAD_BYTES = 8 + 28  # an AudioSampleEntry, 12.2.3
# ISO/IEC 14496-1 7.2.6: descriptors that hold descriptors, by tag, and how many bytes of their own come first.
_DESCRIPTOR_HEADS = {3: 3, 4: 13}
_DECODER_SPECIFIC_INFO = 5
_CODEC_OF: dict[bytes, VideoCodec] = {b"avc1": "h264", b"avc3": "h264", b"hvc1": "h265", b"hev1": "h265"}
_CONFIGURATIONS = frozenset(("avcC", "hvcC"))
_SAMPLES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class DecoderSetup:
    """What opens a video decoder. `extradata` is the avcC or hvcC record (ISO/IEC 14496-15)."""

    codec: VideoCodec
    extradata: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit in a fragment: bytes `begin` to `end` of its payload, NAL units with lengths of 4 bytes."""

    begin: int
    end: int
    dts_90k: int
    pts_90k: int
    is_sync: bool


@dataclass(frozen=True, slots=True)
class SoundSetup:
    """What opens an AAC decoder. `config` is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

    config: bytes
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class SoundSample:
    """One AAC access unit in a fragment; `at` in ticks of its sample rate."""

    begin: int
    end: int
    at: int


def decoder_setup(init: bytes) -> DecoderSetup:
    """Of the video track of an init segment.

    Raises:
        ProtocolViolation: there is no video of a known kind in it.
    """
    for found in walk(init):
        if found.path != _STSD:
            continue
        entry = found.body + 8  # version, flags and count
        if found.end - entry < _ENTRY_HEAD_BYTES:
            continue
        codec = _CODEC_OF.get(init[entry + 4 : entry + 8])
        if codec is None:
            continue
        width, height = struct.unpack_from(">HH", init, entry + 8 + 24)
        size_bytes = int.from_bytes(init[entry : entry + 4])
        for inner in walk(init, entry + _ENTRY_HEAD_BYTES, min(entry + size_bytes, found.end)):
            if inner.path in _CONFIGURATIONS:
                return DecoderSetup(codec, init[inner.body : inner.end], width, height)
    raise ProtocolViolation("the init segment describes no H.264 or H.265 video")


def sound_setup(init: bytes) -> SoundSetup | None:
    """Of the sound track of an init segment; None where there is none.

    Raises:
        ProtocolViolation: a box does not fit.
    """
    for found in walk(init):
        entry = found.body + 8
        if found.path != _STSD or found.end - entry < _SOUND_ENTRY_HEAD_BYTES:
            continue
        if init[entry + 4 : entry + 8] != b"mp4a":
            continue
        channels, _, _, rate = struct.unpack_from(">HHII", init, entry + 8 + 16)
        size_bytes = int.from_bytes(init[entry : entry + 4])
        for inner in walk(init, entry + _SOUND_ENTRY_HEAD_BYTES, min(entry + size_bytes, found.end)):
            if inner.path == "esds":
                config = _specific_info(init[inner.body + 4 : inner.end])
                # A rate that the entry cannot state (96 kHz) is none that a camera's microphone has.
                return SoundSetup(config, rate >> 16, channels) if rate else None
    return None


def parameter_sets(avcc: bytes) -> tuple[bytes, ...]:
    """SPS and PPS of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1), in that order.

    Raises:
        ProtocolViolation: it is cut short.
    """
    try:
        sps, at = _length_prefixed(avcc, 6, avcc[5] & 0x1F)
        pps, _ = _length_prefixed(avcc, at + 1, avcc[at])
    except (struct.error, IndexError) as error:
        raise ProtocolViolation(f"an avcC record is cut short: {error}") from error
    return (*sps, *pps)


def video_samples(payload: bytes, begin: int) -> list[Sample]:
    """The pictures of a fragment in the order in which they are decoded.

    Args:
        begin: where its `moof` begins: the length of the init segment before it.

    Raises:
        ProtocolViolation: a box does not fit, or a picture lies outside the payload.
    """
    return samples_of(payload, begin, VIDEO_TRACK)


def sound_samples(payload: bytes, begin: int) -> list[SoundSample]:
    """The sound of a fragment. Args, Raises: as `video_samples`."""
    return [SoundSample(each.begin, each.end, each.dts_90k) for each in samples_of(payload, begin, AUDIO_TRACK)]


def samples_of(payload: bytes, begin: int, wanted: int) -> list[Sample]:
    """Those of one track; the times of sound count its sample rate. Raises ProtocolViolation."""
    samples: list[Sample] = []
    moof, track, decode_time = begin, 0, 0
    try:
        for found in walk(payload, begin):
            if found.path == "moof":
                moof = found.begin
            elif found.path == "moof/traf/tfhd":
                (track,) = struct.unpack_from(">I", payload, found.body + 4)
            elif found.path == "moof/traf/tfdt":
                is_long = payload[found.body] == 1
                (decode_time,) = struct.unpack_from(">Q" if is_long else ">I", payload, found.body + 4)
            elif found.path == "moof/traf/trun" and track == wanted:
                samples += _run(payload, found.body, found.end, moof, decode_time)
    except (struct.error, IndexError) as error:
        raise ProtocolViolation(f"a fragment is cut short: {error}") from error
    return samples


def _run(payload: bytes, body: int, end: int, moof: int, decode_time: int) -> list[Sample]:
    """One trun as `shared/media/moof.py` writes it (8.8.8): data offset, first flags, durations, sizes, offsets."""
    version_and_flags, count, data_offset, first_flags = struct.unpack_from(">IIiI", payload, body)
    if version_and_flags & 0x305 != 0x305 or count > _SAMPLES_MAX:
        raise ProtocolViolation(
            f"not a run of samples of ours: flags {version_and_flags & 0xFFFFFF:#x}, {count} samples"
        )
    has_offsets = bool(version_and_flags & 0x800)
    width = 3 if has_offsets else 2
    if end - body - 16 < 4 * width * count:
        raise ProtocolViolation("a run of samples is cut short", offset=body)
    numbers = struct.unpack_from(f">{'IIi' * count if has_offsets else 'II' * count}", payload, body + 16)
    samples: list[Sample] = []
    at, dts = moof + data_offset, decode_time
    for index in range(count):
        duration, size_bytes = numbers[width * index : width * index + 2]
        offset = numbers[width * index + 2] if has_offsets else 0
        if at < 0 or at + size_bytes > len(payload):
            raise ProtocolViolation("a picture lies outside its fragment", offset=body)
        samples.append(Sample(at, at + size_bytes, dts, dts + offset, index == 0 and first_flags == SYNC_SAMPLE))
        at += size_bytes
        dts += duration
    return samples


def _specific_info(descriptors: bytes) -> bytes:
    """The DecoderSpecificInfo in an ES_Descriptor; empty where there is none."""
    at = 0
    while at + 2 <= len(descriptors):
        tag, size_bytes, at = descriptors[at], 0, at + 1
        while at < len(descriptors):  # 8.3.3: seven bits a byte, the highest says that more follow
            size_bytes, more, at = size_bytes << 7 | descriptors[at] & 0x7F, descriptors[at] & 0x80, at + 1
            if not more:
                break
        if tag == _DECODER_SPECIFIC_INFO:
            return descriptors[at : at + size_bytes]
        at += _DESCRIPTOR_HEADS.get(tag, size_bytes)
    return b""


def _length_prefixed(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """So many byte strings, each behind its length in two bytes; and where they end."""
    found: list[bytes] = []
    for _ in range(count):
        (size_bytes,) = struct.unpack_from(">H", record, at)
        at += 2 + size_bytes
        if at > len(record):
            raise IndexError(f"{size_bytes} bytes are not there")
        found.append(record[at - size_bytes : at])
    return found, at
