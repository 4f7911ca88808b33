"""What the detector can recognise now, and what it cannot and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.messages.detector import Capabilities


class Detector(Protocol):
    """The detector, asked over the bus."""

    async def capabilities(self) -> Capabilities:
        """Of one worker. Raises PeerError where none answers."""
        ...


@dataclass(frozen=True, slots=True)
class AnalysisDesk:
    """Asked by everybody who may look: an alert that cannot come is to be known before it is missed."""

    detector: Detector

    async def capabilities(self) -> Capabilities:
        return await self.detector.capabilities()
