"""`bk up`: servers, services and demo cameras of one machine, in the foreground, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx
import typer

from shared.cli.data_directory import DataDirectory, Running
from shared.cli.demo import Demo
from shared.cli.failure import CommandFailed
from shared.cli.fleet import SERVICES, KeptProcess, environment, inherited, service_process
from shared.cli.gateway_client import GatewayClient
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports, is_free
from shared.embedded.process import answers
from shared.embedded.servers import Servers

READY_LIMIT_S = 120.0
DEMO_LIMIT_S = 180.0
POLL_S = 0.1
SIMULATOR = "demo-rtsp"
_CONSOLE = Path(__file__).resolve().parents[2] / "services" / "gateway" / "console" / "dist"


def up(data: Path, port: int, demo: int) -> None:
    """Run until Ctrl-C or SIGTERM; raises CommandFailed or ServerFailed with one line."""
    directory = DataDirectory(data)
    directory.create()
    servers_lock = directory.lock()
    try:
        if not is_free(port):
            raise CommandFailed(f"port {port} is in use: choose another with --port (make up PORT=...)")
        asyncio.run(_Launch(directory, port, demo, servers_lock).run())
    except OSError as error:
        place = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise CommandFailed(
            f"cannot go on ({place}): is {directory.path} this user's own, with room on its disk?"
        ) from error
    finally:
        directory.clear_running()
        directory.unlock()


def _progress(text: str) -> None:
    typer.echo(f"  {text}", err=True)


class _Launch:
    """One run of `bk up`."""

    def __init__(self, directory: DataDirectory, port: int, demo: int, servers_lock: int):
        self._directory = directory
        self._port = port
        self._url = f"http://{HOST}:{port}"
        self._is_first_start = not directory.password_path.exists()
        self._ports = Ports(directory.ports_path)
        credentials = Credentials.load_or_create(directory.credentials_path, tuple(SERVICES))
        self._servers = Servers(directory.path, self._ports, credentials, tuple(SERVICES), keep_fds=[servers_lock])
        self._health_ports = {
            name: port if name == "gateway" else self._ports.of(f"service-{name}") for name in SERVICES
        }
        self._demo_port = self._ports.of(SIMULATOR)
        self._demo = Demo(directory, self._demo_port, demo) if demo or directory.demo_path.exists() else None
        self._kept: list[KeptProcess] = []

    async def run(self) -> None:
        """Start, tell, wait, stop. Whatever way it ends, nothing of ours is left behind."""
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        life = asyncio.create_task(self._live())
        asked = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({life, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not life.done():
                typer.echo("stopping", err=True)
            asked.cancel()
            life.cancel()
            await self._stop()
        try:
            await life
        except asyncio.CancelledError:
            return
        except ExceptionGroup as group:
            raise _first(group) from group

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            if self._demo is not None:
                simulator = self._demo.process(self._directory.logs, inherited())
                group.create_task(self._keep(KeptProcess(simulator, _progress)))
            await self._servers.start(lambda name, seconds: _progress(f"{name} ready after {seconds:.1f} s"))
            group.create_task(self._watch_servers())
            for name in SERVICES:
                process = service_process(name, self._directory.logs, self._environment(name))
                group.create_task(self._keep(KeptProcess(process, _progress)))
            await self._until_ready()
            self._directory.write_running(Running(self._url, self._health_ports))
            if self._demo is not None:
                await self._until_demo_answers()
                await asyncio.to_thread(self._register, self._demo)
            self._tell()

    def _environment(self, service: str) -> dict[str, str]:
        own: dict[str, str] = {}
        if service == "ingest":
            own["BK_MEDIA_MAX_BYTES"] = str(self._servers.media_bytes_max)
        if service in ("gateway", "ingest", "intercom"):
            # Simulated cameras live on loopback.
            own["BK_ALLOW_LOOPBACK_CAMERAS"] = "true"
        if service == "intercom":
            own["BK_TALK_SPOOL"] = str(self._directory.path / "talks")
        if service == "gateway":
            own["BK_ADMIN_PASSWORD_FILE"] = str(self._directory.password_path)
            own["BK_ADMIN_PASSWORD_ONCE"] = "false"  # bk camera, bk status and others log in with that file
            own["BK_CONSOLE_DIR"] = str(_CONSOLE)
            # Beside the simulated cameras are our own servers, which no camera form may reach.
            own["BK_OWN_PORTS"] = ",".join(str(port) for port in sorted(self._ports.given - {self._demo_port}))
        return environment(service, self._servers, host=HOST, port=self._health_ports[service], own=own)

    async def _keep(self, kept: KeptProcess) -> None:
        self._kept.append(kept)
        await kept.keep()

    async def _watch_servers(self) -> None:
        raise await self._servers.until_one_ends()

    async def _until_ready(self) -> None:
        """Until every service says so. Raises CommandFailed with what is missing."""
        missing = dict.fromkeys(SERVICES, "no answer")
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
            while missing:
                for name in list(missing):
                    reason = await readiness(http, self._health_ports[name])
                    if reason is None:
                        del missing[name]
                        _progress(f"{name} ready after {loop.time() - began:.1f} s")
                    else:
                        missing[name] = reason
                if missing and loop.time() - began > READY_LIMIT_S:
                    raise CommandFailed(self._say_missing(missing))
                await asyncio.sleep(POLL_S)

    def _say_missing(self, missing: dict[str, str]) -> str:
        told = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        return f"not ready after {READY_LIMIT_S:.0f} s: {told} (logs in {self._directory.logs})"

    async def _until_demo_answers(self) -> None:
        """A camera registered before it answers would be shown as unreachable, and tried again late."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        is_told = False
        while not await answers(HOST, self._demo_port):
            waited_s = loop.time() - began
            if waited_s > DEMO_LIMIT_S:
                _progress(f"the demo cameras do not answer after {waited_s:.0f} s (logs in {self._directory.logs})")
                return
            if waited_s > 2.0 and not is_told:
                is_told = True
                _progress("drawing what the demo cameras show, at the first start only")
            await asyncio.sleep(POLL_S)

    def _register(self, demo: Demo) -> None:
        with GatewayClient(self._url) as gateway:
            gateway.log_in(self._directory.password_path)
            demo.register(gateway)
            gateway.log_out()

    def _tell(self) -> None:
        password_path = self._directory.password_path
        typer.echo(f"ready {self._url}")
        if self._is_first_start:
            typer.echo(f"log in as admin, password {password_path.read_text().strip()} (kept in {password_path})")
        else:
            typer.echo(f"log in as admin, the password is in {password_path}")

    async def _stop(self) -> None:
        """Services first, all at once, so that each can still say goodbye to the servers; then the servers."""
        await asyncio.gather(*(kept.stop() for kept in self._kept))
        await self._servers.stop()


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The failure that a person is told: the others were cancelled because of it."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


async def readiness(http: httpx.AsyncClient, port: int) -> str | None:
    """None where the service on `port` is ready, else the reason."""
    try:
        response = await http.get(f"http://{HOST}:{port}/readyz")
    except httpx.HTTPError:
        return "no answer"
    if response.is_success:
        return None
    try:
        reasons = response.json()["reasons"]
    except (ValueError, KeyError, TypeError):
        return f"answers {response.status_code}"
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
