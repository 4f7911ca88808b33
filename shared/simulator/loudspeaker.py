"""What was said into a simulated camera's backchannel: the last seconds of it, counted, and a file if wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.clock import Clock
from shared.errors import ProtocolViolation
from shared.rtsp.rtp import parse_rtp

KEPT_BYTES = 30 * 8000  # half a minute of PCMU
# Silence for so long ends a speech; the next packet begins another.
_SPEECH_GAP_US = 500_000
_SPEECHES_KEPT = 16
# Codes of mu-law below about -50 dBFS, of either sign.
_QUIET = bytes((*range(0x70, 0x80), *range(0xF0, 0x100)))


@dataclass(slots=True)
class Speech:
    """Packets without a pause: when the first and the last came, and the first in which there was something to hear.

    UTC microseconds.
    """

    began_us: int
    ended_us: int
    sounded_us: int | None = None
    packets: int = 0
    octets: int = 0


class Loudspeaker:
    """Takes RTP packets of PCMU. `packets` and `octets` count all that came, `lost` holes in the sequence.

    `speeches`: the last ones, oldest first. `sounds`: where it can be heard, if anywhere: given RTP time and payload.
    """

    def __init__(self, clock: Clock, file: Path | None = None):
        self._clock = clock
        self.speeches: deque[Speech] = deque(maxlen=_SPEECHES_KEPT)
        self.packets = 0
        self.octets = 0
        self.lost = 0
        self.sounds: Callable[[int, bytes], None] | None = None
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._expected: int | None = None
        self._path = file
        self._file: BinaryIO | None = None

    def hear(self, packet: bytes) -> None:
        try:
            parsed = parse_rtp(packet)
        except ProtocolViolation:  # anybody may send anything to a camera
            return
        payload = packet[parsed.payload_begin : parsed.payload_end]
        if self._expected is not None:
            missing = (parsed.sequence - self._expected) & 0xFFFF
            self.lost += missing if missing < 0x8000 else 0
        self._expected = (parsed.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        self._note(payload)
        self._keep(payload)
        if self.sounds is not None and payload:
            self.sounds(parsed.timestamp, payload)
        if self._path is not None:
            self._write(payload)

    @property
    def last_heard(self) -> bytes:
        """At most the last 30 s, mu-law."""
        return b"".join(self._kept)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _note(self, payload: bytes) -> None:
        now_us = self._clock.now_us()
        if not self.speeches or now_us - self.speeches[-1].ended_us > _SPEECH_GAP_US:
            self.speeches.append(Speech(now_us, now_us))
        speech = self.speeches[-1]
        speech.ended_us = now_us
        speech.packets += 1
        speech.octets += len(payload)
        if speech.sounded_us is None and payload.translate(None, _QUIET):
            speech.sounded_us = now_us

    def _keep(self, payload: bytes) -> None:
        self._kept.append(payload)
        self._kept_bytes += len(payload)
        while self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft())

    def _write(self, payload: bytes) -> None:
        if self._file is None and self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
        if self._file is not None:
            self._file.write(payload)
