"""A camera's sound for browsers: AAC decoded once, Opus made once, for all who listen."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext

from services.intercom.picture_channel import Heard
from shared.errors import ProtocolViolation

RATE = 48_000
PACKET_SAMPLES = RATE // 50
_BIT_RATE = 32_000
# Restricted low delay: 2.5 ms of look-ahead instead of 6.5, and half the CPU at this complexity; a kitchen's sound is
# no telephone's narrow band that the voice modes are for.
_OPTIONS = {"application": "lowdelay", "frame_duration": "20", "compression_level": "5", "vbr": "on"}
# Sound that is missing for longer is a hole, and no rounding of a clock.
_HOLE_S = 0.04


class OpusMaker:
    """One camera. Packets of 20 ms, one channel: who stands where in a kitchen is not told by its sound."""

    def __init__(self) -> None:
        self._run = ""
        self._next_at = 0
        self._at = 0
        self._decoder: AudioCodecContext | None = None
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=PACKET_SAMPLES)
        self._encoder = _encoder()

    def make(self, heard: Heard, now_s: float) -> list[tuple[bytes, int]]:
        """Packets, each with its time at 48 kHz. Raises ProtocolViolation where it is no AAC."""
        made: list[tuple[bytes, int]] = []
        rate = heard.setup.sample_rate
        try:
            for at, unit in heard.units:
                if heard.run != self._run or abs(at - self._next_at) > _HOLE_S * rate or self._decoder is None:
                    self._begin(heard, now_s)
                frames = cast(AudioCodecContext, self._decoder).decode(av.Packet(unit))
                self._next_at = at + sum(frame.samples for frame in frames)
                for frame in frames:
                    made += self._encode(frame)
        except (av.FFmpegError, ValueError) as error:
            self._decoder = None
            raise ProtocolViolation(f"sound that is no AAC ({error})") from error
        return made

    def _begin(self, heard: Heard, now_s: float) -> None:
        """After a hole, or with another run: time goes on by the clock, and never back."""
        decoder = av.CodecContext.create("aac", "r")
        decoder.extradata = heard.setup.config
        decoder.sample_rate = heard.setup.sample_rate
        decoder.open()
        self._decoder = decoder
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=PACKET_SAMPLES)
        self._run = heard.run
        self._at = max(self._at, round(now_s * RATE))

    def _encode(self, frame: av.AudioFrame) -> list[tuple[bytes, int]]:
        made: list[tuple[bytes, int]] = []
        frame.pts = None
        for piece in self._resampler.resample(frame):
            piece.pts = self._at
            piece.time_base = Fraction(1, RATE)
            for packet in self._encoder.encode(piece):
                made.append((bytes(packet), self._at))
            self._at += PACKET_SAMPLES
        return made


def _encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate, encoder.time_base, encoder.options = _BIT_RATE, Fraction(1, RATE), dict(_OPTIONS)
    encoder.open()
    return encoder
