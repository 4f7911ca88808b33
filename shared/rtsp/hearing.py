"""Whether a camera hears what it is sent, judged by its receiver reports (RFC 3550 6.4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.rtsp.rtcp import ReportBlock

# Sound for so long, and the report must speak of it: a receiver names a source from its second packet on.
SURE_S = 1.0


@dataclass(slots=True)
class Hearing:
    """Of one source of sound.

    Attributes:
        verdict: the newest report's word on the sound since `began`; None while there is none. Many cameras never send
            a report, and the standard does not let us ask for one.
    """

    ssrc: int
    verdict: bool | None = None
    _first: int = 0
    _began_s: float | None = None

    def began(self, sequence: int, now_s: float) -> None:
        """Sound flows from now on. Args: sequence: 16 bits, of its first packet."""
        self.verdict, self._first, self._began_s = None, sequence, now_s

    def ended(self) -> None:
        """Nothing flows: what reports say now says nothing."""
        self._began_s = None

    def reported(self, blocks: Sequence[ReportBlock], now_s: float) -> None:
        """One report of the camera's, which names what it received since the one before."""
        if self._began_s is None:
            return
        newest = next((block.highest_sequence for block in blocks if block.ssrc == self.ssrc), None)
        if newest is not None and (newest - self._first) & 0xFFFF < 0x8000:
            self.verdict = True
        elif now_s - self._began_s >= SURE_S:
            self.verdict = False
