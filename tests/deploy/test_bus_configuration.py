"""The bus as containers run it: the committed configuration on real nats-servers, alone and three together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import httpx
import nats
import nats.errors
import nats.js.errors
import pytest

from k8s.nats_permissions import PATH, permissions
from shared.bus import Bus, BusUnreachable
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import answers
from shared.messages.gateway import CameraRemoved
from shared.messages.status import ServiceStatus
from shared.subjects import SERVICES, fact
from tests.deploy.nats_servers import nats_server

PASSWORDS = {service: f"p{number}1e4-{service}" for number, service in enumerate(SERVICES)}
LIMIT_S = 60.0
Answer = TypeVar("Answer")


def test_the_permissions_are_those_of_the_code() -> None:
    assert PATH.read_text() == permissions(), "run python -m k8s.nats_permissions"


async def connect(port: int, user: str, password: str) -> Bus:
    return await Bus.connect(f"nats://{HOST}:{port}", name="test", user=user, password=password)


async def test_alone_each_service_gets_in_with_its_own_password_only(tmp_path: Path) -> None:
    port, monitor = free_port(), free_port()
    async with nats_server(
        tmp_path / "one", "k8s/compose/nats.conf", PASSWORDS, ports={"4222": port, "8222": monitor}
    ) as server:
        await server.until_ready(lambda: answers(HOST, port), LIMIT_S)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://{HOST}:{monitor}/healthz")).status_code == 200
        for service, password in PASSWORDS.items():
            bus = await connect(port, service, password)
            await bus.ensure_stream("EVENTS")
            members = await bus.kv(f"members_{service}")
            await members.put("worker", b"1")
            await bus.close()
        for user, password in (("ingest", PASSWORDS["gateway"]), ("ingest", "$BK_NATS_PASSWORD_INGEST"), ("", "")):
            with pytest.raises(BusUnreachable):
                await connect(port, user, password)


async def test_alone_ingest_cannot_raise_an_alert(tmp_path: Path) -> None:
    port = free_port()
    async with nats_server(
        tmp_path / "one", "k8s/compose/nats.conf", PASSWORDS, ports={"4222": port, "8222": free_port()}
    ) as server:
        await server.until_ready(lambda: answers(HOST, port), LIMIT_S)
        heard: asyncio.Queue[Exception] = asyncio.Queue()

        async def on_error(error: Exception) -> None:
            heard.put_nowait(error)

        client = await nats.connect(
            f"nats://{HOST}:{port}", user="ingest", password=PASSWORDS["ingest"], error_cb=on_error
        )
        await client.publish(
            fact("alerting", "alert_raised"), ServiceStatus(service="", worker="", version="").encode()
        )
        async with asyncio.timeout(LIMIT_S):
            assert "permissions violation for publish" in str(await heard.get()).lower()
        await client.close()


async def test_three_form_a_cluster_and_keep_a_stream_when_one_is_gone(tmp_path: Path) -> None:
    free = Ports(tmp_path / "ports.json")  # never the same twice
    ports = [{name: free.of(f"{name}-{number}") for name in ("4222", "6222", "7422", "8222")} for number in range(3)]
    routes = {f"nats-{number}.nats-cluster:6222": f"{HOST}:{each['6222']}" for number, each in enumerate(ports)}
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(
                nats_server(
                    tmp_path / f"nats-{number}", "k8s/base/nats/nats.conf", PASSWORDS, ports=each, replace=routes
                )
            )
            for number, each in enumerate(ports)
        ]
        for server, each in zip(servers, ports, strict=True):
            await server.until_ready(lambda port=each["4222"]: answers(HOST, port), LIMIT_S)  # type: ignore[misc]
        urls = ",".join(f"nats://{HOST}:{each['4222']}" for each in ports)
        bus = await Bus.connect(urls, name="test", user="gateway", password=PASSWORDS["gateway"], replicas=3)
        stack.push_async_callback(bus.close)
        await _until_done(lambda: bus.ensure_stream("EVENTS"))  # as soon as the three have found each other
        await _until_done(lambda: bus.kv("cameras"))
        bucket = await bus.kv("cameras")
        await _until_done(lambda: bucket.put("1.a.b", b"before"))
        await servers[0].stop(0)
        removed = CameraRemoved(site="a", camera="b", at_us=1)
        await _until_done(lambda: bus.publish_fact(removed))
        await _until_done(lambda: bucket.put("1.a.c", b"after"))
        # A listing's consumer can be placed on the server that has just gone: each asking may fail, not only the first.
        assert sorted(await _until_done(bucket.keys)) == ["1.a.b", "1.a.c"]


async def _until_done(what: Callable[[], Awaitable[Answer]]) -> Answer:
    """Again and again: a leader is being elected."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await what()
            except BusUnreachable:
                await asyncio.sleep(0.2)
