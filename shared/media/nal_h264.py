"""H.264 NAL units: their types, and what a sequence parameter set says about the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.bits import BitReader, without_emulation_prevention
from shared.media.video_usability import frame_rate, read_picture_description

NON_IDR_SLICE = 1
IDR_SLICE = 5
SEI = 6
SPS = 7
PPS = 8
ACCESS_UNIT_DELIMITER = 9
FILLER = 12

# Profiles whose SPS states the chroma format (H.264 7.3.2.1.1).
_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_PICTURE_SIDE = 16384

# Table A-1: MaxDpbMbs by level_idc; level 1b shares its number with 1.
_MAX_DPB_MBS = {
    9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100, 31: 18000, 32: 20480,
    40: 32768, 41: 32768, 42: 34816, 50: 110400, 51: 184320, 52: 184320, 60: 696320, 61: 696320, 62: 696320,
}  # fmt: skip


def nal_type(first_byte: int) -> int:
    """nal_unit_type of the first byte of a NAL unit (7.3.1)."""
    return first_byte & 0x1F


@dataclass(frozen=True, slots=True)
class SequenceParameterSet:
    """What clause 7.4.2.1 says of a stream; sizes are after cropping."""

    profile_idc: int
    constraint_flags: int
    level_idc: int
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    width: int
    height: int
    frame_rate: float | None
    sample_aspect_ratio: tuple[int, int] | None
    reorder_depth: int

    @property
    def codecs(self) -> str:
        """RFC 6381 3.3: avc1 and the three bytes after the NAL header."""
        return f"avc1.{self.profile_idc:02X}{self.constraint_flags:02X}{self.level_idc:02X}"


@dataclass(slots=True)
class _Vui:
    frame_rate: float | None = None
    sample_aspect_ratio: tuple[int, int] | None = None
    max_num_reorder_frames: int | None = None


def parse_sps(nal: bytes) -> SequenceParameterSet:
    """Read a sequence parameter set (7.3.2.1).

    Args:
        nal: the NAL unit with its header byte, without start code.
    Raises:
        ProtocolViolation: it is none, ends early, or states values that the standard does not allow.
    """
    if len(nal) < 4 or nal_type(nal[0]) != SPS:
        raise ProtocolViolation("not an H.264 sequence parameter set")
    profile_idc, constraint_flags, level_idc = nal[1:4]
    reader = BitReader(without_emulation_prevention(nal[4:]))
    reader.ue(31)  # seq_parameter_set_id
    chroma_format_idc, is_monochrome_or_planes, depth_luma, depth_chroma = 1, False, 8, 8
    if profile_idc in _WITH_CHROMA_FORMAT:
        chroma_format_idc, is_monochrome_or_planes, depth_luma, depth_chroma = _chroma(reader)
    reader.ue(12)  # log2_max_frame_num_minus4
    order_count_type = _order_count_type(reader)
    max_num_ref_frames = reader.ue(16)
    reader.skip(1)  # gaps_in_frame_num_value_allowed_flag
    width_mbs = reader.ue(_MAX_PICTURE_SIDE // 16 - 1) + 1
    height_map_units = reader.ue(_MAX_PICTURE_SIDE // 16 - 1) + 1
    is_frame_mbs_only = reader.flag()
    if not is_frame_mbs_only:
        reader.skip(1)  # mb_adaptive_frame_field_flag
    height_mbs = height_map_units * (1 if is_frame_mbs_only else 2)
    reader.skip(1)  # direct_8x8_inference_flag
    crop_x, crop_y = _cropped(reader, chroma_format_idc, is_monochrome_or_planes, is_frame_mbs_only)
    width, height = width_mbs * 16 - crop_x, height_mbs * 16 - crop_y
    if width <= 0 or height <= 0:
        raise ProtocolViolation("cropping leaves nothing of the picture")
    vui = _vui(reader) if reader.flag() else _Vui()
    reorder_depth = vui.max_num_reorder_frames
    if reorder_depth is None:
        # Constraint flag 3 of these profiles means intra only (A.2.8 and following).
        is_intra_only = profile_idc in (44, 86, 100, 110, 122, 244) and constraint_flags & 0x10 != 0
        # Baseline has no B slices; order count type 2 means that output order is decoding order (8.2.1.3).
        if profile_idc == 66 or order_count_type == 2 or is_intra_only:
            reorder_depth = 0
        else:
            reorder_depth = _deepest_reorder(level_idc, width_mbs * height_mbs, max_num_ref_frames)
    return SequenceParameterSet(
        profile_idc=profile_idc,
        constraint_flags=constraint_flags,
        level_idc=level_idc,
        chroma_format_idc=chroma_format_idc,
        bit_depth_luma=depth_luma,
        bit_depth_chroma=depth_chroma,
        width=width,
        height=height,
        frame_rate=vui.frame_rate,
        sample_aspect_ratio=vui.sample_aspect_ratio,
        reorder_depth=reorder_depth,
    )


def _deepest_reorder(level_idc: int, picture_mbs: int, max_num_ref_frames: int) -> int:
    """The bound that holds when the camera states none (A.3.1 h, MaxDpbFrames).

    A picture sent before its turn is sent early because others refer to it, so reference frames bound it too;
    and with only one of them there is nothing to predict from both sides.
    """
    if max_num_ref_frames <= 1:
        return 0
    max_dpb_frames = min(_MAX_DPB_MBS.get(level_idc, 696320) // picture_mbs, 16)
    return min(max_dpb_frames, max_num_ref_frames)


def _chroma(reader: BitReader) -> tuple[int, bool, int, int]:
    chroma_format_idc = reader.ue(3)
    has_separate_planes = reader.flag() if chroma_format_idc == 3 else False
    depth_luma = reader.ue(6) + 8
    depth_chroma = reader.ue(6) + 8
    reader.skip(1)  # qpprime_y_zero_transform_bypass_flag
    if reader.flag():  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma_format_idc == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma_format_idc, has_separate_planes or chroma_format_idc == 0, depth_luma, depth_chroma


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    """7.3.2.1.1.1: the list ends where the next scale becomes 0."""
    last_scale = 8
    for _ in range(size):
        last_scale = (last_scale + reader.se()) % 256
        if last_scale == 0:
            return


def _order_count_type(reader: BitReader) -> int:
    order_count_type = reader.ue(2)
    if order_count_type == 0:
        reader.ue(12)  # log2_max_pic_order_cnt_lsb_minus4
    elif order_count_type == 1:
        reader.skip(1)  # delta_pic_order_always_zero_flag
        reader.se()  # offset_for_non_ref_pic
        reader.se()  # offset_for_top_to_bottom_field
        for _ in range(reader.ue(255)):
            reader.se()  # offset_for_ref_frame
    return order_count_type


def _cropped(
    reader: BitReader, chroma_format_idc: int, is_monochrome_or_planes: bool, is_frame_mbs_only: bool
) -> tuple[int, int]:
    """Luma samples cut off in width and in height (equations 7-19 to 7-22)."""
    if not reader.flag():
        return 0, 0
    left, right, top, bottom = (reader.ue(_MAX_PICTURE_SIDE) for _ in range(4))
    unit_x = 1 if is_monochrome_or_planes or chroma_format_idc == 3 else 2
    unit_y = 2 if not is_monochrome_or_planes and chroma_format_idc == 1 else 1
    return (left + right) * unit_x, (top + bottom) * unit_y * (1 if is_frame_mbs_only else 2)


def _vui(reader: BitReader) -> _Vui:
    """E.1.1. A camera that cuts it short keeps what was read: many write it carelessly and decoders ignore it."""
    vui = _Vui()
    try:
        _read_vui(reader, vui)
    except ProtocolViolation:
        return vui
    return vui


def _read_vui(reader: BitReader, vui: _Vui) -> None:
    vui.sample_aspect_ratio = read_picture_description(reader)
    if reader.flag():  # timing_info_present_flag
        num_units_in_tick, time_scale = reader.bits(32), reader.bits(32)
        reader.skip(1)  # fixed_frame_rate_flag
        vui.frame_rate = frame_rate(time_scale, 2 * num_units_in_tick)  # a tick is a field (E.2.1)
    has_nal_hrd = reader.flag()
    if has_nal_hrd:
        _skip_hrd(reader)
    has_vcl_hrd = reader.flag()
    if has_vcl_hrd:
        _skip_hrd(reader)
    if has_nal_hrd or has_vcl_hrd:
        reader.skip(1)  # low_delay_hrd_flag
    reader.skip(1)  # pic_struct_present_flag
    if reader.flag():  # bitstream_restriction_flag
        reader.skip(1)  # motion_vectors_over_pic_boundaries_flag
        for limit in (16, 16, 32, 32):  # max_bytes_per_pic_denom to log2_max_mv_length_vertical
            reader.ue(limit)
        vui.max_num_reorder_frames = reader.ue(16)


def _skip_hrd(reader: BitReader) -> None:
    """E.1.2."""
    count = reader.ue(31) + 1
    reader.skip(8)  # bit_rate_scale, cpb_size_scale
    for _ in range(count):
        reader.ue()
        reader.ue()
        reader.skip(1)
    reader.skip(20)  # four delay lengths
