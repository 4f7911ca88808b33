"""One service process: settings, bus, health, supervised tasks, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import uvicorn
import uvloop
from pydantic import ValidationError
from starlette.types import ASGIApp

from shared.bus import Bus
from shared.clock import Clock, SystemClock
from shared.errors import PeerError
from shared.health import Check, Dated, Health
from shared.http_protocol import PatientHttp
from shared.messages.status import Missing, WorkerHealth
from shared.settings import ServiceSettings, explain
from shared.supervise import BackOff, RunOnce, Supervised, Supervisor
from shared.telemetry import configure_logging, configure_tracing, log
from shared.version import VERSION

EXIT_BUG = 1
EXIT_SETTINGS = 2
HTTP_STOP_LIMIT_S = 2
# = how long a connection may rest between two requests. Longer than what stands in front keeps it (an nginx: 60 s),
# which would otherwise send a request into a connection that is just being closed.
HTTP_REST_LIMIT_S = 75
CLOSE_LIMIT_S = 5.0

S = TypeVar("S", bound=ServiceSettings)
Close = Callable[[], Awaitable[None]]


class CannotStart(Exception):
    """The process ends with this one line: something outside must be changed first."""


@dataclass(frozen=True, slots=True)
class Context(Generic[S]):
    """What `wire` is given. `supervisor` may be kept: cameras come and go while the service runs."""

    name: str
    settings: S
    bus: Bus
    clock: Clock
    supervisor: Supervisor


@dataclass(slots=True)
class Wired:
    """What `wire` returns.

    Attributes:
        tasks: (name, task) started in this order, stopped in the opposite one.
        readiness: checks beside the bus; each returns None or the reason why not.
        app: served on BK_HTTP_PORT behind /healthz, /readyz and /metrics.
        drain: awaited first when the process is asked to end, up to `drain_limit_s`, while tasks and bus still work:
            takes nothing new, and lets what people are in the middle of come to its end.
        close: awaited in this order after all tasks have ended, before the bus closes.
    """

    tasks: Sequence[tuple[str, Supervised | RunOnce]] = ()
    readiness: Mapping[str, Check] = field(default_factory=dict)
    app: ASGIApp | None = None
    drain: Close | None = None
    drain_limit_s: float = 0.0
    close: Sequence[Close] = ()


Wire = Callable[[Context[S]], Awaitable[Wired]]


def run(name: str, settings_class: type[S], wire: Wire[S]) -> None:
    """Run a service until SIGTERM or SIGINT; ends the process with 0, or non-zero where it could not go on.

    `wire` is called when the bus is connected. A PeerError from it (database away) is followed by another
    call after a back-off, so it closes what it opened before it raises.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        sys.exit(_say(name, explain(error)))
    configure_logging(name, settings.worker_id, settings.log_level)
    configure_tracing(name, settings.worker_id)
    try:
        uvloop.run(_serve(name, settings, wire))
    except CannotStart as error:
        sys.exit(_say(name, [str(error)]))
    except Exception:  # noqa: BLE001 - the process boundary: our bug is said once, then we are restarted
        log().critical("our bug, the process ends", exc_info=True)
        sys.exit(EXIT_BUG)


def _say(name: str, lines: Sequence[str]) -> int:
    for line in lines:
        print(f"{name}: {line}", file=sys.stderr, flush=True)
    return EXIT_SETTINGS


async def _serve(name: str, settings: S, wire: Wire[S]) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    health = Health(name, settings.worker_id)
    listening = _listen(settings.http_host, settings.http_port)
    server = _Server(_uvicorn_config(Dated(health, SystemClock())))
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    work = asyncio.create_task(_work(name, settings, wire, health), name="work")
    asked = asyncio.create_task(stopping.wait(), name="stop")
    try:
        await asyncio.wait({work, asked, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # HTTP first, so that no request meets a half-closed service; then tasks, then the bus.
        health.stop()
        server.stop()
        await serving
        asked.cancel()
        work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        log().info("stopped")


async def _work(name: str, settings: S, wire: Wire[S], health: Health) -> None:
    clock = SystemClock()
    supervisor = Supervisor(clock)
    started_us = clock.now_us()
    bus = await _connect(name, settings, clock)
    wired = Wired()
    tells: list[Close] = []
    try:
        tells.append(await _tell_health(name, settings.worker_id, started_us, bus, health, clock))
        wired = await _wire(Context(name, settings, bus, clock, supervisor), wire, health)
        for task_name, task in wired.tasks:
            supervisor.start(task_name, task)
        # What is there now stays. Looked through again by each full collection, it would hold everything up: 120 ms
        # for the gateway's 200,000 objects.
        gc.collect()
        gc.freeze()
        health.serve({"bus": lambda: _bus_reason(bus), **wired.readiness}, wired.app)
        log().info("started", http_port=settings.http_port)
        await supervisor.run()
    except asyncio.CancelledError:
        if wired.drain is not None:
            await _close(wired.drain, wired.drain_limit_s)
        raise
    finally:
        health.stop()
        await supervisor.stop_all()
        for close in (*wired.close, *tells, bus.close):
            await _close(close)


async def _connect(name: str, settings: ServiceSettings, clock: Clock) -> Bus:
    failures = 0
    while True:
        try:
            return await Bus.connect(
                settings.nats_url,
                name=f"{name} {settings.worker_id}",
                user=settings.nats_user,
                password=settings.nats_password.get_secret_value(),
                replicas=settings.nats_replicas,
            )
        except PeerError as error:
            failures += 1
            await _wait_before_retry("bus not reached, will try again", failures, error, clock)


async def _tell_health(name: str, worker: str, started_us: int, bus: Bus, health: Health, clock: Clock) -> Close:
    """Answers `health` from now on, for this worker and for the service: what cannot start says what it waits for."""

    async def answer(request: bytes) -> WorkerHealth:
        missing = tuple(Missing(what=what, reason=why) for what, why in (await health.reasons()).items())
        return WorkerHealth(service=name, worker=worker, version=VERSION, started_us=started_us, missing=missing)

    failures = 0
    while True:
        try:
            return await bus.serve(
                name, {"health": answer}, version=VERSION, pinned={"health": answer}, instance=worker
            )
        except PeerError as error:
            failures += 1
            await _wait_before_retry("health not told, will try again", failures, error, clock)


async def _wire(context: Context[S], wire: Wire[S], health: Health) -> Wired:
    failures = 0
    while True:
        try:
            return await wire(context)
        except PeerError as error:
            await context.supervisor.stop_all()
            health.waits(str(error))
            failures += 1
            await _wait_before_retry("start failed, will try again", failures, error, context.clock)


async def _wait_before_retry(message: str, failures: int, error: PeerError, clock: Clock) -> None:
    # At start everything else is starting too: the first tries follow quickly.
    delay_s = BackOff(first_s=0.2, last_s=10.0).delay_s(failures, error, 0.5)
    log().warning(message, error=type(error).__name__, detail=str(error), retry_in_s=round(delay_s, 1))
    await clock.sleep(delay_s)


def _bus_reason(bus: Bus) -> str | None:
    return None if bus.is_connected else "not connected to NATS"


async def _close(close: Close, limit_s: float = CLOSE_LIMIT_S) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await close()
    except (PeerError, TimeoutError) as error:
        log().warning("did not close in order", error=type(error).__name__, detail=str(error))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        reason = f"cannot listen on {host}:{port} ({error.strerror})"
        raise CannotStart(f"{reason}: set BK_HTTP_PORT to a free port") from error
    return listening


def _uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=PatientHttp,
        # Video does not compress: deflating it would cost more than receiving it.
        ws_per_message_deflate=False,
        # A third less CPU a fragment and viewer than uvicorn's older WebSocket protocol.
        ws="websockets-sansio",
        timeout_graceful_shutdown=HTTP_STOP_LIMIT_S,
        timeout_keep_alive=HTTP_REST_LIMIT_S,
        server_header=False,
        date_header=False,
    )


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers (this process has its own) and without a timer: it sleeps until asked."""

    def __init__(self, config: uvicorn.Config):
        super().__init__(config)
        self._is_asked_to_stop = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._is_asked_to_stop.set()

    async def main_loop(self) -> None:
        await self._is_asked_to_stop.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
