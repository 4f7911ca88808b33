"""Telephone sound becomes AAC that decodes to the same tone at the same time."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from services.ingest.adapters.pyav_audio import AacEncoder
from shared.errors import ProtocolViolation
from shared.media.access_unit import AudioUnit

Codec = Literal["pcmu", "pcma", "g726"]
RATE = 8000
PACKET = 160  # 20 ms
TONE_HZ = 400


def tone(packets: int) -> NDArray[np.int16]:
    at = np.arange(packets * PACKET)
    return (12_000 * np.sin(2 * math.pi * TONE_HZ * at / RATE)).astype(np.int16)


def encoded(codec: Codec, samples: NDArray[np.int16]) -> list[bytes]:
    """What a camera would send, 20 ms a packet, from libav's encoder."""
    name = {"pcmu": "pcm_mulaw", "pcma": "pcm_alaw", "g726": "g726le"}[codec]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = RATE, "mono", "s16"
    if codec == "g726":
        context.bit_rate = 32_000
    packets = []
    for begin in range(0, len(samples), PACKET):
        frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + PACKET], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, begin
        packets += [bytes(packet) for packet in context.encode(frame)]
    stream = b"".join((*packets, *(bytes(packet) for packet in context.encode(None))))
    step = PACKET // 2 if codec == "g726" else PACKET
    return [stream[begin : begin + step] for begin in range(0, len(samples) * step // PACKET, step)]


def decoded(encoder: AacEncoder, made: list[tuple[bytes, int, int]]) -> NDArray[np.float32]:
    context = av.CodecContext.create("aac", "r")
    assert isinstance(context, AudioCodecContext)
    context.extradata = encoder.format.config
    frames = [frame.to_ndarray() for data, _, _ in made for frame in context.decode(av.Packet(data))]
    heard: NDArray[np.float32] = np.concatenate(frames, axis=1)[0]
    return heard


@pytest.mark.parametrize("codec", ["pcmu", "pcma", "g726"])
def test_the_tone_survives_in_its_place(codec: Codec) -> None:
    encoder = AacEncoder(codec, RATE)
    first = 5_000_000_000
    samples = tone(100)
    samples[: 50 * PACKET] = 0  # the tone begins after exactly one second
    made = [
        unit
        for index, data in enumerate(encoded(codec, samples))
        for unit in encoder.push(AudioUnit(codec, data, first + index * PACKET, RATE, 0))
    ]
    assert encoder.format.sample_rate == 32_000
    assert encoder.format.codecs == "mp4a.40.2"
    assert [pts for _, pts, _ in made] == [first - 256 + index * 256 for index in range(len(made))]
    assert {duration for _, _, duration in made} == {256}
    heard = decoded(encoder, made)
    loud = int(np.argmax(np.abs(heard) > 0.1)) / 32_000 - 1024 / 32_000
    assert loud == pytest.approx(1.0, abs=0.01)
    middle = heard[-16_000:-4_000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 32_000 / len(middle) == pytest.approx(TONE_HZ, abs=5)
    assert np.abs(middle).max() == pytest.approx(12_000 / 32_768, rel=0.15)


HOLES = [
    # what, the packets' PTS in ms, how often the AAC's PTS break
    ("two packets lost", [*range(0, 400, 20), *range(440, 1000, 20)], 0),
    ("two lost at a time, often", [at for at in range(0, 2000, 20) if at % 200 < 160], 0),
    ("a stray clock", [at + (at // 20 % 3) * 5 for at in range(0, 1000, 20)], 0),
    ("half a second lost", [*range(0, 400, 20), *range(900, 1500, 20)], 1),
    ("heard twice", [*range(0, 400, 20), *range(340, 1000, 20)], 0),
    ("the clock goes back by a minute", [*range(60_000, 61_000, 20), *range(0, 1000, 20)], 1),
]


@pytest.mark.parametrize(("what", "times_ms", "breaks"), HOLES, ids=[row[0] for row in HOLES])
def test_holes(what: str, times_ms: list[int], breaks: int) -> None:
    encoder = AacEncoder("pcmu", RATE)
    made = [unit for at in times_ms for unit in encoder.push(AudioUnit("pcmu", bytes(PACKET), at * 8, RATE, 0))]
    steps = [later[1] - earlier[1] for earlier, later in itertools.pairwise(made)]
    assert sum(step != 256 for step in steps) == breaks
    end = times_ms[-1] * 8 + PACKET
    assert abs(made[-1][1] + 256 - end) <= 3 * 256  # what the encoder looks ahead


@pytest.mark.parametrize(
    ("rate", "sample_rate"), [(8000, 32_000), (16_000, 32_000), (11_025, 44_100), (44_100, 44_100), (48_000, 48_000)]
)
def test_the_sample_rate_is_a_multiple_of_the_clock_rate(rate: int, sample_rate: int) -> None:
    assert AacEncoder("pcma", rate).format.sample_rate == sample_rate


def test_stereo() -> None:
    encoder = AacEncoder("pcma", 16_000, 2)
    made = [unit for index in range(30) for unit in encoder.push(AudioUnit("pcma", bytes(640), index * 320, 16_000, 0))]
    assert encoder.format.channels == 2
    assert len(made) > 15


def test_rates_that_aac_has_not_are_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        AacEncoder("pcmu", 7919)


def test_an_empty_packet_is_harmless() -> None:
    encoder = AacEncoder("pcmu", RATE)
    assert encoder.push(AudioUnit("pcmu", b"", 0, RATE, 0)) == []
