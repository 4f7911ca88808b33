"""All silences: whether one covers an incident at a moment, and until when there is no gap. Pure.

A silence counts from a few seconds after it was made: by then every worker has it. So whether a moment is covered is
never answered otherwise later on, and a replay keeps quiet what was quiet, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.messages.rules import Rule
from shared.messages.silences import Silence
from shared.weekly_hours import WeeklyHours

# = how long a silence, or its end, is on its way to every worker at most
AHEAD_US = 5_000_000
_MINUTE_US = 60_000_000
# = how far a gap is looked for: one that lies further ahead is found when that time has come
_LOOK_MINUTES = 8 * 24 * 60


@dataclass(frozen=True, slots=True)
class Cover:
    """`silence`: the one that covers the moment; `until_us`: from then on nothing does."""

    silence: str
    until_us: int


@dataclass(frozen=True, slots=True)
class _Kept:
    silence: Silence
    hours: WeeklyHours | None

    @property
    def until_us(self) -> int:
        silence = self.silence
        return silence.until_us if silence.ended_us is None else min(silence.until_us, silence.ended_us)

    def concerns(self, site: str, camera: str, rule: Rule) -> bool:
        silence = self.silence
        return (
            (not silence.sites or site in silence.sites)
            and (not silence.cameras or camera in silence.cameras)
            and (not silence.rules or rule.rule in silence.rules)
            and (rule.risk != 1 or silence.covers_class_1)
        )

    def holds(self, at_us: int) -> bool:
        return self.silence.from_us <= at_us < self.until_us and (self.hours is None or self.hours.holds(at_us))

    def ends_us(self, at_us: int) -> int:
        """Args: at_us: a moment that it holds."""
        if self.hours is None:
            return self.until_us
        minute_us = at_us - at_us % _MINUTE_US
        for number in range(1, _LOOK_MINUTES):
            next_us = minute_us + number * _MINUTE_US
            if next_us >= self.until_us:
                return self.until_us
            if not self.hours.holds(next_us):
                return next_us
        return minute_us + _LOOK_MINUTES * _MINUTE_US


class SilenceBook:
    """Told every silence. `revision` counts the changes."""

    def __init__(self) -> None:
        self.revision = 0
        self._kept: dict[str, _Kept] = {}

    def changed(self, name: str, silence: Silence | None) -> None:
        self.revision += 1
        if silence is None:
            self._kept.pop(name, None)
            return
        hours = WeeklyHours(silence.weekly, silence.time_zone) if silence.weekly else None
        self._kept[name] = _Kept(silence, hours)

    def cover(self, site: str, camera: str, rule: Rule, at_us: int) -> Cover | None:
        """What keeps quiet at that moment, and until when without a gap; None: nothing."""
        some = [one for one in self._kept.values() if one.concerns(site, camera, rule)]
        first = self._longest(some, at_us)
        if first is None:
            return None
        until_us, covering = at_us, first
        for _ in range(1000):
            until_us = covering.ends_us(until_us)
            following = self._longest(some, until_us)
            if following is None:
                break
            covering = following
        return Cover(first.silence.silence, until_us)

    def in_force(self, at_us: int) -> Iterator[Silence]:
        return (one.silence for one in self._kept.values() if one.holds(at_us))

    def _longest(self, some: list[_Kept], at_us: int) -> _Kept | None:
        there = [one for one in some if one.holds(at_us)]
        return max(there, key=lambda one: (one.ends_us(at_us), one.silence.silence), default=None)
