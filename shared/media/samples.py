"""Reading fragments back: what a decoder needs of an init segment, and where each picture's bytes lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.boxes import walk
from shared.media.formats import VideoCodec
from shared.media.init_segment import SYNC_SAMPLE, VIDEO_TRACK

_ENTRY_HEAD_BYTES = 8 + 78  # a VisualSampleEntry before its boxes, ISO/IEC 14496-12 12.1.3
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


def decoder_setup(init: bytes) -> DecoderSetup:
    """Of the video track of an init segment.

    Raises:
        ProtocolViolation: there is no video of a known kind in it.
    """
    for found in walk(init):
        if found.path != "moov/trak/mdia/minf/stbl/stsd":
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


def video_samples(payload: bytes, begin: int) -> list[Sample]:
    """The pictures of a fragment in the order in which they are decoded.

    Args:
        begin: where its `moof` begins: the length of the init segment before it.

    Raises:
        ProtocolViolation: a box does not fit, or a picture lies outside the payload.
    """
    return samples_of(payload, begin, VIDEO_TRACK)


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
