"""G.711 against libav's tables, in both directions."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
import numpy as np
import pytest

from services.intercom.g711 import RATE, SILENCE, Law, decoded, encoded, silence

CODECS: dict[Law, str] = {"pcmu": "pcm_mulaw", "pcma": "pcm_alaw"}


def by_libav(sound: np.ndarray, law: Law) -> bytes:
    codec = cast("av.AudioCodecContext", av.CodecContext.create(CODECS[law], "w"))
    codec.sample_rate, codec.layout, codec.format, codec.time_base = RATE, "mono", "s16", Fraction(1, RATE)
    frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    return b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
def test_every_value_becomes_what_libav_makes_of_it_or_as_near(law: Law) -> None:
    every = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    ours, theirs = decoded(encoded(every, law), law), decoded(by_libav(every, law), law)
    error, allowed = np.abs(ours.astype(int) - every), np.abs(theirs.astype(int) - every)
    assert (error <= np.maximum(allowed, 8)).all(), "never further off than libav's table"


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
def test_every_code_survives(law: Law) -> None:
    codes = bytes(range(256))
    again = encoded(decoded(codes, law), law)
    # mu-law has a positive and a negative zero.
    assert [one for one, other in zip(codes, again, strict=True) if one != other] in ([], [0x7F], [0xFF])


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
def test_silence_plays_as_nothing(law: Law) -> None:
    assert np.abs(decoded(silence(law, 160), law)).max() <= 8
    assert SILENCE[law] == encoded(np.zeros(1, np.int16), law)[0] or law == "pcmu"
