"""A camera's AAC becomes Opus: the same tone, 20 ms a packet, time that goes on."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from services.intercom.adapters.opus_maker import PACKET_SAMPLES, RATE, OpusMaker
from services.intercom.picture_channel import Heard
from shared.errors import ProtocolViolation
from shared.media.samples import SoundSetup


def aac(rate: int, channels: int, seconds: float, hz: float = 440.0) -> tuple[SoundSetup, list[tuple[int, bytes]]]:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono" if channels == 1 else "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = 64_000, Fraction(1, rate)
    encoder.open()
    units = []
    for place in range(int(seconds * rate / 1024)):
        wave = np.sin(2 * np.pi * hz * np.arange(place * 1024, (place + 1) * 1024) / rate) * 0.3
        frame = av.AudioFrame.from_ndarray(np.tile(wave.astype(np.float32), (channels, 1)), "fltp", encoder.layout.name)
        frame.sample_rate, frame.pts = rate, place * 1024
        units += [bytes(packet) for packet in encoder.encode(frame)]
    assert encoder.extradata is not None
    return SoundSetup(bytes(encoder.extradata), rate, channels), [
        (place * 1024, unit) for place, unit in enumerate(units)
    ]


def heard(packets: list[tuple[bytes, int]]) -> np.ndarray:
    decoder = av.CodecContext.create("libopus", "r")
    found = [frame.to_ndarray() for payload, _ in packets for frame in decoder.decode(av.Packet(payload))]
    return np.concatenate([each.reshape(-1, 2)[:, 0] for each in found]).astype(np.float64)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (32000, 1), (44100, 2), (48000, 2)])
def test_the_tone_is_the_same_and_time_goes_on(rate: int, channels: int) -> None:
    setup, units = aac(rate, channels, 2.0)
    maker, packets = OpusMaker(), []
    for unit in units:
        packets += maker.make(Heard(setup, "run", (unit,)), 10.0)
    assert all(later - one == PACKET_SAMPLES for (_, one), (_, later) in pairwise(packets))
    assert len(packets) * 0.02 == pytest.approx(len(units) * 1024 / rate, abs=0.3)
    sound = heard(packets[5:])
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(440, abs=2)
    assert 0.2 < np.abs(sound[RATE // 2 :]).max() / (32767 if np.abs(sound).max() > 2 else 1) < 0.45


def test_after_a_hole_and_in_another_run_time_is_that_of_the_clock() -> None:
    setup, units = aac(16000, 1, 2.0)
    maker = OpusMaker()
    first = maker.make(Heard(setup, "run", tuple(units[:10])), 10.0)
    later = maker.make(Heard(setup, "run", tuple(units[20:])), 12.0)
    assert later[0][1] == 12 * RATE
    assert later[0][1] > first[-1][1]
    other = maker.make(Heard(setup, "other", tuple(units[:10])), 12.5)
    assert other[0][1] >= later[-1][1] + PACKET_SAMPLES, "never back, however the clock stands"


def test_what_is_no_aac_is_said() -> None:
    setup, _ = aac(16000, 1, 0.5)
    with pytest.raises(ProtocolViolation):
        OpusMaker().make(Heard(setup, "run", ((0, b"\xff" * 50),)), 0.0)
