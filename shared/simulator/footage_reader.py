"""Reads footage out of any file PyAV can demux; nothing is encoded or decoded."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
import av.error

from shared.errors import BrightKitchenError
from shared.media import nal_h264, nal_h265
from shared.media.formats import VideoCodec
from shared.media.nal_units import split_annex_b, split_length_prefixed
from shared.simulator.footage import EncodedPicture, Footage, PictureLoop, SoundCodec, SoundLoop

_VIDEO: dict[str, VideoCodec] = {"h264": "h264", "hevc": "h265"}
_SOUND: dict[str, SoundCodec] = {"aac": "aac", "pcm_mulaw": "pcmu", "pcm_alaw": "pcma"}
_Packet: TypeAlias = "av.Packet[Any]"
_G711_UNIT_BYTES = 160  # 20 ms, as cameras send it
_AAC_UNIT_TICKS = 1024


class FootageUnusable(BrightKitchenError):
    """The file cannot be shown; the text says what would do."""


def read_footage(path: Path) -> Footage:
    """The first H.264 or H.265 track, and the first of AAC or G.711 where there is one.

    Raises:
        FootageUnusable: no such file, no such track, or a picture track without an IDR.
    """
    try:
        with av.open(str(path)) as container:
            video = next((s for s in container.streams.video if s.codec_context.name in _VIDEO), None)
            sound = next((s for s in container.streams.audio if s.codec_context.name in _SOUND), None)
            if video is None:
                raise FootageUnusable(f"{path} has no H.264 or H.265 video: it is shown as it is, never encoded")
            tracks = [video] if sound is None else [video, sound]
            packets: dict[int, list[av.Packet[Any]]] = {track.index: [] for track in tracks}
            for packet in container.demux(*tracks):
                if packet.size:
                    packets[packet.stream.index].append(packet)
            picture = _picture_loop(video, packets[video.index])
            return Footage(picture, None if sound is None else _sound_loop(sound, packets[sound.index]))
    except (av.error.FFmpegError, OSError) as error:
        raise FootageUnusable(f"cannot read {path}: {error}") from error


def _picture_loop(stream: av.VideoStream, packets: Sequence[av.Packet[Any]]) -> PictureLoop:
    codec = _VIDEO[stream.codec_context.name]
    extradata = bytes(stream.codec_context.extradata or b"")
    # avcC and hvcC begin with their version, 1; Annex B begins with a zero (ISO/IEC 14496-15 5.3.3).
    length_bytes = _nal_length_bytes(codec, extradata) if extradata[:1] == b"\1" else 0
    sets = _configured_sets(codec, extradata) if length_bytes else list(split_annex_b(extradata))
    tick = Fraction(stream.time_base or Fraction(1, 90_000)) * 90_000
    kept: list[tuple[tuple[bytes, ...], int, int, bool]] = []
    for packet in packets:
        data = bytes(packet)
        nals = list(split_length_prefixed(data, length_bytes) if length_bytes else split_annex_b(data))
        is_idr = any(_is_irap(codec, nal) for nal in nals)
        in_band = [nal for nal in nals if _is_parameter_set(codec, nal)]
        if len(in_band) > len(sets):
            sets = in_band
        if not kept and not is_idr:
            continue  # what comes before the first IDR cannot be decoded
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else packet.pts
        if pts is None or dts is None:
            continue
        if is_idr and not in_band:
            nals = [*sets, *nals]
        kept.append((tuple(nals), round(dts * tick), round(pts * tick), is_idr))
    if not kept or not sets:
        raise FootageUnusable("no IDR picture or no parameter sets in the video track")
    return _numbered_from_zero(codec, tuple(sets), kept)


def _numbered_from_zero(
    codec: VideoCodec, sets: tuple[bytes, ...], kept: Sequence[tuple[tuple[bytes, ...], int, int, bool]]
) -> PictureLoop:
    first_dts, last_dts = kept[0][1], kept[-1][1]
    # The last picture lasts as long as the mean of the others.
    mean = round((last_dts - first_dts) / (len(kept) - 1)) if len(kept) > 1 else 3600
    # A picture is sent when it is due and not before it was filmed: times of pictures that are shown later than
    # decoded (B-pictures) move back by the longest such delay.
    delay = max(pts - dts for _, dts, pts, _ in kept)
    pictures = (
        EncodedPicture(nals, dts - first_dts, pts - delay - first_dts, is_idr) for nals, dts, pts, is_idr in kept
    )
    return PictureLoop(codec, sets, tuple(pictures), last_dts - first_dts + mean)


def _sound_loop(stream: av.AudioStream, packets: Sequence[av.Packet[Any]]) -> SoundLoop | None:
    codec = _SOUND[stream.codec_context.name]
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if codec == "aac":
        config = bytes(stream.codec_context.extradata or b"")
        units = tuple(map(bytes, packets))
        return SoundLoop(codec, rate, channels, _AAC_UNIT_TICKS, units, config) if config and units else None
    data = b"".join(map(bytes, packets))
    step = _G711_UNIT_BYTES * channels
    units = tuple(data[begin : begin + step] for begin in range(0, len(data) - step + 1, step))
    return SoundLoop(codec, rate, channels, _G711_UNIT_BYTES, units) if units else None


def _is_irap(codec: VideoCodec, nal: bytes) -> bool:
    if codec == "h264":
        return nal_h264.nal_type(nal[0]) == nal_h264.IDR_SLICE
    return nal_h265.FIRST_IRAP <= nal_h265.nal_type(nal[0]) <= nal_h265.LAST_IRAP


def _is_parameter_set(codec: VideoCodec, nal: bytes) -> bool:
    if codec == "h264":
        return nal_h264.nal_type(nal[0]) in (nal_h264.SPS, nal_h264.PPS)
    return nal_h265.VPS <= nal_h265.nal_type(nal[0]) <= nal_h265.PPS


def _nal_length_bytes(codec: VideoCodec, record: bytes) -> int:
    return (record[4 if codec == "h264" else 21] & 3) + 1


def _configured_sets(codec: VideoCodec, record: bytes) -> list[bytes]:
    """Parameter sets of an avcC or hvcC record (ISO/IEC 14496-15 5.3.3.1, 8.3.3.1)."""
    sets: list[bytes] = []
    try:
        if codec == "h264":
            offset, count = 6, record[5] & 0x1F
            offset = _take_sets(record, offset, count, sets)
            _take_sets(record, offset + 1, record[offset], sets)
            return sets
        offset = 23
        for _ in range(record[22]):
            kind, count = record[offset] & 0x3F, int.from_bytes(record[offset + 1 : offset + 3])
            found: list[bytes] = []
            offset = _take_sets(record, offset + 3, count, found)
            if nal_h265.VPS <= kind <= nal_h265.PPS:
                sets += found
    except IndexError as error:
        raise FootageUnusable("the file's codec configuration record ends early") from error
    return sets


def _take_sets(record: bytes, offset: int, count: int, into: list[bytes]) -> int:
    for _ in range(count):
        begin = offset + 2
        offset = begin + int.from_bytes(record[offset:begin])
        into.append(record[begin:offset])
    return offset
