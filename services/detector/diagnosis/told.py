"""Faults that ingest's figures tell: too few bits, too few pictures, a clock that is wrong. Pure."""

from __future__ import annotations

from shared.messages.cameras import CameraState

# GB/T 28181-2016, 5.4: at least 15 pictures a second. A tenth is left to cameras that cannot count.
_FRAME_RATE_MIN = 13.5
# Bits for each pixel of a second (of one picture a second): 512 kbit/s of the same clause at 704 x 576 are 1.26.
# A tenth of that cannot show a face, whatever the codec.
_BITS_PER_PIXEL_MIN = 0.13
# Below this no picture of any size is worth looking at.
_KBPS_MIN = 32.0
_CLOCK_OFF_S = 5.0
_STALE = frozenset({"unreachable", "stalled", "refused", "connecting", "disabled"})


def told_strengths(state: CameraState | None) -> dict[str, float]:
    """0 to 1 of each fault; one that nothing is known about is not named."""
    if state is None or state.condition in _STALE:
        return {}
    found: dict[str, float] = {}
    if state.frame_rate is not None and state.frame_rate > 0:
        found["low_frame_rate"] = min(1.0, max(0.0, 0.5 * _FRAME_RATE_MIN / state.frame_rate))
        found["low_frame_rate"] *= state.frame_rate < _FRAME_RATE_MIN
    if state.bitrate_kbps and state.width and state.height:
        bits = state.bitrate_kbps * 1000 / (state.width * state.height)
        short = max(_BITS_PER_PIXEL_MIN / bits, _KBPS_MIN / state.bitrate_kbps)
        found["low_bitrate"] = min(1.0, 0.5 * short) * (short > 1)
    if state.clock_drift_s is not None:
        away = abs(state.clock_drift_s)
        found["wrong_clock"] = min(1.0, 0.5 + away / 120) if away > _CLOCK_OFF_S else 0.0
    return found
