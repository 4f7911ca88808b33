"""Answers made smaller for who takes that: long JSON, CSV and texts of the API; the console's files are so on disk.

Only what somebody fetches by GET and is made of text: no picture, sound or video, no file that is compressed in itself,
no event stream (which would be held back). Starlette's own middleware takes everything but a list of types, `gzip;q=0`
for a yes, and leaves a strong ETag on other bytes; so this one decides by what is allowed.

Length tells what is inside: who may choose a part of an answer and see how long it gets can find out the rest
(BREACH, Gluck, Harris and Prado 2013). Where answers show secrets (`secret_paths`) nothing is compressed.
"""

from __future__ import annotations

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.secret_paths import shows_secrets

_KINDS = frozenset(("application/json", "application/x-ndjson", "application/yaml", "text/calendar", "text/csv"))
# = below it no packet is saved: a segment of TCP carries about 1,400 bytes
_LEAST_BYTES = 1400
# = what the event loop may compress itself, about a third of a millisecond; more goes to the thread
_INLINE_BYTES = 32 * 1024
# = answers that may wait for the thread; the next ones go as they are, so that nobody waits for smallness
_WAITING_MAX = 16
# Half of a list's time at 6, and a tenth larger.
_LEVEL = 4
_GZIP = 16 + zlib.MAX_WBITS


class Compressed:
    """ASGI middleware: RFC 9110, 8.4 and 12.5.3; gzip, which every client has."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._press = _Press()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _may_be_smaller(scope["path"]):
            await self._app(scope, receive, send)
            return
        is_taken = "gzip" in encodings_taken(Headers(scope=scope).get("accept-encoding", ""))
        await self._app(scope, receive, _Answer(self._press, is_taken, send).send)


class _Press:
    """One thread for long bodies; knows how many wait for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gzip")
        self._waiting = 0

    @property
    def is_busy(self) -> bool:
        return self._waiting >= _WAITING_MAX

    async def press(self, into: zlib._Compress, body: bytes, *, is_last: bool) -> bytes:
        if len(body) <= _INLINE_BYTES:
            return _pressed(into, body, is_last)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, _pressed, into, body, is_last)
        finally:
            self._waiting -= 1


def _pressed(into: zlib._Compress, body: bytes, is_last: bool) -> bytes:
    return into.compress(body) + (into.flush() if is_last else b"")


class _Answer:
    """One answer on its way out; its head waits for the first of its body, which says how long it is."""

    def __init__(self, press: _Press, is_taken: bool, send: Send):
        self._press = press
        self._is_taken = is_taken
        self._send = send
        self._start: Message | None = None
        self._into: zlib._Compress | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if not _varies(message):
                await self._send(message)
                return
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.add_vary_header("Accept-Encoding")
            self._start = {**message, "headers": headers.raw}
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._begin(self._start, message)
        elif self._into is not None:
            await self._go_on(self._into, message)
        else:
            await self._send(message)

    async def _begin(self, start: Message, message: Message) -> None:
        self._start = None
        body, has_more = message.get("body", b""), message.get("more_body", False)
        is_worth_it = has_more or (len(body) >= _LEAST_BYTES and not self._press.is_busy)
        if start["status"] != 200 or not self._is_taken or not is_worth_it:
            await self._send(start)
            await self._send(message)
            return
        into = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        headers = MutableHeaders(raw=start["headers"])
        headers["Content-Encoding"] = "gzip"
        if has_more:
            del headers["Content-Length"]
            self._into = into
            await self._send(start)
            await self._go_on(into, message)
            return
        small = await self._press.press(into, body, is_last=True)
        headers["Content-Length"] = str(len(small))
        await self._send(start)
        await self._send({**message, "body": small})

    async def _go_on(self, into: zlib._Compress, message: Message) -> None:
        has_more = message.get("more_body", False)
        small = await self._press.press(into, message.get("body", b""), is_last=not has_more)
        if small or not has_more:
            await self._send({**message, "body": small})


def encodings_taken(accept_encoding: str) -> set[str]:
    """Encodings that a client names without refusing them (`;q=0`)."""
    words = (each.replace(" ", "").lower() for each in accept_encoding.split(","))
    return {name for name, _, weight in (word.partition(";") for word in words) if not _is_nothing(weight)}


def _is_nothing(weight: str) -> bool:
    return weight.startswith("q=") and not weight.removeprefix("q=").strip("0.")


def _may_be_smaller(path: str) -> bool:
    return path.startswith("/api/v1/") and not shows_secrets(path)


def _varies(start: Message) -> bool:
    """Whether this answer may be another one for who takes gzip; of a 304 that is so where its 200 would be."""
    headers = Headers(raw=start["headers"])
    # A strong tag names these very bytes (RFC 9110, 8.8.1), and If-Match needs a strong one: those stay as they are.
    if "set-cookie" in headers or "content-encoding" in headers or not headers.get("etag", "W/").startswith("W/"):
        return False
    if "no-transform" in headers.get("cache-control", ""):
        return False
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return start["status"] == 304 or (start["status"] == 200 and kind in _KINDS)
