"""What a receiver reports of one RTP source: extended sequence numbers, losses, jitter (RFC 3550 6.4, A.3, A.8)."""

from __future__ import annotations

from shared.rtsp.rtcp import ReportBlock, SenderReport


class Reception:
    """Statistics of one source. `next_sequence` is the extended number of the packet that is due.

    Packets that come in order are not counted one by one: their number follows from the sequence.
    """

    __slots__ = (
        "_base",
        "_jitter",
        "_last_transit",
        "_lost_at_report",
        "_report_received_us",
        "_reported",
        "_sender_report",
        "next_sequence",
        "packets_lost",
        "ssrc",
    )

    def __init__(self, ssrc: int, sequence: int):
        self.ssrc = ssrc
        self.next_sequence = sequence
        self.packets_lost = 0
        self._base = sequence
        self._reported = sequence
        self._lost_at_report = 0
        self._jitter = 0.0
        self._last_transit: int | None = None
        self._sender_report: SenderReport | None = None
        self._report_received_us = 0

    @property
    def packets(self) -> int:
        """How many have come."""
        return self.next_sequence - self._base - self.packets_lost

    def note_sender_report(self, report: SenderReport, received_us: int) -> None:
        self._sender_report = report
        self._report_received_us = received_us

    def note_arrival(self, timestamp: int, received_us: int, clock_rate: int) -> None:
        """Interarrival jitter, A.8; worth its cost on UDP only, TCP delivers in lumps of its own making."""
        transit = received_us * clock_rate // 1_000_000 - timestamp
        if self._last_transit is not None:
            # Modulo 2^32, like the timestamp that is in it.
            step = abs(((transit - self._last_transit + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000)
            self._jitter += (step - self._jitter) / 16
        self._last_transit = transit

    def report(self, now_us: int) -> ReportBlock:
        """The block for this source since the report before."""
        expected = self.next_sequence - self._reported
        lost = self.packets_lost - self._lost_at_report
        self._reported, self._lost_at_report = self.next_sequence, self.packets_lost
        fraction = min(255, lost * 256 // expected) if expected > 0 and lost > 0 else 0
        last_report, delay = 0, 0
        if self._sender_report is not None:
            last_report = self._sender_report.middle_ntp
            delay = max(0, now_us - self._report_received_us) * 65_536 // 1_000_000
        highest = max(0, self.next_sequence - 1)
        return ReportBlock(
            self.ssrc, fraction, self.packets_lost, highest, int(self._jitter), last_report, min(delay, 0xFFFF_FFFF)
        )
