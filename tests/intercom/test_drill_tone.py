"""A drill's tone: found through rooms, codecs, noise and straying clocks; not found where it was not played."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.intercom.drills.recogniser import THRESHOLD, Listener
from services.intercom.drills.tone import LEVEL_DBFS, RATE, TONE_S, tone
from tests.intercom.kitchen_sounds import (
    NOISES,
    Sound,
    fan,
    mixed,
    played_faster,
    room,
    through_aac,
    through_g711,
    through_room,
    white,
)

CODE = "run-1/school/cook-1#1"
BEGIN_S = 1.3


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def recorded(sound: Sound, seconds: float = 5.0) -> Sound:
    """The sound in a silence that is not quite one."""
    whole = white(seconds, random()) * 0.01
    begin = round(BEGIN_S * RATE)
    whole[begin : begin + len(sound)] += sound
    return whole


def test_the_tone_is_what_its_page_says() -> None:
    sound = tone(CODE)
    assert len(sound) == round(TONE_S * RATE) < 3 * RATE
    assert 20 * np.log10(np.sqrt(np.mean(sound[:1600] ** 2))) == pytest.approx(LEVEL_DBFS, abs=0.1)
    assert np.abs(sound).max() < 0.6, "nothing is clipped"
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    assert power[(hz > 1000) & (hz < 3000)].sum() / power.sum() > 0.999
    assert np.array_equal(tone(CODE), sound), "the same for the same code"
    likeness = np.corrcoef(sound, tone("run-1/school/cook-2#1"))[0, 1]
    assert abs(likeness) < 0.1


WAYS: dict[str, Callable[[Sound], Sound]] = {
    "as it is": lambda sound: sound,
    "A-law, then AAC": lambda sound: through_aac(through_g711(sound, "pcma")),
    "mu-law, then AAC of 16 kbit/s": lambda sound: through_aac(through_g711(sound, "pcmu"), 16_000, 16_000),
    "very faint": lambda sound: through_aac(through_g711(sound * 0.004)),
    "a small room": lambda sound: through_room(sound, room(0.3, 0.0, random())),
    "a tiled kitchen, far from the camera": lambda sound: through_room(sound, room(1.2, -9.0, random())),
    "clocks that stray by 300 ppm": lambda sound: played_faster(sound, 300),
    "a speaker that clips": lambda sound: np.clip(sound * 12, -0.3, 0.3).astype(np.float32),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_found_when_and_as_loud_as_it_was_heard(way: str) -> None:
    found = Listener(WAYS[way](recorded(tone(CODE)))).find(CODE)
    assert found is not None, way
    assert found.at_s == pytest.approx(BEGIN_S, abs=0.006)
    assert found.heard == 8
    if way == "as it is":
        assert found.level_dbfs == pytest.approx(LEVEL_DBFS, abs=0.3)
        assert found.snr_db > 20


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("snr_db", [10.0, 0.0, -12.0])
def test_it_is_found_in_every_noise(noise: str, snr_db: float) -> None:
    heard = mixed(tone(CODE), NOISES[noise](6.0, random()), snr_db, BEGIN_S)
    found = Listener(heard).find(CODE)
    assert found is not None, noise
    assert found.at_s == pytest.approx(BEGIN_S, abs=0.003)


def test_lost_and_late_packets_cost_syllables_and_not_the_tone() -> None:
    packets = tone(CODE).copy()
    for lost in random().choice(len(packets) // 160, 12, replace=False):
        packets[lost * 160 : (lost + 1) * 160] = 0
    assert Listener(recorded(packets)).find(CODE) is not None, "12 of 97 packets lost"
    late = np.concatenate([packets[:7040], np.zeros(320, np.float32), packets[7040:]])
    assert Listener(recorded(late)).find(CODE) is not None, "the camera's buffer ran dry for 40 ms"


NOTHING: dict[str, Sound] = {
    "speaker muted: the room alone": fan(6.0, random()),
    "microphone muted: digital silence": np.zeros(6 * RATE, np.float32),
    "microphone muted, through AAC": through_aac(np.zeros(6 * RATE, np.float32)),
    "wrong room: another drill's tone": recorded(tone("run-1/school/cook-2#1")),
    "wrong room: the tone of an earlier try": recorded(tone("run-1/school/cook-1#2")),
    "two of its eight syllables": recorded(tone(CODE)[: round(0.25 * TONE_S * RATE)]),
    "too short a recording": tone(CODE)[: RATE // 2],
    "no recording": np.zeros(0, np.float32),
}


@pytest.mark.parametrize("what", NOTHING)
def test_it_is_not_found_where_it_was_not_played(what: str) -> None:
    assert Listener(NOTHING[what]).find(CODE) is None


def test_of_two_tones_at_once_both_are_found() -> None:
    both = recorded(tone(CODE) + np.roll(tone("other"), 1600) * 0.2)
    listener = Listener(both)
    assert listener.find(CODE) is not None
    assert listener.find("other") is not None
    assert listener.find("a third") is None


@pytest.mark.parametrize("noise", NOISES)
def test_noise_stays_below_the_threshold(noise: str) -> None:
    """A few of the thousands that `make proof-drills` tries."""
    listener = Listener(NOISES[noise](8.0, random()))
    assert max(listener.best(f"code-{number}").evidence for number in range(6)) < THRESHOLD
