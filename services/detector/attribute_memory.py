"""Mask and headwear of each head over its last looks: present, absent, or honestly unknown. Pure.

One picture decides nothing. Scores of a track are remembered with less weight the older they are; a look at a head
that is too small or blurred adds nothing, and after a few seconds without a good look the state is unknown again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.messages.detector import AttributeState, SeenAttribute

HEAD_MIN_PX = 24
# = seconds after which a look counts half
HALF_LIFE_S = 2.0
# A weight below one good look of three half-lives ago says nothing any more.
_WEIGHT_MIN = 0.12


@dataclass(frozen=True, slots=True)
class Band:
    """Scores below `absent_below` are absent, from `present_above` on present; between them unknown."""

    absent_below: float
    present_above: float

    def state(self, score: float) -> AttributeState:
        if score < self.absent_below:
            return "absent"
        return "present" if score >= self.present_above else "unknown"


@dataclass(slots=True)
class _Evidence:
    weight: float = 0.0
    sum: float = 0.0
    at_us: int = 0

    def fade(self, at_us: int) -> None:
        share = 0.5 ** (max(0, at_us - self.at_us) / 1e6 / HALF_LIFE_S)
        self.weight *= share
        self.sum *= share
        self.at_us = at_us


@dataclass(slots=True)
class AttributeMemory:
    """Of one camera; tracks that are gone are forgotten with `keep`."""

    _evidence: dict[tuple[int, str], _Evidence] = field(default_factory=dict)

    def judge(
        self, track: int, name: str, score: float | None, band: Band, at_us: int, *, is_advisory: bool = False
    ) -> SeenAttribute:
        """Args: score: of this picture, None where it could not be judged in it."""
        evidence = self._evidence.setdefault((track, name), _Evidence(at_us=at_us))
        evidence.fade(at_us)
        if score is not None:
            evidence.weight += 1.0
            evidence.sum += score
        if evidence.weight < _WEIGHT_MIN:
            return SeenAttribute(name=name, state="unknown", score=0.5, now=score, is_advisory=is_advisory)
        mean = min(1.0, max(0.0, evidence.sum / evidence.weight))
        state = band.state(mean)
        return SeenAttribute(name=name, state=state, score=round(mean, 4), now=score, is_advisory=is_advisory)

    def keep(self, tracks: set[int]) -> None:
        self._evidence = {key: value for key, value in self._evidence.items() if key[0] in tracks}
