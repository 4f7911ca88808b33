"""AAC of the media plane decoded to what a drill listens to: one channel at 8 kHz, on its own timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from services.intercom.drills.tone import RATE, Sound
from shared.errors import ProtocolViolation
from shared.media.sound_setup import SoundSetup

# A hole longer than this in what came is filled with silence, so that what follows keeps its place.
_HOLE_S = 0.010


@dataclass(frozen=True, slots=True)
class SoundUnit:
    """One AAC access unit; `pts` counts the sample rate."""

    pts: int
    data: bytes


def decoded(units: Sequence[SoundUnit], setup: SoundSetup) -> Sound:
    """From the first unit's time on. Blocks: give it a thread.

    Raises:
        ProtocolViolation: it is no AAC.
    """
    try:
        decoder = av.CodecContext.create("aac", "r")
        assert isinstance(decoder, AudioCodecContext)
        decoder.extradata = setup.config
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
        return _joined(units, setup, decoder, resampler)
    except (av.FFmpegError, ValueError) as error:
        raise ProtocolViolation(f"the camera's sound cannot be decoded: {error}") from error


def _joined(
    units: Sequence[SoundUnit], setup: SoundSetup, decoder: AudioCodecContext, resampler: av.AudioResampler
) -> Sound:
    pieces: list[Sound] = []
    count = 0
    for unit in units:
        for frame in decoder.decode(av.Packet(unit.data)):
            place = round((unit.pts - units[0].pts) * RATE / setup.sample_rate)
            if place - count > _HOLE_S * RATE:
                pieces.append(np.zeros(place - count, np.float32))
                count = place
            frame.pts = None  # the resampler would fill the same holes again
            for even in resampler.resample(frame):
                piece = np.asarray(even.to_ndarray()[0], np.float32)
                pieces.append(piece)
                count += len(piece)
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
