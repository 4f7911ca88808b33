"""A browser's packets as a camera plays them: passed on, decoded, guessed, left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.intercom.adapters.libopus import Libopus
from services.intercom.g711 import SILENCE, Law, decoded, encoded
from services.intercom.limiter import CEILING
from services.intercom.playout import Gap, Packet
from services.intercom.talk_sound import SAMPLES, TalkSound
from shared.errors import ProtocolViolation
from tests.intercom.heard import frequency
from tests.intercom.opus import packets, wave

OPUS, PCMU, PCMA = 111, 0, 8


def talk(law: Law = "pcmu") -> TalkSound:
    return TalkSound(law, Libopus())


def level(payload: bytes | None) -> float:
    assert payload is not None
    return float(np.abs(decoded(payload, "pcmu").astype(np.int32)).max())


def tone(hz: float = 440.0, amplitude: int = 8000) -> NDArray[np.int16]:
    return (np.sin(2 * np.pi * hz * np.arange(SAMPLES) / 8000) * amplitude).astype(np.int16)


def test_what_the_camera_takes_is_passed_on_untouched() -> None:
    loud = encoded(np.full(SAMPLES, 32000, np.int16), "pcmu")
    assert talk("pcmu").of(Packet(loud, PCMU)) is loud


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
def test_opus_comes_out_with_its_frequency_and_its_level(law: Law) -> None:
    sound = talk(law)
    played = b"".join(sound.of(Packet(one, OPUS)) or b"" for one in packets(wave(440, 1.0)))
    heard = decoded(played, law).astype(np.float64)[1600:]
    assert len(played) == 50 * SAMPLES
    assert frequency(heard) == pytest.approx(440, abs=2)
    assert np.abs(heard).max() == pytest.approx(0.3 * 32767, rel=0.1)


def test_the_other_law_is_made_of_it() -> None:
    said = tone()
    played = talk("pcmu").of(Packet(encoded(said, "pcma"), PCMA))
    assert played is not None
    assert np.abs(decoded(played, "pcmu").astype(int) - said).max() < 0.05 * 8000


def test_what_is_too_loud_is_turned_down_and_does_not_clip() -> None:
    sound = talk()
    played = b"".join(sound.of(Packet(one, OPUS)) or b"" for one in packets(wave(440, 1.0, level=0.99)))
    heard = decoded(played, "pcmu").astype(np.int32)[1600:]
    assert 0.9 * CEILING < np.abs(heard).max() < 1.03 * CEILING
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    tone_at = int(np.argmax(power))
    # A cut top has a third harmonic of some percent; G.711's steps alone make a ten-thousandth.
    assert power[3 * tone_at - 5 : 3 * tone_at + 6].sum() / power.sum() < 1e-3


def test_a_lost_packet_is_taken_from_the_one_behind_it() -> None:
    made = packets(np.concatenate([wave(300, 0.5), wave(900, 0.5)]), repairs=True)
    lost = 27
    assert len(made[lost + 1]) > 1
    with_repair, without = talk(), talk()
    for one in made[:lost]:
        with_repair.of(Packet(one, OPUS))
        without.of(Packet(one, OPUS))
    whole = talk()
    true = [whole.of(Packet(one, OPUS)) or b"" for one in made[: lost + 1]][-1]
    errors = []
    for sound, behind in ((with_repair, Packet(made[lost + 1], OPUS)), (without, None)):
        guessed = sound.of(Gap(behind))
        assert guessed is not None
        errors.append(np.abs(decoded(guessed, "pcmu").astype(int) - decoded(true, "pcmu").astype(int)).mean())
    assert errors[0] < errors[1], "better than a guess"


def test_guesses_end_in_silence_and_the_next_word_is_heard() -> None:
    sound = talk()
    made = packets(wave(440, 1.0))
    for one in made[:25]:
        sound.of(Packet(one, OPUS))
    guesses = [sound.of(Gap()) for _ in range(6)]
    assert level(guesses[0]) > 3000, "the vowel goes on"
    assert guesses[3:] == [bytes([SILENCE["pcmu"]]) * SAMPLES] * 3
    assert level(sound.of(Packet(made[31], OPUS))) > 1000


def test_gaps_of_sound_that_is_passed_on_are_silence() -> None:
    sound = talk("pcma")
    sound.of(Packet(encoded(tone(), "pcma"), PCMA))
    assert sound.of(Gap()) == bytes([SILENCE["pcma"]]) * SAMPLES


def test_silence_is_left_out_where_there_is_delay_and_words_are_not() -> None:
    sound = talk()
    quiet = encoded(np.zeros(SAMPLES, np.int16), "pcmu")
    assert sound.of(Packet(quiet, PCMU)) == quiet
    assert sound.of(Packet(quiet, PCMU, may_be_left_out=True)) is None
    said = encoded(tone(), "pcmu")
    assert sound.of(Packet(said, PCMU, may_be_left_out=True)) == said


def test_a_decoder_that_heard_what_came_before_a_press_is_loud_at_once() -> None:
    made = packets(wave(440, 1.0))
    cold, warm = talk(), talk()
    for one in made[22:30]:
        warm.warm(OPUS, one)
    first_warm, first_cold = warm.of(Packet(made[30], OPUS)), cold.of(Packet(made[30], OPUS))
    assert level(first_warm) > 0.8 * 0.3 * 32767
    assert level(first_cold) < level(first_warm)


def test_what_is_no_opus_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        talk().of(Packet(b"\xff" * 40, OPUS))
    with pytest.raises(ProtocolViolation):
        talk().warm(OPUS, b"\xff" * 40)
