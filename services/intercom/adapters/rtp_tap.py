"""RTP taken from aiortc as it arrives, before its jitter buffer.

aiortc's buffer holds four packets of sound, 60 ms, and at none still one; its decoder is a thread. Where it puts a
packet into that buffer is a private seam: it is replaced here and nowhere else, the version is pinned, and a test holds
that packets come through. Statistics and receiver reports stay aiortc's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver

OnPacket = Callable[[int, int, bytes], None]
_SEAM = "_RTCRtpReceiver__jitter_buffer"


class _Tap:
    """In place of aiortc's JitterBuffer: never has a frame for its decoder."""

    def __init__(self, on_packet: OnPacket):
        self._on_packet = on_packet

    def add(self, packet: Any) -> tuple[bool, None]:
        self._on_packet(packet.sequence_number, packet.payload_type, packet._data)
        return False, None


def tap(receiver: RTCRtpReceiver, on_packet: OnPacket) -> None:
    """From now on each packet goes to `on_packet(sequence, payload_type, payload)`, in the loop, as it comes."""
    if not hasattr(receiver, _SEAM):
        raise TypeError(f"this aiortc has no {_SEAM}: it is another version than pyproject.toml pins")
    setattr(receiver, _SEAM, _Tap(on_packet))
