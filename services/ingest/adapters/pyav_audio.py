"""Makes AAC-LC of the telephone codecs that cameras speak, through libav."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from shared.errors import ProtocolViolation
from shared.media.access_unit import AudioUnit
from shared.media.formats import AudioFormat

AAC_FRAME = 1024
_DECODERS = {
    "pcmu": "pcm_mulaw",
    "pcma": "pcm_alaw",
    "g726": "g726le",  # RFC 3551 4.5.4 packs the first code into the least significant bits
}
# "fast" costs 0.4 % of a core a camera where libav's default costs 1.9 %, and telephone sound gains nothing by it.
_ENCODER_OPTIONS = {"aac_coder": "fast", "aac_pns": "0"}
_BIT_RATE_PER_CHANNEL = 32_000
# An access unit of 1,024 samples must not last longer than pictures lag: 32 ms at 32 kHz, 128 ms at 8 kHz.
_LOWEST_SAMPLE_RATE = 32_000

# What a camera's clock strays is left alone; a packet lost in the network is silence; more is a new beginning.
_STRAY_MS = 20
_HOLE_MS = 200


class AacEncoder:
    """One track of sound. PTS of what comes and of what goes count ticks of `clock_rate`.

    Lost packets up to 200 ms become silence, so that PTS stay continuous; after a longer hole it begins anew.
    """

    def __init__(self, codec: Literal["pcmu", "pcma", "g726"], clock_rate: int, channels: int = 1):
        """Raises ProtocolViolation where the rate or the number of channels is none that AAC has."""
        self._codec = codec
        self._clock_rate = clock_rate
        self._channels = channels
        self._has_begun = False
        self._factor = 1
        while clock_rate * self._factor < _LOWEST_SAMPLE_RATE:
            self._factor *= 2
        try:
            self._restart(0)
        except (av.FFmpegError, ValueError) as error:
            raise ProtocolViolation(f"no AAC of {codec} at {clock_rate} Hz, {channels} channels") from error
        config = self._encoder.extradata
        assert config is not None, "libav's AAC encoder states its AudioSpecificConfig when it opens"
        self._format = AudioFormat(clock_rate * self._factor, channels, bytes(config))

    @property
    def format(self) -> AudioFormat:
        """What comes out; its sample rate is a multiple of the clock rate."""
        return self._format

    def push(self, unit: AudioUnit) -> list[tuple[bytes, int, int]]:
        """Add one packet; returns AAC access units with PTS and duration.

        Raises:
            ProtocolViolation: libav cannot decode it.
        """
        pts = unit.pts
        late = pts - self._expected
        if not self._has_begun or abs(late) > self._clock_rate * _HOLE_MS // 1000:
            self._restart(pts)
            late = 0
        stray = self._clock_rate * _STRAY_MS // 1000
        if late < -stray:  # heard already
            return []
        made: list[tuple[bytes, int, int]] = []
        if late > stray:
            made += self._encode(self._silence(late))
        try:
            frames = self._decoder.decode(av.Packet(bytes(unit.data)))
        except av.FFmpegError as error:
            raise ProtocolViolation(f"{self._codec} packet of {len(unit.data)} bytes") from error
        for frame in frames:
            made += self._encode(frame)
        self._has_begun = True
        return made

    def _restart(self, pts: int) -> None:
        self._decoder = self._open_decoder()
        self._encoder = self._open_encoder()
        self._anchor = pts
        self._expected = pts
        self._has_begun = False

    def _encode(self, frame: AudioFrame) -> list[tuple[bytes, int, int]]:
        frame.pts = self._expected - self._anchor
        frame.time_base = Fraction(1, self._clock_rate)
        self._expected += frame.samples
        # The encoder's first access unit only fills its filter: its PTS is negative, the rest then is exact.
        return [
            (bytes(packet), self._anchor + packet.pts // self._factor, AAC_FRAME // self._factor)
            for packet in self._encoder.encode(frame)
            if packet.pts is not None
        ]

    def _silence(self, samples: int) -> AudioFrame:
        frame = AudioFrame(format="s16", layout=self._layout(), samples=samples)
        frame.sample_rate = self._clock_rate
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        return frame

    def _layout(self) -> str:
        return {1: "mono", 2: "stereo"}.get(self._channels, f"{self._channels}C")

    def _open_decoder(self) -> AudioCodecContext:
        decoder = av.CodecContext.create(_DECODERS[self._codec], "r")
        assert isinstance(decoder, AudioCodecContext)
        if self._codec == "g726":
            decoder.options = {"bits_per_coded_sample": "4"}  # G726-32, the one that cameras use
        decoder.sample_rate = self._clock_rate
        decoder.layout = self._layout()
        decoder.open()
        return decoder

    def _open_encoder(self) -> AudioCodecContext:
        rate = self._clock_rate * self._factor
        encoder = av.CodecContext.create("aac", "w")
        assert isinstance(encoder, AudioCodecContext)
        encoder.sample_rate = rate
        encoder.layout = self._layout()
        encoder.format = "fltp"
        encoder.bit_rate = _BIT_RATE_PER_CHANNEL * self._channels
        encoder.time_base = Fraction(1, rate)
        encoder.options = dict(_ENCODER_OPTIONS)
        encoder.open()
        return encoder
