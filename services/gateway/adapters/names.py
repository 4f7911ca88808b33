"""Host names looked up by the operating system."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from shared.camera_networks import Address

_LIMIT_S = 3.0


class SystemNames:
    """Implements `Names`."""

    async def addresses(self, host: str) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_LIMIT_S):
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            return []
        # An IPv6 scope ("fe80::1%eth0") is no part of the address.
        return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
