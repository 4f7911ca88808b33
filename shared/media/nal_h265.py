"""H.265 NAL units: their types, and what a sequence parameter set says about the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ProtocolViolation
from shared.media.bits import BitReader, without_emulation_prevention
from shared.media.video_usability import frame_rate, read_picture_description

FIRST_IRAP = 16  # BLA_W_LP; 16 to 21 are BLA, IDR and CRA, 22 and 23 reserved IRAP types (table 7-1)
LAST_IRAP = 23
LAST_SLICE = 31
VPS = 32
SPS = 33
PPS = 34
ACCESS_UNIT_DELIMITER = 35
FILLER = 38

_MAX_PICTURE_SIDE = 16384


def nal_type(first_byte: int) -> int:
    """nal_unit_type of the first of the two header bytes (7.3.1.2)."""
    return (first_byte >> 1) & 0x3F


@dataclass(frozen=True, slots=True)
class SequenceParameterSet:
    """What clause 7.4.3.2 says of a stream; sizes are after the conformance window.

    `profile_tier_level` are the 12 bytes that hvcC repeats: profile, compatibility flags, constraints, level.
    """

    profile_tier_level: bytes
    temporal_layers: int
    is_temporal_id_nested: bool
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
        """ISO/IEC 14496-15 E.3: profile, reversed compatibility flags, tier and level, constraint bytes."""
        head = self.profile_tier_level
        space = ("", "A", "B", "C")[head[0] >> 6]
        compatibility = int(f"{int.from_bytes(head[1:5]):032b}"[::-1], 2)
        tier = "H" if head[0] & 0x20 else "L"
        constraints = "".join(f".{byte:X}" for byte in head[5:11].rstrip(b"\0"))
        return f"hvc1.{space}{head[0] & 0x1F}.{compatibility:X}.{tier}{head[11]}{constraints}"


def parse_sps(nal: bytes) -> SequenceParameterSet:
    """Read a sequence parameter set (7.3.2.2).

    Args:
        nal: the NAL unit with its two header bytes, without start code.
    Raises:
        ProtocolViolation: it is none, ends early, or states values that the standard does not allow.
    """
    if len(nal) < 3 or nal_type(nal[0]) != SPS:
        raise ProtocolViolation("not an H.265 sequence parameter set")
    reader = BitReader(without_emulation_prevention(nal[2:]))
    reader.skip(4)  # sps_video_parameter_set_id
    sub_layers = reader.bits(3) + 1
    if sub_layers > 7:
        raise ProtocolViolation("more than 7 temporal sub-layers")
    is_temporal_id_nested = reader.flag()
    profile_tier_level = _profile_tier_level(reader, sub_layers)
    reader.ue(15)  # sps_seq_parameter_set_id
    chroma_format_idc = reader.ue(3)
    has_separate_planes = reader.flag() if chroma_format_idc == 3 else False
    width, height = reader.ue(_MAX_PICTURE_SIDE), reader.ue(_MAX_PICTURE_SIDE)
    if reader.flag():  # conformance_window_flag
        left, right, top, bottom = (reader.ue(_MAX_PICTURE_SIDE) for _ in range(4))
        is_planar = has_separate_planes or chroma_format_idc == 0
        width -= (left + right) * (2 if chroma_format_idc in (1, 2) and not is_planar else 1)
        height -= (top + bottom) * (2 if chroma_format_idc == 1 and not is_planar else 1)
    if width <= 0 or height <= 0:
        raise ProtocolViolation("the conformance window leaves nothing of the picture")
    depth_luma, depth_chroma = reader.ue(8) + 8, reader.ue(8) + 8
    order_count_bits = reader.ue(12) + 4
    reorder_depth = 0
    for _ in range(sub_layers if reader.flag() else 1):
        reader.ue(15)  # sps_max_dec_pic_buffering_minus1
        reorder_depth = reader.ue(15)  # the last is that of the highest sub-layer
        reader.ue()  # sps_max_latency_increase_plus1
    rate, aspect_ratio = _usability(reader, chroma_format_idc, order_count_bits)
    return SequenceParameterSet(
        profile_tier_level=profile_tier_level,
        temporal_layers=sub_layers,
        is_temporal_id_nested=is_temporal_id_nested,
        chroma_format_idc=chroma_format_idc,
        bit_depth_luma=depth_luma,
        bit_depth_chroma=depth_chroma,
        width=width,
        height=height,
        frame_rate=rate,
        sample_aspect_ratio=aspect_ratio,
        reorder_depth=reorder_depth,
    )


def parse_vps_frame_rate(nal: bytes) -> float | None:
    """Pictures a second if the video parameter set states them (7.3.2.1), for SPS that do not."""
    if len(nal) < 3 or nal_type(nal[0]) != VPS:
        raise ProtocolViolation("not an H.265 video parameter set")
    reader = BitReader(without_emulation_prevention(nal[2:]))
    reader.skip(12)  # ids, base layer flags, vps_max_layers_minus1
    sub_layers = reader.bits(3) + 1
    if sub_layers > 7:
        raise ProtocolViolation("more than 7 temporal sub-layers")
    reader.skip(17)  # vps_temporal_id_nesting_flag, vps_reserved_0xffff_16bits
    _profile_tier_level(reader, sub_layers)
    for _ in range(sub_layers if reader.flag() else 1):
        reader.ue()
        reader.ue()
        reader.ue()
    max_layer_id = reader.bits(6)
    reader.skip(reader.ue(1023) * (max_layer_id + 1))  # layer_id_included_flag
    if not reader.flag():  # vps_timing_info_present_flag
        return None
    num_units_in_tick, time_scale = reader.bits(32), reader.bits(32)
    return frame_rate(time_scale, num_units_in_tick)


def _profile_tier_level(reader: BitReader, sub_layers: int) -> bytes:
    """7.3.3: 12 bytes for the stream, then optional ones for each lower sub-layer."""
    general = reader.bits(96).to_bytes(12)
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers - 1)]
    if sub_layers > 1:
        reader.skip(2 * (8 - (sub_layers - 1)))  # reserved_zero_2bits
    for has_profile, has_level in present:
        reader.skip(88 * has_profile + 8 * has_level)
    return general


def _usability(
    reader: BitReader, chroma_format_idc: int, order_count_bits: int
) -> tuple[float | None, tuple[int, int] | None]:
    """Frame rate and sample aspect ratio, the last things wanted. What is cut short before them states neither."""
    try:
        _skip_coding_tools(reader, chroma_format_idc, order_count_bits)
        return _vui(reader) if reader.flag() else (None, None)
    except ProtocolViolation:
        return None, None


def _skip_coding_tools(reader: BitReader, chroma_format_idc: int, order_count_bits: int) -> None:
    for _ in range(6):  # coding and transform block sizes, hierarchy depths
        reader.ue()
    if reader.flag() and reader.flag():  # scaling_list_enabled_flag, sps_scaling_list_data_present_flag
        _skip_scaling_lists(reader)
    reader.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if reader.flag():  # pcm_enabled_flag
        reader.skip(8)
        reader.ue()
        reader.ue()
        reader.skip(1)
    set_count = reader.ue(64)
    delta_count = 0
    for index in range(set_count):
        delta_count = _skip_short_term_ref_pic_set(reader, index, delta_count)
    if reader.flag():  # long_term_ref_pics_present_flag
        for _ in range(reader.ue(32)):
            reader.skip(order_count_bits + 1)
    reader.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag


def _skip_scaling_lists(reader: BitReader) -> None:
    """7.3.4."""
    for size_id in range(4):
        for _ in range(0, 6, 3 if size_id == 3 else 1):
            if not reader.flag():  # scaling_list_pred_mode_flag
                reader.ue()
                continue
            if size_id > 1:
                reader.se()
            for _ in range(min(64, 1 << (4 + (size_id << 1)))):
                reader.se()


def _skip_short_term_ref_pic_set(reader: BitReader, index: int, previous_delta_count: int) -> int:
    """7.3.7; returns NumDeltaPocs of this set, which the next one may be predicted from."""
    if index and reader.flag():  # inter_ref_pic_set_prediction_flag
        reader.skip(1)  # delta_rps_sign
        reader.ue()  # abs_delta_rps_minus1
        count = 0
        for _ in range(previous_delta_count + 1):
            is_used = reader.flag()
            count += is_used or reader.flag()  # used_by_curr_pic_flag, use_delta_flag
        return count
    negative, positive = reader.ue(16), reader.ue(16)
    for _ in range(negative + positive):
        reader.ue()
        reader.skip(1)
    return negative + positive


def _vui(reader: BitReader) -> tuple[float | None, tuple[int, int] | None]:
    """E.2.1 up to the timing."""
    aspect_ratio = read_picture_description(reader)
    reader.skip(3)  # neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    if reader.flag():  # default_display_window_flag
        for _ in range(4):
            reader.ue()
    rate = None
    if reader.flag():  # vui_timing_info_present_flag
        num_units_in_tick, time_scale = reader.bits(32), reader.bits(32)
        rate = frame_rate(time_scale, num_units_in_tick)
    return rate, aspect_ratio
