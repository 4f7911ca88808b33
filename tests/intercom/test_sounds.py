"""Texts spoken, files decoded, all at one loudness; disguised and broken files refused; espeak-ng itself, ffmpeg beside."""

from __future__ import annotations

import io
import re
import subprocess
import wave
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.intercom.adapters.sound_maker import SoundMaker
from services.intercom.adapters.sound_workshop import Refused, loudness, normalised, sniffed
from services.intercom.announcements import RATE, MadeSound
from shared.errors import RequestRefused
from tests.intercom.heard import frequency

TARGET_LUFS = -16.0


def tone(hz: float = 440.0, seconds: float = 2.0, level: float = 0.1, rate: int = RATE) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def encoded_as(kind: str, codec: str, sound: NDArray[np.float32], rate: int = 48_000) -> bytes:
    """A file of that kind, written by libav."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None, :], format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format.name, stream.layout.name, rate, stream.frame_size or 1024)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    return file.getvalue()


@pytest.fixture(scope="module")
def maker() -> SoundMaker:
    return SoundMaker(TARGET_LUFS, longest_s=20.0)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        ("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libopus"), ("ipod", "aac"),
        ("adts", "aac"),
    ],
)  # fmt: skip
async def test_a_file_of_any_kind_is_decoded_and_brought_to_one_loudness(
    maker: SoundMaker, kind: str, codec: str
) -> None:
    made = await maker.read(encoded_as(kind, codec, tone(880, rate=48_000)))
    assert made.duration_s == pytest.approx(2.0, abs=0.15)
    assert made.loudness_lufs == pytest.approx(TARGET_LUFS, abs=1.0)
    assert made.peak_dbfs < -1.4
    sound = np.frombuffer(made.pcm, "<i2").astype(float)
    assert np.argmax(np.abs(np.fft.rfft(sound))) * RATE / len(sound) == pytest.approx(880, abs=5)
    narrow = await maker.narrowed(made.pcm)
    assert len(narrow) == pytest.approx(len(sound) / 2, abs=40)
    assert frequency(narrow.astype(float)) == pytest.approx(880, abs=5)


DISGUISED = {
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a session": b"v=0\r\nm=audio 9 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a program": b"\x7fELF" + bytes(100),
    "nothing": b"",
}


@pytest.mark.parametrize("data", DISGUISED.values(), ids=DISGUISED)
def test_no_decoder_is_given_what_is_no_sound(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        sniffed(data)
    assert refused.value.code == "not_a_sound"


@given(st.binary(max_size=200))
def test_whatever_it_is_it_is_a_known_kind_or_refused(data: bytes) -> None:
    with suppress(Refused):
        assert sniffed(data) in {"wav", "flac", "ogg", "mp3", "amr", "aiff", "mov", "matroska", "aac"}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a playlist", DISGUISED["a playlist"], "not_a_sound"),
        ("a head without a body", b"RIFF\x24\0\0\0WAVEfmt ", "not_a_sound"),
        ("rubbish behind a head", b"OggS" + bytes(range(256)) * 8, "not_a_sound"),
        ("a film without sound", b"\0\0\0\x18ftypmp42" + bytes(200), "not_a_sound"),
        ("silence", encoded_as("wav", "pcm_s16le", np.zeros(48_000, np.float32)), "silent"),
        ("too long", encoded_as("mp3", "libmp3lame", tone(seconds=30, rate=48_000)), "too_long"),
    ],
)
async def test_what_is_no_announcement_is_refused(maker: SoundMaker, name: str, data: bytes, code: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        await maker.read(data)
    assert (refused.value.code, refused.value.status) == (code, 422), name
    assert str(refused.value)


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        ("请立即戴好口罩和帽子。", "zh-CN", (1.5, 5.0)),
        ("Please put on your mask and hat.", "en", (1.0, 4.0)),
        ("ERROR 42，温度 85 度！", "zh-CN", (1.5, 6.0)),
        ("<speak>x</speak> [[h@'loU]] ; rm -rf /", "en", (1.0, 9.0)),
    ],
)
async def test_a_text_is_spoken(maker: SoundMaker, text: str, language: str, seconds: tuple[float, float]) -> None:
    made = await maker.say(text, language)  # type: ignore[arg-type]
    assert seconds[0] < made.duration_s < seconds[1]
    assert made.loudness_lufs == pytest.approx(TARGET_LUFS, abs=1.0)
    assert made.voice == "espeak-ng"
    with wave.open(io.BytesIO(made.wav())) as reader:
        assert (reader.getframerate(), reader.getnframes() * 2) == (RATE, len(made.pcm))


async def test_mandarin_is_not_spelled_in_english(maker: SoundMaker) -> None:
    """Ten characters are ten syllables: a voice that does not know them says 'Chinese letter' for each."""
    ten = await maker.say("一二三四五六七八九十", "zh-CN")
    assert 1.5 < ten.duration_s < 6.0


@pytest.mark.parametrize("text", ["。", "  ", "…"])
async def test_a_text_without_a_word_is_refused(maker: SoundMaker, text: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        await maker.say(text, "zh-CN")
    assert refused.value.code in ("nothing_to_say", "silent")


def test_loudness_is_that_of_the_standard() -> None:
    """EBU Tech 3341, case 1: 1 kHz at -23 dBFS in both channels reads -23; in one of them, as here, 3 LU less."""
    measured, peak = loudness(tone(1000, 5.0, 10 ** (-23 / 20)))
    assert measured == pytest.approx(-26.0, abs=0.2)
    assert peak == pytest.approx(-23.0, abs=0.3)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("level", [0.003, 0.05, 0.9])
def test_ffmpeg_measures_the_same(tmp_path: Path, level: float) -> None:
    rng = np.random.default_rng(7)
    words = (
        tone(300, 4.0, level) * (0.3 + 0.7 * (np.sin(np.arange(4 * RATE) / 2000) > 0)) * rng.uniform(0.5, 1, 4 * RATE)
    )
    made, reached, _ = normalised(words.astype(np.float32), TARGET_LUFS)
    file = tmp_path / "made.wav"
    pcm = (np.clip(made, -1, 1) * 32767).astype("<i2").tobytes()
    file.write_bytes(MadeSound(pcm, reached, 0.0).wav())
    said = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", str(file), "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    summary = said[said.rindex("Summary:") :]
    measured = float(re.search(r"I:\s+(-?[\d.]+) LUFS", summary)[1])  # type: ignore[index]
    peak = float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)[1])  # type: ignore[index]
    assert measured == pytest.approx(reached, abs=0.2)
    assert measured == pytest.approx(TARGET_LUFS, abs=0.7)
    assert peak < -1.4
