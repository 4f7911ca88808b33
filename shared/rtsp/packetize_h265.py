"""H.265 pictures into RTP payloads: single NAL units and fragmentation units (RFC 7798 4.4.1, 4.4.3)."""

from __future__ import annotations

from collections.abc import Iterable

from shared.rtsp.packetize_h264 import MAX_PAYLOAD_BYTES

_FU = 49
_START, _END = 0x80, 0x40


def packetize_h265(nals: Iterable[bytes], max_bytes: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """Payloads of one access unit in order; the marker belongs to the last."""
    payloads: list[bytes] = []
    for nal in nals:
        if len(nal) <= max_bytes:
            payloads.append(nal)
        else:
            payloads.extend(_fragments(nal, max_bytes))
    return payloads


def _fragments(nal: bytes, max_bytes: int) -> Iterable[bytes]:
    # The payload header is the NAL unit's with its type replaced; layer and temporal id stay (4.4.3).
    header = bytes((nal[0] & 0x81 | _FU << 1, nal[1]))
    kind = nal[0] >> 1 & 0x3F
    step = max_bytes - 3
    for begin in range(2, len(nal), step):
        flags = (_START if begin == 2 else 0) | (_END if begin + step >= len(nal) else 0)
        yield header + bytes((flags | kind,)) + nal[begin : begin + step]
