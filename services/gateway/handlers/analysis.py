"""What the detectors can recognise now, and what they cannot and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import PeerError
from shared.messages.detector import Capabilities, CapabilityState


class Detector(Protocol):
    """The detectors, asked over the bus."""

    async def capabilities(self) -> tuple[list[Capabilities], list[str]]:
        """Of each worker; and those that give signs of life and do not answer. Raises PeerError: the bus is away."""
        ...


class NoDetector(PeerError):
    """Nobody analyses anything."""


@dataclass(frozen=True, slots=True)
class AnalysisDesk:
    """Asked by everybody who may look: an alert that cannot come is to be known before it is missed."""

    detector: Detector

    async def capabilities(self) -> tuple[list[Capabilities], list[str], list[CapabilityState]]:
        """What each worker says, who is silent, and what holds for all of them. Raises PeerError where none answers."""
        said, silent = await self.detector.capabilities()
        if not said:
            raise NoDetector("no detector is running, or none answers")
        return said, silent, together(said)


def together(said: Sequence[Capabilities]) -> list[CapabilityState]:
    """One row a capability. A camera may be with any worker: what one of them cannot do is not to be relied on."""
    rows: dict[str, list[tuple[str, CapabilityState | None]]] = {}
    for name in sorted({item.capability for one in said for item in one.items}):
        rows[name] = [(one.worker, next((item for item in one.items if item.capability == name), None)) for one in said]
    return [_of_all(name, row) for name, row in rows.items()]


def _of_all(name: str, row: Sequence[tuple[str, CapabilityState | None]]) -> CapabilityState:
    states = [state for _, state in row if state is not None]
    first = next((state for state in states if state.state == "ready"), states[0])
    without = [worker for worker, state in row if state is None or state.state != "ready"]
    if not without:
        packs = {state.pack for state in states}
        told = first.reason
        if len(packs) > 1:
            told = "workers differ: " + ", ".join(f"{state.pack} on {worker}" for worker, state in row if state)
        return first.model_copy(update={"reason": told})
    why = next((state.reason for state in states if state.state != "ready"), "no pack brings it")
    if len(without) < len(row):
        why = f"on {len(without)} of {len(row)} workers ({', '.join(without[:3])}): {why}"
    return first.model_copy(update={"state": "unavailable", "reason": why})
