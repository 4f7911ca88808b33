"""Encodes composed pictures and sound into a file, once, and puts it in its place only when it is whole."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from shared.simulator.picture_index import Pixels


@dataclass(frozen=True, slots=True)
class Encoding:
    """`is_constant` holds each second to the bitrate, as cameras set to CBR do; else it is what a quality costs."""

    width: int
    height: int
    frame_rate: int
    gop_pictures: int
    bitrate_kbps: int
    is_constant: bool = False

    @property
    def options(self) -> dict[str, str]:
        options = {
            "preset": "veryfast",
            # No B-pictures, as surveillance cameras encode; an IDR exactly every gop_pictures.
            "x264-params": f"bframes=0:keyint={self.gop_pictures}:min-keyint={self.gop_pictures}:scenecut=0:open-gop=0",
        }
        rate = f"{self.bitrate_kbps}k"
        if self.is_constant:
            return options | {"maxrate": rate, "bufsize": rate, "tune": "zerolatency"}
        return options | {"maxrate": rate, "bufsize": rate, "crf": "17"}


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples, -1 to 1."""

    codec: Literal["aac", "pcm_mulaw"]
    sample_rate: int
    samples: NDArray[np.float32]


class FootageWriter:
    """Writes a QuickTime file (it may hold G.711 as well as AAC): `with` it, add pictures, `finish`.

    Left without `finish`, it leaves nothing behind.
    """

    def __init__(self, path: Path, encoding: Encoding, sound: Sound | None = None):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._encoding = encoding
        self._sound = sound
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        self._partial = Path(name)
        self._container = av.open(name, "w", format="mov")
        self._video = _video_stream(self._container, encoding)
        self._audio = None if sound is None else _audio_stream(self._container, sound)
        self._count = 0

    def __enter__(self) -> FootageWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._container.close()
        self._partial.unlink(missing_ok=True)

    def add(self, pixels: Pixels) -> None:
        """The next picture, RGB (height, width, 3)."""
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = self._count, Fraction(1, self._encoding.frame_rate)
        self._container.mux(self._video.encode(frame))
        self._count += 1

    def finish(self) -> None:
        """Put the whole file in its place."""
        self._container.mux(self._video.encode(None))
        if self._sound is not None and self._audio is not None:
            _write_sound(self._container, self._audio, self._sound)
        self._container.close()
        self._partial.chmod(0o644)
        self._partial.replace(self._path)


def _video_stream(container: av.container.OutputContainer, encoding: Encoding) -> av.VideoStream:
    stream = container.add_stream("libx264", rate=encoding.frame_rate, options=encoding.options)
    stream.width, stream.height, stream.pix_fmt = encoding.width, encoding.height, "yuv420p"
    if encoding.is_constant:
        stream.bit_rate = encoding.bitrate_kbps * 1000
    return stream


def _audio_stream(container: av.container.OutputContainer, sound: Sound) -> av.AudioStream:
    stream = container.add_stream(sound.codec, rate=sound.sample_rate, layout="mono")
    if sound.codec == "aac":
        stream.bit_rate = 32_000
    return stream


def _write_sound(container: av.container.OutputContainer, stream: av.AudioStream, sound: Sound) -> None:
    sample_format = stream.codec_context.format.name
    step = stream.codec_context.frame_size or sound.sample_rate // 50
    for begin in range(0, len(sound.samples) - step + 1, step):
        part = sound.samples[begin : begin + step].reshape(1, -1)
        if sample_format == "s16":
            part = (part * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format=sample_format, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sound.sample_rate, begin, Fraction(1, sound.sample_rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
