"""A microphone whose packets were encoded before: what it costs to speak is not in the figure of who listens."""

from __future__ import annotations

import asyncio
import fractions

import av
import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame

_ENCODERS = {"audio/opus": ("libopus", 48_000), "audio/PCMU": ("pcm_mulaw", 8000), "audio/PCMA": ("pcm_alaw", 8000)}
_SECONDS = 2
_HZ = 440.0


class Packets(MediaStreamTrack):
    """A tone of 440 Hz in packets of 20 ms, over and over. Args: repairs: Opus that repeats the packet before (FEC)."""

    kind = "audio"

    def __init__(self, codec: str, *, repairs: bool = False):
        super().__init__()
        name, self._rate = _ENCODERS[codec]
        self._packets = _encoded(name, self._rate, repairs=repairs)
        self._sent = 0
        self._began: float | None = None

    async def recv(self) -> av.Packet:  # type: ignore[override]
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        await asyncio.sleep(max(0.0, self._began + self._sent * 0.02 - loop.time()))
        packet = av.Packet(self._packets[self._sent % len(self._packets)])
        packet.time_base = fractions.Fraction(1, self._rate)
        packet.pts = self._sent * self._rate // 50
        self._sent += 1
        return packet


def _encoded(name: str, rate: int, *, repairs: bool) -> list[bytes]:
    encoder: av.AudioCodecContext = av.CodecContext.create(name, "w")  # type: ignore[assignment]
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "s16"  # type: ignore[assignment]
    if name == "libopus":
        encoder.bit_rate = 24_000 if repairs else 48_000
        encoder.options = {"application": "voip"} | ({"fec": "1", "packet_loss": "10"} if repairs else {})
    packets: list[bytes] = []
    samples = rate // 50
    for number in range(50 * _SECONDS):
        at = np.arange(number * samples, (number + 1) * samples) / rate
        wave = (np.sin(2 * np.pi * _HZ * at) * 0.3 * 32767).astype(np.int16)
        frame = AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, number * samples, fractions.Fraction(1, rate)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets
