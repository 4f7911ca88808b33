"""A fault is believed when it has held, and is over when it has been gone for a while. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BEGINS_AT = 0.5
ENDS_BELOW = 0.35
# = the longest that one picture speaks for; what was not seen is nobody's proof
_PICTURE_S = 2.0
_GONE_S = 10.0


@dataclass(slots=True)
class _Episode:
    held_s: float = 0.0
    since_us: int = 0
    strength: float = 0.0
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that holds now."""

    name: str
    strength: float
    since_us: int


class Episodes:
    """Of one camera."""

    def __init__(self, holds_s: Mapping[str, float]):
        """Args: holds_s: for each fault how long it has to hold before it is believed."""
        self._holds_s = dict(holds_s)
        self._known = {name: _Episode() for name in holds_s}
        self._at_us = 0

    def take(self, strengths: Mapping[str, float], at_us: int) -> tuple[list[Fault], list[Fault]]:
        """Faults that are said to begin and to end now. A fault that is not named could not be judged: it waits."""
        passed_s = min(_PICTURE_S, max(0.0, (at_us - self._at_us) / 1e6)) if self._at_us else 0.0
        self._at_us = at_us
        began, ended = [], []
        for name, strength in strengths.items():
            one = self._known[name]
            if one.is_on:
                one.strength += 0.3 * (strength - one.strength)
                one.held_s = _GONE_S if strength >= ENDS_BELOW else one.held_s - passed_s
                if one.held_s <= 0:
                    ended.append(Fault(name, one.strength, one.since_us))
                    self._known[name] = _Episode()
                continue
            if strength < BEGINS_AT:
                one.held_s = max(0.0, one.held_s - 2 * passed_s)
                continue
            if one.held_s == 0.0:
                one.since_us = at_us
            one.held_s += passed_s
            one.strength = max(one.strength * 0.7, strength)
            if one.held_s >= self._holds_s[name]:
                one.is_on, one.held_s = True, _GONE_S
                began.append(Fault(name, one.strength, one.since_us))
        return began, ended

    def on(self) -> list[Fault]:
        return [Fault(name, one.strength, one.since_us) for name, one in self._known.items() if one.is_on]
