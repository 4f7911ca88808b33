"""What the gateway answers when the bus asks how it is."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messages.status import ServiceStatus
from shared.version import VERSION

CAPABILITIES = ("accounts", "registry", "live_view", "snapshots", "audit")


@dataclass(frozen=True, slots=True)
class PresenceDesk:
    """Requests from the bus."""

    worker: str

    async def status(self, request: bytes) -> ServiceStatus:
        """The question says nothing, so it is not read."""
        return ServiceStatus(service="gateway", worker=self.worker, version=VERSION, capabilities=CAPABILITIES)
