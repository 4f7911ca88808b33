"""The sound of a room: what loudspeakers say comes to its microphone later, fainter and echoed, beside a kitchen's hum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.simulator.hum import kitchen_hum
from shared.simulator.ulaw import RATE, from_ulaw

Sound = NDArray[np.float32]
"""(samples,) at RATE, full scale 1."""

# From a packet's coming until the microphone hears it: the loudspeaker's buffer, and the way through the air.
DELAY_S = 0.120
# A talker's packets waver; one that is further off than this has begun anew.
_WAVER_S = 0.300
_DIRECT_DB, _ECHO_DB, _ECHO_S = -20.0, -22.0, 0.4
_HUM_S = 20
# = how much may wait to be heard: a talker who sends faster than time
_UTTERANCES_MAX = 200


@dataclass(slots=True)
class RoomKnobs:
    """What a person may have turned: gains, 0 is mute."""

    speaker: float = 1.0
    microphone: float = 1.0


class Room:
    """Args: now_s: the clock; begin_s: its moment of the microphone's sample 0; seed: of its hum and its walls."""

    def __init__(self, now_s: Callable[[], float], begin_s: float, seed: int):
        self.knobs = RoomKnobs()
        self._now_s = now_s
        self._begin_s = begin_s
        self._hum = kitchen_hum(_HUM_S, RATE, seed)
        self._walls = _walls(seed)
        self._utterances: list[tuple[int, Sound]] = []
        self._voices: dict[int, tuple[int, int]] = {}

    def say(self, voice: int, timestamp: int, ulaw: bytes, gain: float = 1.0) -> None:
        """20 ms of a loudspeaker. Args: voice: whose; timestamp: RTP time, which keeps what it says even."""
        wanted = round((self._now_s() - self._begin_s + DELAY_S) * RATE)
        first, place = self._voices.get(voice, (timestamp, wanted))
        begin = place + (((timestamp - first + (1 << 31)) & 0xFFFF_FFFF) - (1 << 31))
        if abs(begin - wanted) > _WAVER_S * RATE:
            first, place, begin = timestamp, wanted, wanted
        self._voices[voice] = first, place
        said = gain * np.convolve(from_ulaw(ulaw), self._walls).astype(np.float32)
        self._utterances = [*self._utterances[-_UTTERANCES_MAX:], (begin, said)]

    def heard(self, begin: int, count: int) -> Sound:
        """What the microphone hears from sample `begin` on. What lies before it is forgotten."""
        hum = self._hum[np.arange(begin, begin + count) % len(self._hum)]
        sound = np.array(hum, np.float32)
        for starts, said in self._utterances:
            low, high = max(begin, starts), min(begin + count, starts + len(said))
            if low < high:
                sound[low - begin : high - begin] += said[low - starts : high - starts]
        self._utterances = [(starts, said) for starts, said in self._utterances if starts + len(said) > begin]
        return np.asarray(sound * self.knobs.microphone, np.float32)


def _walls(seed: int) -> Sound:
    """An impulse response: the direct sound, and an echo that falls by 60 dB in `_ECHO_S`."""
    count = round(_ECHO_S * RATE)
    at = np.arange(count)
    echo = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * at / count)
    echo[: RATE // 300] = 0
    echo *= 10 ** (_ECHO_DB / 20) / np.sqrt(np.sum(echo**2))
    echo[0] = 10 ** (_DIRECT_DB / 20)
    return np.asarray(echo, np.float32)
