"""One POST to an address that was checked (RFC 9112); no redirect is followed, and no answer is read to its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult

from services.alerting.notices.channel import ChannelFailed
from shared.camera_sockets import first_connection

_HEAD_BYTES_MAX = 16_384
_BODY_BYTES = 200
_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case; `said`: the first words of the body, where it is no success."""

    status: int
    headers: Mapping[str, str]
    said: str


class CheckedPost:
    """Args: may_connect: of the address that the name leads to here and now; whose: the other end, in messages."""

    def __init__(self, may_connect: Callable[[str], bool], limit_s: float, whose: str, tls: ssl.SSLContext):
        self._may_connect = may_connect
        self._limit_s = limit_s
        self._whose = whose
        self._tls = tls

    async def post(self, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises ChannelFailed, and CameraUnreachable where nobody was reached."""
        request = _head(url, headers, len(body)) + body
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._exchanged(url, request)
        except TimeoutError as error:
            raise ChannelFailed(f"No answer within {self._limit_s:g} s.") from error

    async def _exchanged(self, url: SplitResult, request: bytes) -> Answer:
        host = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)

        async def exchange(sock: socket.socket) -> Answer:
            tls = self._tls if url.scheme == "https" else None
            name = host if tls is not None else None
            try:
                reader, writer = await asyncio.open_connection(
                    sock=sock, limit=_HEAD_BYTES_MAX, ssl=tls, server_hostname=name
                )
                try:
                    writer.write(request)
                    await writer.drain()
                    return await _answer(reader)
                finally:
                    writer.transport.abort()
            except ssl.SSLError as error:
                raise ChannelFailed(f"TLS failed: {error.reason or 'the certificate is not valid'}") from error
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
                # Not an OSError any more: what was sent is not sent to the next address too.
                said = f"The {self._whose} hung up, or answered something that is not HTTP."
                raise ChannelFailed(said) from error

        return await first_connection(host, port, self._may_connect, exchange)


def _head(url: SplitResult, headers: Mapping[str, str], size_bytes: int) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {url.netloc}",
        f"Content-Length: {size_bytes}",
        "User-Agent: bright-kitchen",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        status = int(rest[:3])
        if not version.startswith("HTTP/1.") or not 100 <= status <= 599:
            raise ValueError(rest[:20])
        if status < 200:  # 1xx are before the answer
            continue
        said = b""
        if status >= 300:
            with suppress(TimeoutError):  # words are a courtesy
                async with asyncio.timeout(_WORDS_S):
                    said = await reader.read(_BODY_BYTES)
        parts = (line.partition(":") for line in lines if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, _, value in parts}
        return Answer(status, headers, said.decode(errors="replace"))
