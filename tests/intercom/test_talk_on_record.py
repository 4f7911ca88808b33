"""A talk written down and read back: every byte that was sent and heard, whatever dies in between."""

from __future__ import annotations

import io
import wave
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from hypothesis import given
from hypothesis import strategies as st

from services.intercom.adapters.journal_spool import JournalSpool
from services.intercom.adapters.listening_copy import RATE, listening_copy
from services.intercom.adapters.talk_recorder import TalkRecorder
from services.intercom.g711 import encoded
from services.intercom.talk_journal import About, Entry, Told, entries_of, read
from services.intercom.talk_sound_file import sent_at_us, sound_file
from shared.clock import FakeClock
from shared.errors import ProtocolViolation
from shared.messages.intercom import TalkEnded, TalkStarted, TalkWanted
from shared.rtsp.audio_config import aac_lc_config

BEGAN_US = 1_764_000_000_000_000
ABOUT = About(
    record="w.0123456789abcdef-1", talk="w.0123456789abcdef", site="school", camera="cook", case="case-7",
    talker="li", priority="order", codec="pcmu",
)  # fmt: skip


def tone(hz: float, number: int, rate: int = 8000, samples: int = 160) -> np.ndarray:
    at = np.arange(number * samples, (number + 1) * samples) / rate
    return (8000 * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def said() -> list[bytes]:
    return [encoded(tone(440.0, number), "pcmu") for number in range(100)]


@cache
def heard() -> list[bytes]:
    """Two seconds of 880 Hz as AAC at 16 kHz."""
    context = av.CodecContext.create("aac", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = 16_000, "mono", "fltp"
    units: list[bytes] = []
    for number in range(32):
        sound = tone(880.0, number, 16_000, 1024).astype(np.float32) / 32768
        frame = av.AudioFrame.from_ndarray(sound[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, number * 1024
        units += [bytes(packet) for packet in context.encode(frame)]
    return units


@cache
def journal() -> bytes:
    """A second of speech, three of silence, a second of speech; the kitchen is heard all the time."""
    entries = [Entry("about", BEGAN_US, ABOUT.model_dump_json().encode()), Entry("press", BEGAN_US)]
    entries.append(Entry("microphone", BEGAN_US, aac_lc_config(16_000, 1)))
    for number, payload in enumerate(said()):
        late_us = 3_000_000 * (number >= 50)
        if number == 50:
            entries.append(Entry("release", BEGAN_US + 1_000_000, b"released"))
            entries.append(Entry("press", BEGAN_US + 4_000_000))
        # The pacer wavers by some milliseconds; what is laid out does not.
        entries.append(Entry("sent", BEGAN_US + number * 20_000 + late_us + number % 3 * 4000, payload))
    entries += [Entry("heard", BEGAN_US + number * 64_000, unit) for number, unit in enumerate(heard())]
    entries.append(Entry("release", BEGAN_US + 5_000_000, b"hung_up"))
    return b"".join(entry.encode() for entry in entries)


def test_a_journal_tells_what_was() -> None:
    told = read(journal())
    assert told.about == ABOUT
    assert (len(told.presses), told.spoken_s, told.ending) == (2, 2.0, "hung_up")
    assert [entry.data for entry in told.sent] == said()
    assert (told.from_us, told.to_us) == (BEGAN_US, BEGAN_US + 5_000_000)
    steps = np.diff(sent_at_us(told.sent))
    assert sorted(set(steps.tolist()))[0] == 20_000
    assert (steps == 20_000).sum() == 98
    assert 3_000_000 < steps.max() < 3_040_000


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_worker_that_dies_loses_the_end_and_nothing_else(share: float) -> None:
    whole = journal()
    told = read(whole[: int(len(whole) * share)])
    assert told.ending in ("worker_lost", "released")
    assert said()[: len(told.sent)] == [entry.data for entry in told.sent]
    assert sound_file(told)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_whatever_lies_on_disk_is_read_or_refused(noise: bytes, at: int) -> None:
    whole = journal()[:2000]
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            read(data)
        except ProtocolViolation:
            continue


def test_the_file_holds_every_byte_and_others_read_it() -> None:
    told = read(journal())
    made = sound_file(told)
    assert made == sound_file(told), "the same journal, the same file, the same digest"
    with av.open(io.BytesIO(made)) as file:
        to, back = file.streams.audio
        assert (to.codec_context.name, to.rate, back.codec_context.name, back.rate) == ("pcm_mulaw", 8000, "aac", 16000)
        assert back.codec_context.extradata == aac_lc_config(16_000, 1)
        packets: tuple[list[tuple[int, bytes]], ...] = ([], [])
        for packet in file.demux():
            if packet.pts is not None:  # the last ones are empty
                packets[packet.stream_index].append((packet.pts, bytes(packet)))
        assert file.duration == 5_000_000
        tags = {name.upper(): value for name, value in file.metadata.items()}
        assert (tags["TALKER"], tags["CAMERA"], tags["CASE"]) == ("li", "cook", "case-7")
    assert [data for _, data in packets[0]] == said()
    assert [data for _, data in packets[1]] == heard()
    times = [at for at, _ in packets[0]]
    assert (times[0], times[49], times[50] > 4000) == (0, 980, True), "the silence between two presses is in it"


def test_the_copy_has_the_talker_left_and_the_kitchen_right() -> None:
    told = read(journal())
    with wave.open(io.BytesIO(listening_copy(told))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(np.float64)
    assert abs(len(both) / RATE - 5.0) < 0.2

    def strongest(sound: np.ndarray) -> float:
        return float(np.argmax(np.abs(np.fft.rfft(sound * np.hanning(len(sound))))) * RATE / len(sound))

    assert strongest(both[1600:14_000, 0]) == pytest.approx(440, abs=4)
    assert strongest(both[4 * RATE + 1600 : 5 * RATE - 1600, 0]) == pytest.approx(440, abs=4)
    assert np.abs(both[RATE + 1600 : 4 * RATE - 1600, 0]).max() == 0, "nobody spoke in between"
    assert strongest(both[1600 : 2 * RATE - 1600, 1]) == pytest.approx(880, abs=4)


class FakeMicrophone:
    """Made anew for each part."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1


def wanted() -> TalkWanted:
    return TalkWanted(site="school", camera="cook", talker="li", priority="order", offer="v=0", case="case-7")


def started(at_us: int) -> TalkStarted:
    return TalkStarted(
        site="school",
        camera="cook",
        at_us=at_us,
        talk="t.0123456789abcdef",
        talker="li",
        priority="order",
        codec="pcma",
    )


def ended(at_us: int) -> TalkEnded:
    return TalkEnded(
        site="school", camera="cook", at_us=at_us, talk="t.0123456789abcdef", talker="li", priority="order",
        seconds=1.0, ending="preempted", packets=3,
    )  # fmt: skip


async def recorded(spool: JournalSpool, clock: FakeClock) -> FakeMicrophone:
    microphone = FakeMicrophone()
    recorder = TalkRecorder("t.0123456789abcdef", wanted(), spool, lambda on_entry: microphone, clock)
    recorder.sent(b"\x55" * 160)  # before a press nothing is kept
    recorder.note(started(clock.now_us()))
    for _ in range(3):
        recorder.sent(b"\x55" * 160)
    recorder.note(ended(clock.now_us() + 1_000_000))
    await recorder.close()
    return microphone


async def test_a_talk_is_on_disk_when_it_is_over(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = JournalSpool(tmp_path / "spool", "one", 1 << 20, clock)
    microphone = await recorded(spool, clock)
    assert (microphone.opened, microphone.closed) == (1, 1)
    await spool.flush()
    (path,) = spool.complete()
    told = read(path.read_bytes())
    assert (told.about.record, told.about.case, told.about.codec) == ("t.0123456789abcdef-1", "case-7", "pcma")
    assert (len(told.sent), told.ending, told.microphone) == (3, "preempted", None)
    assert path.stat().st_mode & 0o077 == 0, "voices are nobody else's"
    with av.open(io.BytesIO(sound_file(told))) as file:
        assert [stream.codec_context.name for stream in file.streams.audio] == ["pcm_alaw"]
    await spool.close()


async def test_what_a_dead_worker_left_is_taken_over_and_a_living_ones_is_not(tmp_path: Path) -> None:
    clock = FakeClock()
    living, dead, finder = (JournalSpool(tmp_path, name, 1 << 20, clock) for name in ("living", "dead", "finder"))
    journals = [spool.begin(ABOUT.model_copy(update={"record": name}), clock.now_us()) for spool, name in
                ((living, "l.0-1"), (dead, "d.0-1"))]  # fmt: skip
    for each in journals:
        each.put(Entry("press", clock.now_us()))
        each.put(Entry("sent", clock.now_us(), b"\x55" * 160))
    for spool in (living, dead, finder):
        await spool.flush()
    await dead.close()  # the kernel lets go of its lock; its journal was never closed
    (found,) = finder.complete()
    assert [entry.kind for entry in entries_of(found.read_bytes())] == ["about", "press", "sent"]
    assert read(found.read_bytes()).ending == "worker_lost"
    assert not (tmp_path / "dead").exists()
    again = JournalSpool(tmp_path, "finder", 1 << 20, clock)
    await finder.close()
    await again.flush()
    assert again.complete() == [found], "and is still there after another death"
    for spool in (living, again):
        await spool.close()


async def test_a_full_spool_keeps_the_talk_and_not_its_sound(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = JournalSpool(tmp_path, "one", 10, clock)
    await recorded(spool, clock)
    await spool.flush()
    await recorded(spool, clock)
    await spool.flush()
    told = [read(path.read_bytes()) for path in spool.complete()]
    assert all(isinstance(each, Told) and not each.has_sound for each in told[1:])
    await spool.close()
