"""The gateway under test and its peers, as tests see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from services.gateway.adapters.http.rooms import Rooms
from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.postgres import EmbeddedPostgres
from shared.messages.notices import NoticeChainList

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Peers:
    """The servers that the gateway talks to, and how a service enters them."""

    nats: EmbeddedNats
    postgres: EmbeddedPostgres
    credentials: Credentials

    async def bus(self, service: str) -> Bus:
        return await Bus.connect(
            self.nats.url, name=f"test {service}", user=service, password=self.credentials.bus[service]
        )


async def register_school(admin: httpx.AsyncClient, site: str) -> None:
    """A school with one camera, `<site>-1`, which is not there."""
    await admin.post("/sites", json={"id": site, "name": site})
    camera = {"id": f"{site}-1", "site": site, "name": site, "main": {"url": "rtsp://127.0.0.1:9/x"}}
    assert (await admin.post("/cameras", json=camera)).status_code == 201


@dataclass(frozen=True)
class Gateway:
    """The gateway under test, and ingest's and the gateway's own connection to look behind it; `rooms`: its handlers."""

    url: str
    peers: Peers
    ingest: Bus
    observer: Bus
    admin_password: str
    folder: Path
    rooms: Rooms

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Without TLS nothing is verified, and reading all the world's certificates takes 30 ms.
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/v1", headers=headers, trust_env=False, timeout=20, verify=False
        )

    async def token(self, name: str = "admin", password: str | None = None) -> str:
        async with self.client() as client:
            body = {"name": name, "password": password or self.admin_password}
            answer = await client.post("/sessions", json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])


@asynccontextmanager
async def no_chains(gateway: Gateway) -> AsyncIterator[None]:
    """Alerting, as far as removing a unit asks it; what it says to that is tested with its own desk."""

    async def chains(request: bytes) -> NoticeChainList:
        return NoticeChainList()

    bus = await gateway.peers.bus("alerting")
    stop = await bus.serve("alerting", {"notice_chains": chains})
    yield
    await stop()
    await bus.close()
