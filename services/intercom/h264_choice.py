"""Which of the H.264 that a browser offers carries a camera's pictures unchanged (RFC 6184 8.2.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Profile = Literal["baseline", "constrained_baseline", "main", "constrained_high", "high", "high_444"]

# Of each profile those whose decoders must decode it (H.264 A.2), nearest first. Baseline is not within Main: but what
# it has more (slices in any order) no camera uses, and the nearest after it is what everybody takes it for.
_DECODED_BY: dict[Profile, tuple[Profile, ...]] = {
    "constrained_baseline": ("constrained_baseline", "baseline", "main", "constrained_high", "high", "high_444"),
    "baseline": ("baseline", "constrained_baseline", "main", "high", "high_444"),
    "main": ("main", "high", "high_444"),
    "constrained_high": ("constrained_high", "high", "high_444"),
    "high": ("high", "high_444"),
    "high_444": ("high_444",),
}
# profile_idc, the bits of the constraint flags that matter, their values (RFC 6184 table 5).
_PATTERNS: tuple[tuple[int, int, int, Profile], ...] = (
    (0x42, 0x40, 0x40, "constrained_baseline"),
    (0x42, 0x40, 0x00, "baseline"),
    (0x4D, 0x80, 0x80, "constrained_baseline"),
    (0x4D, 0x80, 0x00, "main"),
    (0x64, 0x0C, 0x0C, "constrained_high"),
    (0x64, 0x00, 0x00, "high"),
    (0xF4, 0x00, 0x00, "high_444"),
)


def profile_of(profile_level_id: str) -> Profile | None:
    """Of six hex digits, as fmtp and RFC 6381 write them; None where WebRTC has no name for it."""
    try:
        value = int(profile_level_id[:6], 16)
    except ValueError:
        return None
    if len(profile_level_id) < 6:
        return None
    profile_idc, flags = value >> 16, value >> 8 & 0xFF
    return next((name for idc, mask, bits, name in _PATTERNS if idc == profile_idc and flags & mask == bits), None)


def chosen(camera: str, offered: Sequence[str]) -> Profile | None:
    """The profile to answer with; None where none of them decodes the camera's.

    Levels are not compared: browsers offer 3.1 and decode 1080p, which is 4.0.

    Args:
        camera: RFC 6381 of the camera's video, "avc1.64002A".
        offered: profile-level-ids.
    """
    wanted = profile_of(camera.partition(".")[2])
    if wanted is None:
        return None
    there = {profile_of(one) for one in offered}
    return next((name for name in _DECODED_BY[wanted] if name in there), None)
