"""Sound into RTP payloads: AAC-hbr (RFC 3640 3.3.6) and G.711 (RFC 3551 4.5.14)."""

from __future__ import annotations

from shared.rtsp.packetize_h264 import MAX_PAYLOAD_BYTES

_AU_HEADER_BITS = 16
_LONGEST_AAC_UNIT_BYTES = (1 << 13) - 1


def packetize_aac(unit: bytes, max_bytes: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """One AAC access unit: one payload, or several where it is too long; the marker belongs to the last.

    sizeLength=13, indexLength=3, indexDeltaLength=3, as AAC-hbr demands.
    """
    if len(unit) > _LONGEST_AAC_UNIT_BYTES:
        raise ValueError(f"an AAC access unit of {len(unit)} bytes does not fit 13 bits")
    # Every fragment states the size of the whole unit (3.2.3.1).
    header = _AU_HEADER_BITS.to_bytes(2) + (len(unit) << 3).to_bytes(2)
    step = max_bytes - len(header)
    return [header + unit[begin : begin + step] for begin in range(0, len(unit), step)]


def packetize_g711(samples: bytes) -> list[bytes]:
    """One byte a sample, no header."""
    return [samples]
