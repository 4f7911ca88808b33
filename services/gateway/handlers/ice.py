"""Which STUN and TURN servers somebody who is logged in may use."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.identity import Identity
from shared.clock import Clock
from shared.ice_servers import IceServer, IceServers


@dataclass(frozen=True, slots=True)
class IceDesk:
    """Credentials that soon end, made for each who asks."""

    servers: IceServers
    clock: Clock

    def of(self, identity: Identity) -> tuple[tuple[IceServer, ...], int]:
        """The servers, and the second (UTC) at which the credentials end."""
        return self.servers.of(identity.name, self.clock.now_us() / 1e6)
