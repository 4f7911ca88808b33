"""Clients of the gateway that cost little: they read, count and compare times, and decode nothing.

Theory of operation. One process holds any number of event streams (server-sent events in HTTP chunks) and live views
(WebSocket frames), each a state machine over the bytes of its socket. A picture's bytes are read into one buffer that
all views share and are never looked at; only the words before it are. `python -m tests.bench.light_clients URL` takes
one JSON command a line on stdin and answers each with one line; its end is the end of all clients.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

_BUFFER = memoryview(bytearray(256 * 1024))
_STAMP = re.compile(rb'"received_us":(\d+)')
# Facts say when they were: a bench publishes them with the moment of publishing.
_SAID = re.compile(rb'"at_us":(\d+)')
_CODE = re.compile(rb'"code":"(\w+)"')
_FIELD = re.compile(rb"^(id|event|data): (.*)$", re.MULTILINE)
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_SLOW_BUFFER_BYTES = 64 * 1024


def now_us() -> int:
    return time.time_ns() // 1000


class EventClient(asyncio.Protocol):
    """One listener. `on_event` is given id, name and data of each; `on_end`, when the stream is over, with which answer
    and what it told last: "200 reset", "503 unavailable"."""

    def __init__(self, request: bytes, on_event: Callable[[bytes, bytes, bytes], None], on_end: Callable[[str], None]):
        self._request = request
        self._on_event = on_event
        self._on_end = on_end
        self._raw = bytearray()
        self._text = bytearray()
        self._last = b""
        self.status = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._raw += data
        if not self.status:
            head, found, rest = self._raw.partition(b"\r\n\r\n")
            if not found:
                return
            self.status = int(head.split(None, 2)[1])
            self._raw = bytearray(rest)
        if self.status != 200:
            if (code := _CODE.search(self._raw)) is not None:
                self._last = code[1]
            return
        self._unchunk()
        # What is behind the last empty line is not whole yet.
        *whole, self._text = self._text.split(b"\n\n")
        for part in whole:
            fields = dict(_FIELD.findall(bytes(part)))
            if b"event" in fields:
                self._last = fields[b"event"]
                self._on_event(fields.get(b"id", b""), fields[b"event"], fields.get(b"data", b""))

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end(f"{self.status} {self._last.decode()}".strip())

    def _unchunk(self) -> None:
        """RFC 9112, 7.1: size in hexadecimal, line end, so many bytes, line end."""
        raw, at = self._raw, 0
        while (end := raw.find(b"\r\n", at)) >= 0:
            size = int(raw[at:end], 16)
            if len(raw) < end + 2 + size + 2:
                break
            self._text += raw[end + 2 : end + 2 + size]
            at = end + 2 + size + 2
        del raw[:at]


class ViewClient(asyncio.BufferedProtocol):
    """One live view. `bytes_per_s` 0: as fast as it comes."""

    def __init__(self, request: bytes, count: Counted, bytes_per_s: int = 0):
        self._request = request
        self._count = count
        self._bytes_per_s = bytes_per_s
        self._buffer = _BUFFER if not bytes_per_s else memoryview(bytearray(16 * 1024))
        self._head = bytearray()
        self._is_open = False
        self._opcode = 0
        self._left = 0
        self._words: bytearray | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._count.bytes += nbytes
        at = 0 if self._is_open else self._opened(nbytes)
        while at < nbytes:
            if not self._left:
                at = self._header(at, nbytes)
                continue
            took = min(self._left, nbytes - at)
            if self._words is not None:
                self._words += self._buffer[at : at + took]
            self._left -= took
            at += took
            if not self._left:
                self._message_ends()
        if self._bytes_per_s:
            assert self.transport is not None
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(nbytes / self._bytes_per_s, self._go_on)

    def connection_lost(self, exc: Exception | None) -> None:
        self._count.ended += 1

    def _go_on(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _opened(self, nbytes: int) -> int:
        before = len(self._head)
        self._head += self._buffer[:nbytes]
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return nbytes
        self._is_open = b" 101 " in self._head[:20]
        if not self._is_open:
            self._count.refused += 1
            assert self.transport is not None
            self.transport.close()
            return nbytes
        self._head.clear()
        self._count.opened += 1
        return end + 4 - before

    def _header(self, at: int, nbytes: int) -> int:
        """RFC 6455, 5.2: two bytes, and two or eight more of length; a server masks nothing."""
        head = self._head
        while at < nbytes:
            head.append(self._buffer[at])
            at += 1
            if len(head) < 2:
                continue
            more = {126: 2, 127: 8}.get(head[1], 0)
            if len(head) == 2 + more:
                self._left = int.from_bytes(head[2:]) if more else head[1]
                self._opcode = head[0] & 15
                self._words = bytearray() if self._opcode in (_TEXT, _PING) else None
                head.clear()
                if not self._left:
                    self._message_ends()
                break
        return at

    def _message_ends(self) -> None:
        words = self._words
        if self._opcode == _TEXT and words is not None:
            found = _STAMP.search(words)
            if found is not None:
                self._count.late_us.append(now_us() - int(found[1]))
            elif b'"skipped"' in words:
                self._count.skipped += 1
        elif self._opcode == _PING and words is not None and self.transport is not None:
            # Masked with zeros, which changes nothing (RFC 6455, 5.3).
            self.transport.write(bytes((0x80 | _PONG, 0x80 | len(words), 0, 0, 0, 0)) + words)
        elif self._opcode == _CLOSE and self.transport is not None:
            self.transport.close()
        self._words = None


class Counted:
    """What views of one kind have seen since the last window."""

    def __init__(self) -> None:
        self.opened = self.refused = self.ended = 0
        self.reset()

    def reset(self) -> None:
        self.bytes = self.skipped = 0
        self.late_us: list[int] = []

    def told(self) -> dict[str, Any]:
        return {
            "opened": self.opened,
            "refused": self.refused,
            "ended": self.ended,
            "bytes": self.bytes,
            "skipped": self.skipped,
            "fragments": len(self.late_us),
            "late_ms": cuts([late / 1000 for late in self.late_us]),
        }


class Clients:
    """All clients of this process."""

    def __init__(self, url: str):
        where = urlsplit(url)
        self._host, self._port = where.hostname or "", where.port or 80
        self._fast, self._slow = Counted(), Counted()
        self._slow_views: list[asyncio.Transport] = []
        self._pushed_us: list[int] = []
        self._listening = 0
        self._ended: Counter[str] = Counter()

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        match command["do"]:
            case "listen":
                for number in range(command["count"]):
                    token = command["tokens"][number % len(command["tokens"])]
                    request = self._get("/api/v1/events?name=alert_raised", token)
                    await self._open(lambda request=request: EventClient(request, self._heard, self._over))
                return {"listening": self._listening}
            case "view":
                count, rate = self._slow if command.get("bytes_per_s") else self._fast, command.get("bytes_per_s", 0)
                for path, token in command["views"]:
                    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    request = self._get(path, token, upgrade + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                    await self._open(lambda request=request: ViewClient(request, count, rate), slow=bool(rate))
                return {}
            case "end slow":
                for transport in self._slow_views:
                    transport.abort()
                self._slow_views.clear()
                return {}
            case _:
                return await self._window(command["seconds"])

    async def _open(self, make: Callable[[], asyncio.BaseProtocol], slow: bool = False) -> None:
        loop = asyncio.get_running_loop()
        own = socket.socket()
        if slow:
            # Before the connection, or its window is agreed on already.
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BUFFER_BYTES)
        own.setblocking(False)
        await loop.sock_connect(own, (self._host, self._port))
        transport, _ = await loop.create_connection(make, sock=own)
        if slow:
            self._slow_views.append(cast(asyncio.Transport, transport))

    async def _window(self, seconds: float) -> dict[str, Any]:
        self._fast.reset()
        self._slow.reset()
        self._pushed_us = []
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        took_s = time.monotonic() - began
        return {
            "seconds": round(took_s, 2),
            "cpu_percent": round(100 * (time.process_time() - cpu) / took_s, 1),
            "listening": self._listening,
            "streams_ended": dict(self._ended),
            "events": len(self._pushed_us),
            "pushed_ms": cuts([each / 1000 for each in self._pushed_us]),
            "views": self._fast.told(),
            "slow": self._slow.told(),
        }

    def _get(self, path: str, token: str, more: str = "") -> bytes:
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: Bearer {token}\r\n"
        return (head + more + "\r\n").encode()

    def _heard(self, id: bytes, name: bytes, data: bytes) -> None:
        if name == b"hello":
            self._listening += 1
        elif name == b"alert_raised" and (said := _SAID.search(data)) is not None:
            self._pushed_us.append(now_us() - int(said[1]))

    def _over(self, how: str) -> None:
        self._ended[how] += 1


def cuts(samples: Sequence[float]) -> dict[str, float] | None:
    """Median, 95th and 99th of a hundred, and the largest."""
    if len(samples) < 2:
        return None
    parts = statistics.quantiles(samples, n=100)
    named = {"p50": parts[49], "p95": parts[94], "p99": parts[98], "max": max(samples)}
    return {name: round(value, 2) for name, value in named.items()}


async def serve(url: str) -> None:
    clients, reader = Clients(url), asyncio.StreamReader(limit=4 * 1024 * 1024)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb"))
    while line := await reader.readline():
        print(json.dumps(await clients.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
