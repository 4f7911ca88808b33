"""What alerting can do."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messages.status import ServiceStatus
from shared.version import VERSION


@dataclass(frozen=True, slots=True)
class StatusDesk:
    """Answers `status`. Args: capabilities: of all parts that were wired."""

    worker: str
    capabilities: tuple[str, ...]

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="alerting", worker=self.worker, version=VERSION, capabilities=self.capabilities)
