"""Bars and torn lines of a bad cable or the mains: alike across the whole picture, elsewhere in each. Pure.

What differs from the picture before is looked at, in eight strips side by side. Who walks about changes a few strips;
interference changes all of them at the same height. Bars that stand still for ever count as part of the view.
"""

from __future__ import annotations

import numpy as np

from services.detector.diagnosis.measures import Floats, Measures

# Levels: standard deviation of what all strips have in common.
_FROM, _TO = 0.8, 3.6
# = what noise of one level leaves in it
_NOISE = 0.05


class Interference:
    """Of one camera."""

    def __init__(self) -> None:
        self._last: Measures | None = None

    def strength(self, measures: Measures) -> float:
        """0.5 and more: bars or torn lines."""
        last, self._last = self._last, measures
        if last is None:
            return 0.0
        across = _common(measures.strips_across - last.strips_across)
        down = _common(measures.strips_down - last.strips_down)
        found = max(across, down) - _NOISE * measures.noise
        return min(1.0, max(0.0, (found - _FROM) / (_TO - _FROM)))


def _common(difference: Floats) -> float:
    """(length, strips): what at least six of eight strips show at the same place."""
    ordered = np.sort(difference, axis=1)
    low, high = ordered[:, 1], ordered[:, -2]
    common = np.where(low > 0, low, np.where(high < 0, high, 0))
    return float(common.std())
