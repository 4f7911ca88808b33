"""One sound, made once for each law: a microphone's newest piece, a recording from its beginning."""

from __future__ import annotations

import numpy as np
import pytest

from services.intercom.g711 import Law, Sound, decoded, encoded, silence
from services.intercom.playout import Gap, Packet
from services.intercom.programme import SAMPLES, LiveProgramme, RecordedProgramme
from shared.errors import ProtocolViolation

LAWS: tuple[Law, ...] = ("pcmu", "pcma")


class Opus:
    """A decoder whose sounds can be told apart; payload b"?" is no Opus."""

    def __init__(self) -> None:
        self.decodings = 0

    def decode(self, payload: bytes) -> Sound:
        self.decodings += 1
        if payload == b"?":
            raise ProtocolViolation("no Opus")
        return np.full(SAMPLES, int(payload) * 1000, np.int16)

    def recover(self, behind: bytes) -> Sound:
        return np.full(SAMPLES, int(behind) * 1000 - 500, np.int16)

    def guess(self) -> Sound:
        return np.full(SAMPLES, 7000, np.int16)


def opus_packet(word: bytes, *, may_be_left_out: bool = False) -> Packet:
    return Packet(word, 111, may_be_left_out)


def level(piece: bytes, law: Law) -> int:
    return round(float(np.median(decoded(piece, law))))


def test_decoded_once_and_encoded_once_for_each_law() -> None:
    opus = Opus()
    live = LiveProgramme(opus)
    assert live.say(opus_packet(b"3"))
    for law in LAWS:
        first, again = live.piece(law, 0), live.piece(law, 17)
        assert first is again, "made once, however many cameras take it"
        assert level(first, law) == pytest.approx(3000, abs=60)
    assert opus.decodings == 1


@pytest.mark.parametrize(("kind", "law"), [(0, "pcmu"), (8, "pcma")])
def test_g711_of_a_browser_becomes_either_law(kind: int, law: Law) -> None:
    live = LiveProgramme(Opus())
    live.say(Packet(encoded(np.full(SAMPLES, -2000, np.int16), law), kind))
    assert {level(live.piece(each, 0), each) // 100 for each in LAWS} <= {-20, -21}


def test_what_is_lost_is_guessed_and_fades_to_silence() -> None:
    live = LiveProgramme(Opus())
    live.say(opus_packet(b"1"))
    live.say(Gap(opus_packet(b"4")))
    assert level(live.piece("pcmu", 0), "pcmu") == pytest.approx(3500, abs=100)
    live.say(Gap())
    assert level(live.piece("pcmu", 0), "pcmu") == pytest.approx(7000, abs=200)
    for _ in range(3):
        live.say(Gap())
    assert level(live.piece("pcmu", 0), "pcmu") == 0


def test_a_strangers_packet_is_as_good_as_lost() -> None:
    live = LiveProgramme(Opus())
    live.say(opus_packet(b"1"))
    assert live.say(opus_packet(b"?"))
    assert level(live.piece("pcma", 0), "pcma") == pytest.approx(7000, abs=200)


def test_only_silence_is_left_out() -> None:
    live = LiveProgramme(Opus())
    assert live.say(opus_packet(b"2", may_be_left_out=True))
    assert not live.say(opus_packet(b"0", may_be_left_out=True))
    assert live.say(opus_packet(b"0"))


def test_a_recording_is_the_same_for_whoever_comes_when() -> None:
    sound = (np.arange(SAMPLES * 2 + 40) * 10).astype(np.int16)
    recording = RecordedProgramme(sound)
    assert recording.seconds == pytest.approx(0.06)
    late = [recording.piece("pcma", number) for number in range(4)]
    soon = [recording.piece("pcmu", number) for number in range(4)]
    for pieces, law in ((late, "pcma"), (soon, "pcmu")):
        assert pieces[3] is None
        whole = [piece for piece in pieces if piece is not None]
        assert [len(piece) for piece in whole] == [SAMPLES] * 3
        assert whole[2][40:] == silence(law, SAMPLES - 40), "filled up to a whole piece"
        assert np.abs(decoded(b"".join(whole), law)[: len(sound)] - sound.astype(int)).max() < 200
    assert recording.piece("pcmu", 1) is soon[1]
