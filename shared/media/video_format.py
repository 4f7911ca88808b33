"""From parameter sets to the format of a video track."""

from __future__ import annotations

from shared.errors import ProtocolViolation
from shared.media import nal_h264, nal_h265
from shared.media.formats import VideoCodec, VideoFormat

# avcC counts SPS in 5 bits, and no set is longer than its 16-bit length (ISO/IEC 14496-15 5.3.3.1).
_MOST_SETS_OF_A_KIND = 31
_LONGEST_SET_BYTES = 0xFFFF


def video_format(codec: VideoCodec, parameter_sets: tuple[bytes, ...]) -> VideoFormat:
    """Read the parameter sets of a stream, in any order, doubles removed.

    Args:
        parameter_sets: NAL units without start code: SPS and PPS, for H.265 the VPS as well.
    Raises:
        ProtocolViolation: one kind is missing, or the SPS is not what the standard allows.
    """
    by_kind = parameter_sets_by_kind(codec, parameter_sets)
    for kind, of_kind in by_kind.items():
        if not 1 <= len(of_kind) <= _MOST_SETS_OF_A_KIND:
            raise ProtocolViolation(f"{codec}: {len(of_kind)} parameter sets of NAL type {kind}")
        if any(len(nal) > _LONGEST_SET_BYTES for nal in of_kind):
            raise ProtocolViolation(f"{codec}: a parameter set is longer than {_LONGEST_SET_BYTES} bytes")
    sps: nal_h264.SequenceParameterSet | nal_h265.SequenceParameterSet
    if codec == "h264":
        sps = nal_h264.parse_sps(by_kind[nal_h264.SPS][0])
        frame_rate = sps.frame_rate
    else:
        sps = nal_h265.parse_sps(by_kind[nal_h265.SPS][0])
        frame_rate = sps.frame_rate or _vps_frame_rate(by_kind[nal_h265.VPS][0])
    ordered = tuple(nal for of_kind in by_kind.values() for nal in of_kind)
    return VideoFormat(codec, sps.width, sps.height, frame_rate, sps.codecs, ordered, sps.reorder_depth)


def parameter_sets_by_kind(codec: VideoCodec, parameter_sets: tuple[bytes, ...]) -> dict[int, list[bytes]]:
    """NAL type to its parameter sets, in the order in which init segments list them; other NAL units are left out."""
    if codec == "h264":
        by_kind: dict[int, list[bytes]] = {nal_h264.SPS: [], nal_h264.PPS: []}
        kind_of = nal_h264.nal_type
    else:
        by_kind = {nal_h265.VPS: [], nal_h265.SPS: [], nal_h265.PPS: []}
        kind_of = nal_h265.nal_type
    for nal in dict.fromkeys(parameter_sets):
        if nal and kind_of(nal[0]) in by_kind:
            by_kind[kind_of(nal[0])].append(nal)
    return by_kind


def _vps_frame_rate(vps: bytes) -> float | None:
    # The VPS is only asked for its timing: a broken one does not spoil a good stream.
    try:
        return nal_h265.parse_vps_frame_rate(vps)
    except ProtocolViolation:
        return None
