"""A microphone out of the media plane: real AAC in real fragments, its holes, another run, and when it was there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from services.intercom.adapters.microphone import Microphone
from services.intercom.drills.recogniser import Listener
from services.intercom.drills.tone import RATE, tone
from shared.media.formats import AudioFormat, StreamFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import Fragmenter
from shared.media.sound_setup import sound_setup
from tests.media.conftest import encode, format_of

SOUND_RATE = 32_000
UNIT = 1024


class Feed:
    """What Microphone subscribes to."""

    def __init__(self) -> None:
        self.hear: Callable[[Fragment], None] = lambda fragment: None
        self.is_closed = False

    async def subscribe(self, hear: Callable[[Fragment], None]) -> Feed:
        self.hear = hear
        return self

    async def close(self) -> None:
        self.is_closed = True


def aac(sound: np.ndarray) -> tuple[bytes, list[bytes]]:
    """AudioSpecificConfig and access units, without the one that only fills the encoder."""
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE, "mono", "fltp"
    encoder.bit_rate, encoder.time_base = 32_000, Fraction(1, SOUND_RATE)
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE, frame_size=UNIT)
    frame = av.AudioFrame.from_ndarray(sound[None, :].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    packets = [
        packet for part in [*resampler.resample(frame), *resampler.resample(None)] for packet in encoder.encode(part)
    ]
    packets += encoder.encode(None)
    return bytes(encoder.extradata or b""), [bytes(packet) for packet in packets if (packet.pts or 0) >= 0]


def filmed(sound: np.ndarray | None, run: str = "00112233445566ff", seconds: int = 5) -> Iterator[Fragment]:
    """One run: pictures, and the sound from their beginning on."""
    units = encode("h264", pictures=25 * seconds)
    config, packets = aac(sound) if sound is not None else (b"", [])
    audio = AudioFormat(SOUND_RATE, 1, config) if sound is not None else None
    fragmenter = Fragmenter(StreamFormat(format_of("h264", units), audio), run)
    said = 0
    for unit, _ in units:
        yield from fragmenter.push_video(unit, unit.pts_90k * 100 // 9)
        while said < len(packets) and said * UNIT * 90_000 // SOUND_RATE <= unit.pts_90k:
            at_us = said * UNIT * 1_000_000 // SOUND_RATE
            fragmenter.push_audio(packets[said], said * UNIT, UNIT, at_us, at_us)
            said += 1
    yield from fragmenter.flush()


async def hearing(fragments: list[Fragment]) -> Microphone:
    feed = Feed()
    microphone = Microphone(feed.subscribe)
    await microphone.open()
    for fragment in fragments:
        feed.hear(fragment)
    return microphone


def recorded() -> np.ndarray:
    sound = np.zeros(5 * RATE, np.float32)
    sound[RATE : RATE + len(tone("a"))] = tone("a")
    return sound


async def test_sound_comes_back_in_its_place() -> None:
    microphone = await hearing(list(filmed(recorded())))
    assert await microphone.until_hearing(0.1)
    assert microphone.has_sound_track
    sound = await microphone.sound()
    assert sound is not None
    found = Listener(sound).find("a")
    assert found is not None
    assert found.at_s == pytest.approx(1.0, abs=0.002)
    arrived_us = microphone.arrived_us(found.at_s)
    assert arrived_us == pytest.approx(1_000_000, abs=60_000), "as its fragment that waited least says"


async def test_who_listens_from_the_middle_of_a_gop_waits_for_the_next() -> None:
    fragments = list(filmed(recorded()))
    microphone = await hearing(fragments[2:4])
    assert microphone.has_pictures
    assert not await microphone.until_hearing(0.01)
    assert await microphone.sound() is None
    microphone = await hearing(fragments[2:])
    assert await microphone.until_hearing(0.01)
    sound = await microphone.sound()
    assert sound is not None
    assert Listener(sound).find("a") is not None, "what came before the IDR counts too"


async def test_a_hole_is_silence_and_another_run_begins_anew() -> None:
    fragments = list(filmed(recorded()))
    holed = [fragment for number, fragment in enumerate(fragments) if number != 12]
    sound = await (await hearing(holed)).sound()
    assert sound is not None
    assert len(sound) == pytest.approx(5 * RATE, abs=RATE // 4)
    found = Listener(sound).find("a")
    assert found is not None
    assert found.at_s == pytest.approx(1.0, abs=0.02)
    other = list(filmed(np.zeros(2 * RATE, np.float32), "ffffffffffffffff", seconds=2))
    later = await (await hearing([*fragments, *other])).sound()
    assert later is not None
    assert len(later) < 2.2 * RATE


async def test_without_sound_it_says_so() -> None:
    fragments = list(filmed(None, seconds=2))
    microphone = await hearing(fragments)
    assert await microphone.until_hearing(0.1)
    assert (microphone.has_pictures, microphone.has_sound_track) == (True, False)
    assert await microphone.sound() is None
    assert sound_setup(fragments[0].payload[: fragments[0].header.init_bytes]) is None


async def test_broken_bytes_are_left_out() -> None:
    fragments = list(filmed(recorded()))
    broken = [Fragment(one.header, one.payload[: len(one.payload) // 2]) for one in fragments]
    microphone = await hearing(broken)
    await microphone.sound()
    await microphone.close()
