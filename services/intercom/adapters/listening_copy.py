"""A WAV to listen to: the talker on the left, the kitchen on the right. Nothing but a browser is needed for it."""

from __future__ import annotations

import io
import wave

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from services.intercom.g711 import RATE as G711_RATE
from services.intercom.g711 import Law, decoded
from services.intercom.talk_journal import Told
from services.intercom.talk_sound_file import microphone_of, sent_at_us

# What telephones call wide band: the kitchen's voices keep their consonants.
RATE = 16_000


def listening_copy(told: Told) -> bytes:
    """16 bits, two channels. Takes a second for some minutes of talk: call it off the event loop."""
    samples = (told.to_us - told.from_us) * RATE // 1_000_000 + RATE // 10
    both = np.zeros((samples, 2), np.int16)
    law: Law = "pcma" if told.about.codec == "pcma" else "pcmu"
    for at_us, entry in zip(sent_at_us(told.sent), told.sent, strict=True):
        _lay(both[:, 0], np.repeat(decoded(entry.data, law), RATE // G711_RATE), at_us - told.from_us)
    _lay_microphone(both[:, 1], told)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(both.tobytes())
    return file.getvalue()


def _lay_microphone(channel: NDArray[np.int16], told: Told) -> None:
    microphone = microphone_of(told)
    if microphone is None:
        return
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.extradata = microphone.data
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    at_us: int | None = None
    due_us = 0
    for entry in told.heard:
        try:
            frames = [made for frame in decoder.decode(av.Packet(entry.data)) for made in resampler.resample(frame)]
        except av.FFmpegError:
            continue  # a unit that was cut on its way is a moment of silence
        for frame in frames:
            frame.pts = None
            sound = frame.to_ndarray()[0].astype(np.int16)
            # By their own times, but for the small change that rounding makes of them.
            at_us = entry.at_us if at_us is None or abs(entry.at_us - due_us) > 200_000 else due_us
            _lay(channel, sound, at_us - told.from_us)
            due_us = at_us + len(sound) * 1_000_000 // RATE


def _lay(channel: NDArray[np.int16], sound: NDArray[np.int16], after_us: int) -> None:
    begin = max(0, after_us * RATE // 1_000_000)
    end = min(len(channel), begin + len(sound))
    if end > begin:
        channel[begin:end] = sound[: end - begin]
