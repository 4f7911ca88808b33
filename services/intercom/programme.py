"""The one sound of a broadcast, cut into what a camera is given every 20 ms: made once for each law. Pure.

A microphone has one piece at a time, the newest. A recording has all of them: a camera that comes late hears it from
its beginning.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from services.intercom.g711 import RATE, Law, Sound, decoded, encoded
from services.intercom.playout import Gap, Packet
from services.intercom.talk_sound import OpusDecoder, is_quiet
from shared.errors import ProtocolViolation

SAMPLES = RATE // 50
# Guesses in place of packets that do not come fade to silence: after 60 ms a guess is a lie.
_GUESSES = 3
_LAWS: dict[int, Law] = {0: "pcmu", 8: "pcma"}  # RFC 3551, static payload types
_SILENCE: Sound = np.zeros(SAMPLES, np.int16)


class Programme(Protocol):
    """What is said."""

    def piece(self, law: Law, number: int) -> bytes | None:
        """The `number`-th since a camera began to hear it; None: it is over."""
        ...


class LiveProgramme:
    """A microphone: `say` what is due, then everybody is given the same piece.

    Args:
        opus: the decoder of this talker.
    """

    def __init__(self, opus: OpusDecoder):
        self._opus = opus
        self._pieces: dict[Law, bytes] = {}
        self._sound = _SILENCE
        self._guesses = 0
        self._was_opus = False

    def say(self, packet: Packet | Gap) -> bool:
        """False where this packet is best left out, because nobody speaks and there is delay."""
        try:
            self._sound = self._guessed(packet) if isinstance(packet, Gap) else self._decoded(packet)
        except ProtocolViolation:
            self._sound = self._guessed(Gap())  # a stranger's packet is as good as lost
        self._pieces.clear()
        return not (isinstance(packet, Packet) and packet.may_be_left_out and is_quiet(self._sound))

    def piece(self, law: Law, number: int) -> bytes:
        found = self._pieces.get(law)
        if found is None:
            found = self._pieces[law] = encoded(self._sound, law)
        return found

    def _decoded(self, packet: Packet) -> Sound:
        self._guesses = 0
        law = _LAWS.get(packet.kind)
        self._was_opus = law is None
        return self._opus.decode(packet.payload) if law is None else decoded(packet.payload, law)

    def _guessed(self, gap: Gap) -> Sound:
        self._guesses += 1
        if not self._was_opus or self._guesses > _GUESSES:
            return _SILENCE
        behind = gap.next
        if behind is not None and behind.kind not in _LAWS:
            return self._opus.recover(behind.payload)
        return self._opus.guess()


class RecordedProgramme:
    """An announcement. Args: sound: all of it, at 8 kHz."""

    def __init__(self, sound: Sound):
        self._sound = np.pad(sound, (0, -len(sound) % SAMPLES))
        self._pieces: dict[Law, list[bytes]] = {}

    @property
    def seconds(self) -> float:
        return len(self._sound) / RATE

    def piece(self, law: Law, number: int) -> bytes | None:
        if number * SAMPLES >= len(self._sound):
            return None
        pieces = self._pieces.setdefault(law, [])
        while len(pieces) <= number:  # one more in every turn: nobody else waits for the whole of it
            begin = len(pieces) * SAMPLES
            pieces.append(encoded(self._sound[begin : begin + SAMPLES], law))
        return pieces[number]
