"""G.711 and G.726 out of RTP: a packet is a stretch of samples, nothing to undo (RFC 3551 4.5)."""

from __future__ import annotations

from shared.media.access_unit import AudioCodec, AudioUnit
from shared.media.sink import MediaSink


class SampleDepacketizer:
    """Hands each payload on as it is."""

    __slots__ = ("_clock_rate", "_codec", "_sink")

    def __init__(self, sink: MediaSink, codec: AudioCodec, clock_rate: int):
        self._sink = sink
        self._codec = codec
        self._clock_rate = clock_rate

    def lose(self) -> None:
        """Each packet stands for itself."""

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        if end > begin:
            self._sink.on_audio(AudioUnit(self._codec, data[begin:end], pts, self._clock_rate, received_us))
