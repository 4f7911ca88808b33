"""AAC-LC for cameras that take nothing else, made of G.711 as it comes. A frame of 1024 samples is its delay, twice."""

from __future__ import annotations

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from services.intercom.g711 import RATE, Sound

SAMPLES = 1024
_BITS_A_SAMPLE = 3  # 48 kbit/s at 16 kHz: speech from G.711 has no more to it


class AacMaker:
    """Of one talkspurt.

    Args:
        rate, channels: what the camera takes, Hz.
    """

    def __init__(self, rate: int, channels: int):
        layout = "stereo" if channels == 2 else "mono"
        context = av.CodecContext.create("aac", "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = rate, layout, "fltp"
        context.bit_rate = _BITS_A_SAMPLE * rate * channels
        self._context = context
        self._resampler = AudioResampler(format="fltp", layout=layout, rate=rate, frame_size=SAMPLES)
        self._rate = rate
        self._put = 0

    def put(self, sound: Sound) -> list[bytes]:
        """Sound of 8 kHz; the access units that are complete by it, SAMPLES of the camera's clock each."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound)[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self._put
        self._put += len(sound)
        made = [packet for each in self._resampler.resample(frame) for packet in self._context.encode(each)]
        return [bytes(packet) for packet in made]

    def end(self) -> list[bytes]:
        """What is still inside, behind it silence up to a whole frame."""
        # What is inside: a frame not full, the encoder's frame of delay, and the filter of the resampler.
        padding = 3 * SAMPLES * RATE // self._rate
        return self.put(np.zeros(padding, np.int16))
