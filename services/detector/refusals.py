"""Packs that may not be used: what could not be loaded, until it changes; what failed when asked, for a while. Pure.

One failure costs one batch. Three in a row take a model away, and it is tried again later: a device that was full for a
moment has broken no pack.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

FAILURES_MAX = 3
TRIED_AGAIN_S = 60.0

Key = tuple[str, str]
"""Digest of the weights, and the manifest's text."""


@dataclass(slots=True)
class Refusals:
    """`failed` and `answered` are called by the threads that ask models, everything else by one task."""

    # Why, and from when on it is tried again; None: when it changes.
    _refused: dict[Key, tuple[str, float | None]] = field(default_factory=dict)
    _failures: dict[Key, tuple[int, str]] = field(default_factory=dict)

    def refuse(self, key: Key, why: str) -> None:
        """It could not be loaded."""
        self._refused[key] = why, None

    def failed(self, key: Key, why: str) -> None:
        """It was asked, and gave no answer."""
        self._failures[key] = self._failures.get(key, (0, ""))[0] + 1, why

    def answered(self, key: Key) -> None:
        if key in self._failures:
            self._failures.pop(key, None)

    def settle(self, now_s: float, there: Collection[Key]) -> set[Key]:
        """What is to be taken away now; what is not `there` any more is forgotten, what has waited is free again."""
        gone = {key for key, (count, _) in list(self._failures.items()) if count >= FAILURES_MAX}
        for key in gone:
            _, why = self._failures.pop(key)
            self._refused[key] = f"it failed when it was asked: {why}", now_s + TRIED_AGAIN_S
        self._refused = {
            key: (why, again_s)
            for key, (why, again_s) in self._refused.items()
            if key in there and (again_s is None or now_s < again_s)
        }
        return gone

    def why(self, key: Key) -> str | None:
        """None: it may be used."""
        known = self._refused.get(key)
        return None if known is None else known[0]
