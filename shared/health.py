"""`/healthz`, `/readyz` and `/metrics` of one process, and whatever else the service serves behind them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import Clock
from shared.telemetry import metrics_page

# None when ready, else the reason, for a person.
Check = Callable[[], "str | Awaitable[str | None] | None"]
# = how long one check may keep the others' answer waiting
CHECK_LIMIT_S = 0.7


class Health:
    """An ASGI application: alive from the first moment, ready when every check says so.

    The service's own application is set later (`serve`) and gets every request that is not about health.
    """

    def __init__(self, service: str, worker: str):
        self._service = service
        self._worker = worker
        self._checks: dict[str, Check] = {"start": lambda: "still starting"}
        self._running: dict[str, asyncio.Task[str | None]] = {}
        self._app: ASGIApp | None = None
        self._own = Starlette(
            routes=[
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
                Route("/metrics", metrics_page),
            ]
        )
        self._paths = frozenset(("/healthz", "/readyz", "/metrics"))

    def serve(self, checks: Mapping[str, Check], app: ASGIApp | None) -> None:
        """From now on these checks decide, and `app` answers everything else."""
        self._checks = dict(checks)
        self._app = app

    def waits(self, reason: str) -> None:
        """It starts, and cannot go on before something outside has changed."""
        self._checks = {"start": lambda: f"still starting, it waits: {reason}"}

    async def reasons(self, limit_s: float = CHECK_LIMIT_S) -> dict[str, str]:
        """Why it is not ready, by what is missing; a check that takes longer than the limit is a reason too.

        Such a check goes on, and nobody begins it a second time meanwhile.
        """
        checks = dict(self._checks)
        for name, check in checks.items():
            if name not in self._running:
                self._running[name] = asyncio.create_task(_asked(check), name=f"check {name}")
        if checks:
            await asyncio.wait([self._running[name] for name in checks], timeout=limit_s)
        reasons: dict[str, str] = {}
        for name in checks:
            if not self._running[name].done():
                reasons[name] = f"no answer within {limit_s:g} s"
                continue
            reason = self._running.pop(name).result()
            if reason is not None:
                reasons[name] = reason
        return reasons

    def stop(self) -> None:
        """Not ready any more: whoever balances load sends nobody new here."""
        self._checks = {"stop": lambda: "stopping"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None or (scope["type"] == "http" and scope["path"] in self._paths):
            await self._own(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _healthz(self, request: Request) -> Response:
        return JSONResponse({"service": self._service, "worker": self._worker, "status": "ok"})

    async def _readyz(self, request: Request) -> Response:
        reasons: dict[str, str] = {}
        for name, check in self._checks.items():
            reason = await _asked(check)
            if reason is not None:
                reasons[name] = reason
        body = {"service": self._service, "worker": self._worker, "is_ready": not reasons, "reasons": reasons}
        return JSONResponse(body, status_code=503 if reasons else 200)


async def _asked(check: Check) -> str | None:
    answer = check()
    return await answer if inspect.isawaitable(answer) else answer


class Dated:
    """Dates each answer as it goes out (RFC 9110 6.6.1); uvicorn would wake every second to renew that header."""

    def __init__(self, app: ASGIApp, clock: Clock):
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message["headers"] = [(b"date", date), *message.get("headers", ())]
            await send(message)

        await self._app(scope, receive, send_dated if scope["type"] == "http" else send)
