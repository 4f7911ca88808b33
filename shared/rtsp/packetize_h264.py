"""H.264 pictures into RTP payloads: single NAL units and FU-A (RFC 6184 5.6, 5.8)."""

from __future__ import annotations

from collections.abc import Iterable

MAX_PAYLOAD_BYTES = 1400  # fits an Ethernet frame beside IP, UDP, RTP and a VPN's header

_FU_A = 28
_START, _END = 0x80, 0x40


def packetize_h264(nals: Iterable[bytes], max_bytes: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """Payloads of one access unit in order; the marker belongs to the last."""
    payloads: list[bytes] = []
    for nal in nals:
        if len(nal) <= max_bytes:
            payloads.append(nal)
        else:
            payloads.extend(_fragments(nal, max_bytes))
    return payloads


def _fragments(nal: bytes, max_bytes: int) -> Iterable[bytes]:
    indicator = nal[0] & 0xE0 | _FU_A
    kind = nal[0] & 0x1F
    step = max_bytes - 2
    # The NAL unit's own header travels in indicator and FU header, not in the payload (5.8).
    for begin in range(1, len(nal), step):
        flags = (_START if begin == 1 else 0) | (_END if begin + step >= len(nal) else 0)
        yield bytes((indicator, flags | kind)) + nal[begin : begin + step]
