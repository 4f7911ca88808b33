"""Whether a service of ours, on loopback, says that it is ready."""

from __future__ import annotations

import httpx

from shared.embedded.ports import HOST


async def is_ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"http://{HOST}:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False
