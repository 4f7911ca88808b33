"""The draw itself: which kitchens, and who looks at which (shared/design/random-draw.md). Pure.

Theory of operation. Kitchens are put in strata by class of risk and by time since the last look, shuffled within each,
and laid end to end, each as long as its weight. One random start and equal steps from there (systematic sampling with
probability proportional to size, Madow 1949) give each kitchen exactly the chance `count * weight / sum`, and each
stratum its share, rounded up or down. A kitchen that is longer than a step is drawn for certain, and first.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.alerting.inspection.frozen import Kitchen
from shared.messages.inspections import DrawRule

T = TypeVar("T")
_RANGE = 2**64


@dataclass(frozen=True, slots=True)
class Chosen:
    """A kitchen that was drawn. `stratum` is `<risk>/<band>`."""

    kitchen: str
    stratum: str
    supervisor: str


class Numbers:
    """Numbers that follow from a seed and a label: HMAC-SHA256 of label and counter, 64 bits at a time."""

    def __init__(self, seed: bytes, label: str):
        self._seed = seed
        self._label = label
        self._stream = self._words()

    def below(self, bound: int) -> int:
        """From 0 to `bound` - 1, each as likely: what would make some likelier than others is thrown away."""
        limit = _RANGE - _RANGE % bound
        while True:
            word = next(self._stream)
            if word < limit:
                return word % bound

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Taken one after another, each of those left as likely."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def _words(self) -> Iterator[int]:
        counter = 0
        while True:
            block = hmac.digest(self._seed, f"{self._label}\n{counter}".encode(), "sha256")
            for at in range(0, 32, 8):
                yield int.from_bytes(block[at : at + 8], "big")
            counter += 1


def band_of(rule: DrawRule, days: int | None) -> int:
    """Number of its band; kitchens never looked at are behind the last one."""
    if days is None:
        return len(rule.bands)
    return max(number for number, band in enumerate(rule.bands) if band.from_days <= days)


def weight_of(rule: DrawRule, kitchen: Kitchen) -> int:
    band = band_of(rule, kitchen.days)
    of_band = rule.never_weight if band == len(rule.bands) else rule.bands[band].weight
    return rule.risk_weights[kitchen.risk - 1] * of_band


def draw(rule: DrawRule, roster: Sequence[Kitchen], supervisors: Sequence[str], combined_seed: str) -> list[Chosen]:
    """Args: combined_seed: hexadecimal. Returns kitchens stratum by stratum."""
    seed = bytes.fromhex(combined_seed)
    line = _line(rule, roster, seed)
    chosen = _chosen(rule, line, seed)
    order = Numbers(seed, "supervisors").shuffled(sorted(supervisors))
    found = [kitchen for kitchen in line if kitchen.kitchen in chosen]
    return [
        Chosen(one.kitchen, f"{one.risk}/{band_of(rule, one.days)}", order[number % len(order)])
        for number, one in enumerate(found)
    ]


def _line(rule: DrawRule, roster: Sequence[Kitchen], seed: bytes) -> list[Kitchen]:
    strata: dict[tuple[int, int], list[Kitchen]] = {}
    for kitchen in sorted(roster, key=lambda one: one.kitchen):
        strata.setdefault((kitchen.risk, band_of(rule, kitchen.days)), []).append(kitchen)
    line: list[Kitchen] = []
    for (risk, band), members in sorted(strata.items()):
        line += Numbers(seed, f"stratum {risk}/{band}").shuffled(members)
    return line


def _chosen(rule: DrawRule, line: Sequence[Kitchen], seed: bytes) -> set[str]:
    left = min(rule.count, len(line))
    chosen: set[str] = set()
    rest = [(one.kitchen, weight_of(rule, one)) for one in line]
    while rest:
        total = sum(weight for _, weight in rest)
        certain = {kitchen for kitchen, weight in rest if left * weight >= total}
        if not certain:
            break
        chosen |= certain
        left -= len(certain)
        rest = [each for each in rest if each[0] not in certain]
    if not left:
        return chosen
    step = sum(weight for _, weight in rest)
    point, end = Numbers(seed, "start").below(step), 0
    for kitchen, weight in rest:
        end += left * weight
        if point < end:
            chosen.add(kitchen)
            point += step
    return chosen
