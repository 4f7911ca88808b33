"""What a browser sends becomes what a camera plays, one packet for one: decoded and limited, or passed on. Pure."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from services.intercom.g711 import RATE, Law, Sound, decoded, encoded, silence
from services.intercom.limiter import Limiter
from services.intercom.playout import Gap, Packet

SAMPLES = RATE // 50
# Below this (about -50 dBFS) nobody speaks.
_QUIET = 100
# Guesses in place of packets that do not come fade to silence: after 60 ms a guess is a lie.
_GUESSES = 3
_LAWS: dict[int, Law] = {0: "pcmu", 8: "pcma"}  # RFC 3551, static payload types


class OpusDecoder(Protocol):
    """Opus (RFC 6716) at 8 kHz, one channel."""

    def decode(self, payload: bytes) -> Sound: ...

    def recover(self, behind: bytes) -> Sound:
        """The packet before `behind`, out of what that one repeats of it."""
        ...

    def guess(self) -> Sound:
        """A packet that never came, out of those before it."""
        ...


class TalkSound:
    """Of one talker and one camera.

    Args:
        law: what the camera takes.
        opus: the decoder of this talker.
    """

    def __init__(self, law: Law, opus: OpusDecoder):
        self._law = law
        self._opus = opus
        self._limiter = Limiter()
        self._guesses = 0
        self._was_opus = False

    def warm(self, kind: int, payload: bytes) -> None:
        """A packet that is not played, before the first that is: a decoder that begins in the middle of a word needs
        120 ms to be as loud as it was said. Raises ProtocolViolation."""
        if kind not in _LAWS:
            self._opus.decode(payload)

    def of(self, packet: Packet | Gap) -> bytes | None:
        """20 ms for the camera; None where this packet is best left out, because nobody speaks and there is delay."""
        if isinstance(packet, Gap):
            return self._instead(packet)
        self._guesses = 0
        law = _LAWS.get(packet.kind)
        self._was_opus = law is None
        if law == self._law and not packet.may_be_left_out:
            return packet.payload
        sound = self._opus.decode(packet.payload) if law is None else decoded(packet.payload, law)
        if packet.may_be_left_out and is_quiet(sound):
            return None
        return packet.payload if law == self._law else self._made(sound)

    def _instead(self, gap: Gap) -> bytes:
        self._guesses += 1
        if not self._was_opus or self._guesses > _GUESSES:
            return silence(self._law, SAMPLES)
        behind = gap.next
        is_opus = behind is not None and behind.kind not in _LAWS
        sound = self._opus.recover(behind.payload) if behind is not None and is_opus else self._opus.guess()
        return self._made(sound)

    def _made(self, sound: Sound) -> bytes:
        return encoded(self._limiter.limited(sound), self._law)


def is_quiet(sound: Sound) -> bool:
    return len(sound) == 0 or float(np.abs(sound).mean()) < _QUIET
