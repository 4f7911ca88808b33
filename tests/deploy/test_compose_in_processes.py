"""docker-compose.yml without an engine: its environment, its bus and its database, as processes on this machine.

Every process gets the very variables that its container would; only hosts, ports and paths are those of this machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports
from shared.embedded.process import Process, answers
from shared.embedded.s3 import EmbeddedS3
from tests.deploy.database import NAME, container_database
from tests.deploy.documents import ROOT, SERVICES, compose_environment, generated_env
from tests.deploy.nats_servers import nats_server

LIMIT_S = 60.0


@asynccontextmanager
async def object_store(data: Path, secrets: dict[str, str]) -> AsyncIterator[str]:
    """An S3 with the keys that compose gives to its own."""
    credentials = Credentials({}, {}, "", secrets["BK_S3_ACCESS_KEY"], secrets["BK_S3_SECRET_KEY"], "", "")
    server = EmbeddedS3(data, Ports(data / "s3-ports.json"), credentials)
    await server.start()
    try:
        yield server.endpoint
    finally:
        await server.stop()


async def is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://{HOST}:{port}/readyz")).is_success
    except httpx.TransportError:
        return False


async def test_six_services_become_ready_and_the_demo_is_registered(data: Path, tmp_path: Path) -> None:
    secrets = generated_env(tmp_path) | {"BK_ADMIN_PASSWORD_ONCE": "false"}  # the demo logs in with the first one
    password_file = tmp_path / "admin-password"
    async with AsyncExitStack() as stack:
        free = Ports(tmp_path / "ports.json")  # never the same twice
        nats_port = free.of("nats")
        bus_passwords = {service: secrets[f"BK_NATS_PASSWORD_{service.upper()}"] for service in SERVICES}
        store_bytes = int(compose_environment("nats", secrets)["BK_NATS_STORE_BYTES"])
        ports = {"4222": nats_port, "8222": free.of("monitor")}
        server = await stack.enter_async_context(
            nats_server(tmp_path / "nats", "k8s/compose/nats.conf", bus_passwords, ports=ports, store_bytes=store_bytes)
        )
        await server.until_ready(lambda: answers(HOST, nats_port), LIMIT_S)
        database_port = await stack.enter_async_context(container_database(data, secrets))
        endpoint = await stack.enter_async_context(object_store(data, secrets))
        here = {
            "nats:4222": f"{HOST}:{nats_port}",
            "postgres:5432/bright_kitchen": f"{HOST}:{database_port}/{NAME}",
            "minio:9000": endpoint,
            "/run/bright-kitchen/admin-password": str(password_file),
        }
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10))
        http_ports = {service: free.of(service) for service in SERVICES}
        processes = {}
        for service, port in http_ports.items():
            told = _moved(compose_environment(service, secrets), here) | {"BK_HTTP_HOST": HOST}
            told |= {"BK_HTTP_PORT": str(port), "PATH": os.environ["PATH"]}
            argv = [sys.executable, "-m", f"services.{service}"]
            processes[service] = Process(service, argv, tmp_path / f"{service}.log", env=told, cwd=ROOT)
            await processes[service].start()
            stack.push_async_callback(processes[service].stop, 10.0)
        for service, port in http_ports.items():
            await processes[service].until_ready(lambda port=port: is_ready(http, port), LIMIT_S)  # type: ignore[misc]

        gateway = f"http://{HOST}:{http_ports['gateway']}"
        told = _moved(compose_environment("demo-registration", secrets), here)
        # The name of a container means nothing here; an address in a private range does.
        told |= {"BK_GATEWAY_URL": gateway, "BK_DEMO_CAMERAS": "rtsp://10.255.255.1:8554/cam/{number}"}
        for wanted in ("registered demo-4", ""):  # the second time there is nothing left to do
            assert wanted in await _register(told)
        login = await http.post(
            f"{gateway}/api/v1/sessions", json={"name": "admin", "password": password_file.read_text().strip()}
        )
        http.headers["Authorization"] = f"Bearer {login.json()['token']}"
        status = (await http.get(f"{gateway}/api/v1/status")).json()
        assert {each["name"]: each["state"] for each in status["services"]} == dict.fromkeys(SERVICES, "up")
        assert {each["id"] for each in status["cameras"]} == {f"demo-{number}" for number in range(1, 5)}


def _moved(told: dict[str, str], here: dict[str, str]) -> dict[str, str]:
    for before, after in here.items():
        told = {name: value.replace(before, after) for name, value in told.items()}
    return told


async def _register(told: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "k8s/compose/register_demo.py",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **told},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()
