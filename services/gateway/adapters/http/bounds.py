"""What one request may take: how often, how many bytes, for how long; before anything else looks at it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.adapters.http.problems import problem, problem_of
from services.gateway.refusals import TryLater
from shared.errors import RequestRefused

# The largest of the routes that read a file is 12 MB; each of them has its own, smaller limit.
FILE_BYTES_MAX = 16 * 1024 * 1024
# = how long a body may stand still, and take as a whole (12 MB at 1 Mbit/s)
STILL_LIMIT_S = 15.0
BODY_LIMIT_S = 120.0
_LOG_IN = ("POST", "/api/v1/sessions")
_WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))


class Bounds:
    """ASGI middleware; WebSockets are bounded by their own rules, and counted here."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        rooms = scope["app"].state.rooms
        address = scope["client"][0] if scope.get("client") else "unknown"
        wait_s = rooms.doors.limits.of_address(address)
        if wait_s:
            await problem_of(too_many(wait_s))(scope, receive, send)
            return
        if (scope["method"], scope["path"]) == _LOG_IN:
            # Before anything is read: of thousands at once each refusal counts.
            try:
                rooms.doors.login_queue.require_place()
            except TryLater as later:
                await problem_of(later)(scope, receive, send)
                return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            refusal = problem(400, "bad_request", "An address holds no NUL character: leave it out.")
            await refusal(scope, receive, send)
            return
        if scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        limit = _limit(Headers(scope=scope), rooms.doors.limits.json_bytes_max)
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            # The rest is not read: the connection ends with the answer.
            answer = problem(413, "body_too_large", _too_large(limit), headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        await self._app(scope, _Bounded(receive, limit).receive, send)


class _Bounded:
    """A body that ends in time and within its size, or not at all."""

    def __init__(self, receive: Receive, limit: int):
        self._receive = receive
        self._limit = limit
        self._read = 0
        self._ends_at = asyncio.get_running_loop().time() + BODY_LIMIT_S
        self._is_read = False

    async def receive(self) -> Message:
        if self._is_read:
            return await self._receive()  # waits for the end of the connection
        left_s = min(STILL_LIMIT_S, self._ends_at - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(left_s):
                message = await self._receive()
        except TimeoutError:
            words = f"The body came too slowly: send it within {BODY_LIMIT_S:.0f} s, without pauses."
            raise RequestRefused("body_too_slow", words, status=408) from None
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._is_read = not message.get("more_body", False)
            if self._read > self._limit:
                raise RequestRefused("body_too_large", _too_large(self._limit), status=413)
        return message


def too_many(wait_s: int) -> TryLater:
    return TryLater(
        "too_many_requests", f"Too many requests. Try again in {wait_s} s.", status=429, retry_after_s=wait_s
    )


def _limit(headers: Headers, json_bytes_max: int) -> int:
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return json_bytes_max if kind == "application/json" or kind.endswith("+json") else FILE_BYTES_MAX


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit // 1000} kB: send less at once."
