"""A limit to how loud a kitchen is spoken to: nothing clips, and what is loud comes down without a crack. Pure.

Theory of operation. A packet that would go beyond the ceiling is turned down as a whole, the step made over its first
millisecond; afterwards the gain comes back by 3 dB in half a second, packet by packet. There is no looking ahead, so no
delay: what overshoots within that millisecond is cut.
"""

from __future__ import annotations

import numpy as np

from services.intercom.g711 import RATE, Sound

# -3 dBFS: what G.711 carries undistorted, with room for the amplifier of a small speaker.
CEILING = 23_197
_STEP_SAMPLES = RATE // 1000
_RETURN_PER_PACKET = 10 ** (3 / 20 / 25)


class Limiter:
    """Of one talker. `gain` is what the newest packet was multiplied with, 1.0 where it was not too loud."""

    def __init__(self) -> None:
        self.gain = 1.0

    def limited(self, sound: Sound) -> Sound:
        """Of 20 ms or so."""
        peak = int(np.abs(sound.astype(np.int32)).max(initial=0))
        before = self.gain
        self.gain = min(1.0, before * _RETURN_PER_PACKET, CEILING / max(1, peak))
        if before == self.gain == 1.0:
            return sound
        gains = np.full(len(sound), self.gain)
        # Down at once, up over the whole packet.
        steps = len(sound) if self.gain > before else min(_STEP_SAMPLES, len(sound))
        gains[:steps] = np.linspace(before, self.gain, steps)
        limited: Sound = np.clip(sound * gains, -CEILING, CEILING).astype(np.int16)
        return limited
