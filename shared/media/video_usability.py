"""What the video usability information of H.264 (annex E) and H.265 (annex E) have in common."""

from __future__ import annotations

from shared.media.bits import BitReader

# Table E-1 of both standards: aspect_ratio_idc to width:height of a sample. 1 (square) is left out: it is the default.
_SAMPLE_ASPECT_RATIOS = {
    2: (12, 11), 3: (10, 11), 4: (16, 11), 5: (40, 33), 6: (24, 11), 7: (20, 11), 8: (32, 11), 9: (80, 33),
    10: (18, 11), 11: (15, 11), 12: (64, 33), 13: (160, 99), 14: (4, 3), 15: (3, 2), 16: (2, 1),
}  # fmt: skip

_EXTENDED_SAR = 255
_HIGHEST_FRAME_RATE = 1000.0


def frame_rate(time_scale: int, units: int) -> float | None:
    """Pictures a second, or None where the camera states something that no camera does."""
    if units == 0 or time_scale == 0:
        return None
    rate = time_scale / units
    return rate if 0.01 <= rate <= _HIGHEST_FRAME_RATE else None


def read_picture_description(reader: BitReader) -> tuple[int, int] | None:
    """What both begin with: aspect ratio, overscan, colours. Returns the ratio where samples are not square."""
    aspect_ratio = None
    if reader.flag():  # aspect_ratio_info_present_flag
        aspect_ratio_idc = reader.bits(8)
        if aspect_ratio_idc == _EXTENDED_SAR:
            aspect_ratio = (reader.bits(16), reader.bits(16))
        else:
            aspect_ratio = _SAMPLE_ASPECT_RATIOS.get(aspect_ratio_idc)
    if reader.flag():  # overscan_info_present_flag
        reader.skip(1)
    if reader.flag():  # video_signal_type_present_flag
        reader.skip(4)
        if reader.flag():  # colour_description_present_flag
            reader.skip(24)
    if reader.flag():  # chroma_loc_info_present_flag
        reader.ue(5)
        reader.ue(5)
    return aspect_ratio
