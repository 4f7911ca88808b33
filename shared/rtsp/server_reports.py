"""What a simulated camera reports of the sound that it is sent (RFC 3550 6.4): that it comes, and what is missing."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from shared.clock import Clock
from shared.rtsp.reception import Reception
from shared.rtsp.rtcp import ReceiverReport, SourceDescription, build_rtcp
from shared.rtsp.rtp import HEADER_BYTES

# Sooner than the 5 s of the standard's small sessions: who waits for the word is a person.
REPORT_INTERVAL_S = 1.0


class BackchannelReports:
    """Driven by the packets themselves: who sends nothing needs no report.

    Args:
        write: one compound RTCP packet to who sends.
    """

    def __init__(self, clock: Clock, write: Callable[[bytes], None]):
        self._clock = clock
        self._write = write
        self._ssrc = secrets.randbits(32)
        self._reception: Reception | None = None
        self._due_s = clock.monotonic() + REPORT_INTERVAL_S

    def hear(self, packet: bytes) -> None:
        """One RTP packet of the client."""
        if len(packet) < HEADER_BYTES:
            return
        sequence, ssrc = int.from_bytes(packet[2:4]), int.from_bytes(packet[8:12])
        if self._reception is None or self._reception.ssrc != ssrc:
            self._reception = Reception(ssrc, sequence)
        missing = (sequence - self._reception.next_sequence) & 0xFFFF
        if missing < 0x8000:
            self._reception.packets_lost += missing
            self._reception.next_sequence += missing + 1
        now_s = self._clock.monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + REPORT_INTERVAL_S
            block = self._reception.report(self._clock.now_us())
            self._write(build_rtcp(ReceiverReport(self._ssrc, (block,)), SourceDescription(self._ssrc, "camera")))
