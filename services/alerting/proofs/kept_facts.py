"""The facts that an alert rests on as they are kept with it, with all that judged them: rule, camera, kitchen's day."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.alerting.rules.kitchen_clock import KitchenClock
from shared.messages.base import Message
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.messages.rules import KitchenTime, Rule

# = what one alert may keep; what is over it is left out at its end
FACTS_MAX = 4000
BYTES_MAX = 8_000_000

Part = tuple[int, frozenset[KitchenTime]]


class FactMoment(Message):
    """When a fact was, whichever it is."""

    at_us: int


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """`parts`: from when on which names fitted the kitchen's time; `facts`: name and bytes, as they were said."""

    alert: str
    rule: Rule
    camera: DesiredCamera
    parts: tuple[Part, ...]
    from_us: int
    to_us: int
    facts: tuple[tuple[str, bytes], ...]

    def encode(self) -> bytes:
        """Compressed; the same facts give the same bytes."""
        said: dict[str, Any] = {
            "alert": self.alert,
            "rule": json.loads(self.rule.encode()),
            "camera": json.loads(self.camera.encode()),
            "parts": [[at_us, sorted(names)] for at_us, names in self.parts],
            "from_us": self.from_us,
            "to_us": self.to_us,
            "facts": [[name, data.decode()] for name, data in self.facts],
        }
        return gzip.compress(json.dumps(said, ensure_ascii=False, sort_keys=True).encode(), 6, mtime=0)

    @classmethod
    def decode(cls, data: bytes) -> KeptFacts:
        said = json.loads(gzip.decompress(data))
        return cls(
            said["alert"],
            Rule.model_validate(said["rule"]),
            DesiredCamera.model_validate(said["camera"]),
            tuple((at_us, frozenset(names)) for at_us, names in said["parts"]),
            said["from_us"],
            said["to_us"],
            tuple((name, text.encode()) for name, text in said["facts"]),
        )

    @property
    def clock(self) -> KitchenClock:
        return KeptClock(self.parts)


@dataclass(frozen=True, slots=True)
class KeptClock:
    """A kitchen's day as it was judged then, whatever its calendar says now. Implements `KitchenClock`."""

    kept: tuple[Part, ...]

    def parts(self, desired: DesiredCamera, at_us: int) -> frozenset[KitchenTime]:
        if not self.kept:
            return frozenset()
        place = bisect_right([since_us for since_us, _ in self.kept], at_us) - 1
        return self.kept[max(0, place)][1]


def kept(
    alert: str, rule: Rule, camera: DesiredCamera, clock: KitchenClock, span: tuple[int, int],
    facts: Iterable[tuple[str, bytes]],
) -> KeptFacts:  # fmt: skip
    """Of the facts those of that span, as many as may be kept."""
    from_us, to_us = span
    chosen: list[tuple[str, bytes]] = []
    moments: list[int] = []
    size_bytes = 0
    for name, data in facts:
        at_us = FactMoment.decode(data).at_us
        size_bytes += len(data)
        if not from_us <= at_us <= to_us:
            continue
        if len(chosen) >= FACTS_MAX or size_bytes > BYTES_MAX:
            break
        chosen.append((name, data))
        moments.append(at_us)
    parts: list[Part] = []
    for at_us in sorted({from_us, *moments, to_us}):
        names = clock.parts(camera, at_us)
        if not parts or parts[-1][1] != names:
            parts.append((at_us, names))
    return KeptFacts(alert, rule, _without_secrets(camera), tuple(parts), from_us, to_us, tuple(chosen))


def _without_secrets(camera: DesiredCamera) -> DesiredCamera:
    """What judging needs; where the camera is and how it is logged in to is nobody's business here."""
    nowhere = DesiredStream(url="rtsp://kept.invalid/")
    return camera.model_copy(update={"main": nowhere, "sub": None, "username": None, "sealed_password": None})
