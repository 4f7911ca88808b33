"""What the detector hears: today only the question what it can do."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messages.status import ServiceStatus
from shared.version import VERSION


@dataclass(frozen=True, slots=True)
class Handlers:
    """One function for each request."""

    worker: str

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="detector", worker=self.worker, version=VERSION, capabilities=())
