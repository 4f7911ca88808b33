"""The init segment: `ftyp` and `moov` for fragments that follow (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19)."""

from __future__ import annotations

import struct

from shared.errors import ProtocolViolation
from shared.media import nal_h264, nal_h265
from shared.media.boxes import box, full_box
from shared.media.formats import AudioFormat, StreamFormat, VideoFormat
from shared.media.video_format import parameter_sets_by_kind

VIDEO_TRACK = 1
AUDIO_TRACK = 2
VIDEO_TIMESCALE = 90_000

# ISO/IEC 14496-12 8.8.3.1: sample_depends_on 2 (on nothing) / 1 (on others) with sample_is_non_sync_sample.
SYNC_SAMPLE = 0x0200_0000
NON_SYNC_SAMPLE = 0x0101_0000

_IDENTITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TRACK_ENABLED_IN_MOVIE = 0x3
_MEDIA_IN_SAME_FILE = 0x1
_HIGHEST_SAMPLE_RATE = 96_000  # ISO/IEC 14496-3 table 1.18
_MOST_CHANNELS = 8
_LONGEST_CONFIG_BYTES = 64
_LANGUAGE_UNDETERMINED = 0x55C4  # "und", 5 bits a letter


def init_segment(stream: StreamFormat) -> bytes:
    """`ftyp` + `moov`: video as track 1 with a timescale of 90,000, sound as track 2 with its sample rate.

    Raises:
        ProtocolViolation: the parameter sets cannot be parsed, or there is no such sound.
        ValueError: the stream has no track.
    """
    if stream.video is None and stream.audio is None:
        raise ValueError("a stream has at least one track")
    traks, trexes = [], []
    if stream.video is not None:
        traks.append(_video_trak(stream.video))
        trexes.append(_trex(VIDEO_TRACK, NON_SYNC_SAMPLE))
    if stream.audio is not None:
        traks.append(_audio_trak(stream.audio))
        trexes.append(_trex(AUDIO_TRACK, SYNC_SAMPLE))
    mvhd = full_box(
        b"mvhd", 0, 0,
        struct.pack(">IIIIIH10x", 0, 0, VIDEO_TIMESCALE, 0, 0x10000, 0x0100),
        _IDENTITY_MATRIX,
        struct.pack(">24xI", AUDIO_TRACK + 1),
    )  # fmt: skip
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6cmfcmp41") + box(
        b"moov", mvhd, *traks, box(b"mvex", *trexes)
    )


def _trex(track: int, sample_flags: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">IIIII", track, 1, 0, 0, sample_flags))


def _video_trak(video: VideoFormat) -> bytes:
    entry, aspect_ratio = _video_entry(video)
    across, down = aspect_ratio or (1, 1)
    shown_width = min(video.width * across // down, 0xFFFF)  # tkhd states the picture as shown (8.3.2.3)
    tkhd = _tkhd(VIDEO_TRACK, 0, shown_width, video.height)
    return _trak(tkhd, VIDEO_TIMESCALE, b"vide", full_box(b"vmhd", 0, 1, bytes(8)), entry)


def _audio_trak(audio: AudioFormat) -> bytes:
    tkhd = _tkhd(AUDIO_TRACK, 0x0100, 0, 0)
    return _trak(tkhd, audio.sample_rate, b"soun", full_box(b"smhd", 0, 0, bytes(4)), _audio_entry(audio))


def _tkhd(track: int, volume: int, width: int, height: int) -> bytes:
    return full_box(
        b"tkhd", 0, _TRACK_ENABLED_IN_MOVIE,
        struct.pack(">III4xI8xHHH2x", 0, 0, track, 0, 0, 0, volume),
        _IDENTITY_MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip


def _trak(tkhd: bytes, timescale: int, handler: bytes, media_header: bytes, sample_entry: bytes) -> bytes:
    mdhd = full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _LANGUAGE_UNDETERMINED, 0))
    hdlr = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), b"Bright Kitchen\0")
    dref = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, _MEDIA_IN_SAME_FILE))
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), sample_entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, box(b"minf", media_header, box(b"dinf", dref), stbl)))


def _video_entry(video: VideoFormat) -> tuple[bytes, tuple[int, int] | None]:
    """The sample entry, and the sample aspect ratio it states where samples are not square."""
    by_kind = parameter_sets_by_kind(video.codec, video.parameter_sets)
    if video.codec == "h264":
        sps264 = nal_h264.parse_sps(by_kind[nal_h264.SPS][0])
        kind, configuration = b"avc1", box(b"avcC", _avc_configuration(sps264, by_kind))
        aspect_ratio = sps264.sample_aspect_ratio
    else:
        sps265 = nal_h265.parse_sps(by_kind[nal_h265.SPS][0])
        kind, configuration = b"hvc1", box(b"hvcC", _hevc_configuration(sps265, by_kind))
        aspect_ratio = sps265.sample_aspect_ratio
    if aspect_ratio is not None and (0 in aspect_ratio or aspect_ratio[0] == aspect_ratio[1]):
        aspect_ratio = None
    pasp = box(b"pasp", struct.pack(">II", *aspect_ratio)) if aspect_ratio else b""
    head = struct.pack(
        ">6xH16xHHIIIH32xHH", 1, video.width, video.height, 0x480000, 0x480000, 0, 1, 0x0018, 0xFFFF
    )  # 12.1.3: 72 dpi, one frame a sample, 24 bits deep
    return box(kind, head, configuration, pasp), aspect_ratio


def _avc_configuration(sps: nal_h264.SequenceParameterSet, by_kind: dict[int, list[bytes]]) -> bytes:
    """AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1.2, NAL lengths of 4 bytes."""
    sps_list, pps_list = by_kind[nal_h264.SPS], by_kind[nal_h264.PPS]
    record = [
        struct.pack(">BBBBBB", 1, sps.profile_idc, sps.constraint_flags, sps.level_idc, 0xFF, 0xE0 | len(sps_list)),
        *(struct.pack(">H", len(nal)) + nal for nal in sps_list),
        struct.pack(">B", len(pps_list)),
        *(struct.pack(">H", len(nal)) + nal for nal in pps_list),
    ]
    if sps.profile_idc not in (66, 77, 88):
        depths = (0xF8 | sps.bit_depth_luma - 8, 0xF8 | sps.bit_depth_chroma - 8)
        record.append(struct.pack(">BBBB", 0xFC | sps.chroma_format_idc, *depths, 0))
    return b"".join(record)


def _hevc_configuration(sps: nal_h265.SequenceParameterSet, by_kind: dict[int, list[bytes]]) -> bytes:
    """HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 8.3.3.1.2, NAL lengths of 4 bytes."""
    record = [
        b"\1",
        sps.profile_tier_level,
        struct.pack(
            ">HBBBBHBB",
            0xF000,  # min_spatial_segmentation_idc: none stated
            0xFC,  # parallelismType: unknown
            0xFC | sps.chroma_format_idc,
            0xF8 | sps.bit_depth_luma - 8,
            0xF8 | sps.bit_depth_chroma - 8,
            0,  # avgFrameRate: unspecified
            sps.temporal_layers << 3 | sps.is_temporal_id_nested << 2 | 3,
            len(by_kind),
        ),
    ]
    for kind, nals in by_kind.items():
        # array_completeness: samples carry none of these, as "hvc1" demands.
        record.append(struct.pack(">BH", 0x80 | kind, len(nals)))
        record += [struct.pack(">H", len(nal)) + nal for nal in nals]
    return b"".join(record)


def _audio_entry(audio: AudioFormat) -> bytes:
    if not (0 < audio.sample_rate <= _HIGHEST_SAMPLE_RATE and 0 < audio.channels <= _MOST_CHANNELS):
        raise ProtocolViolation(f"no AAC has {audio.sample_rate} Hz and {audio.channels} channels")
    if not 2 <= len(audio.config) <= _LONGEST_CONFIG_BYTES:
        raise ProtocolViolation(f"an AudioSpecificConfig of {len(audio.config)} bytes")
    # 12.2.3: the 16.16 rate holds at most 65,535 Hz; what is above is stated by esds alone.
    rate = audio.sample_rate if audio.sample_rate <= 0xFFFF else 0
    head = struct.pack(">6xH8xHHHHI", 1, audio.channels, 16, 0, 0, rate << 16)
    return box(b"mp4a", head, full_box(b"esds", 0, 0, _elementary_stream(audio.config)))


def _elementary_stream(config: bytes) -> bytes:
    """ES_Descriptor, ISO/IEC 14496-1 7.2.6.5: MPEG-4 audio (0x40), an audio stream (5)."""
    specific = _descriptor(5, config)
    decoder = _descriptor(4, struct.pack(">BBB2xII", 0x40, 5 << 2 | 1, 0, 0, 0) + specific)
    return _descriptor(3, struct.pack(">HB", 0, 0) + decoder + _descriptor(6, b"\2"))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content  # shorter than 128 bytes, so one byte tells the length
