"""Our own webhook: one signed POST to an address that was checked, and no redirect is followed (RFC 9112)."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import SplitResult

from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken, sign, split_url
from shared.camera_networks import Network, may_connect
from shared.camera_sockets import first_connection
from shared.errors import CameraUnreachable, RequestRefused

ID, TIMESTAMP, SIGNATURE = "X-BK-Id", "X-BK-Timestamp", "X-BK-Signature"
_HEAD_BYTES_MAX = 16_384
_BODY_BYTES = 200
_WORDS_S = 1.0
# It has had this id already: that is what we wanted.
_HAS_IT = 409
# RFC 9110 15.5: the request itself is wrong; 408, 425 and 429 ask to come again.
_COME_AGAIN = frozenset((408, 425, 429))


class WebhookChannel:
    """Implements `Channel`. Args: now_s: UTC seconds, which the receiver compares with its own clock."""

    def __init__(self, networks: tuple[Network, ...], limit_s: float, now_s: Callable[[], int]):
        self._networks = networks
        self._limit_s = limit_s
        self._now_s = now_s
        self._tls = ssl.create_default_context()

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        try:
            url = split_url(address)
        except RequestRefused as error:
            raise ChannelFailed(str(error), is_final=True) from error
        body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":")).encode()
        head = self._head(url, secret, message.id, body)
        try:
            async with asyncio.timeout(self._limit_s):
                status, said = await self._post(url, head + body)
        except TimeoutError as error:
            raise ChannelFailed(f"No answer within {self._limit_s:g} s.") from error
        except CameraUnreachable as error:
            raise _unreachable(error, url) from error
        return _judged(status, said)

    def _head(self, url: SplitResult, secret: str, id: str, body: bytes) -> bytes:
        timestamp_s = self._now_s()
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "User-Agent: bright-kitchen",
            "Connection: close",
            f"{ID}: {id}",
            f"{TIMESTAMP}: {timestamp_s}",
            f"{SIGNATURE}: v1={sign(secret, timestamp_s, id, body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _post(self, url: SplitResult, request: bytes) -> tuple[int, str]:
        host = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)

        async def exchange(sock: socket.socket) -> tuple[int, str]:
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
                raise ChannelFailed("The receiver hung up, or answered something that is not HTTP.") from error

        return await first_connection(host, port, self._may_connect, exchange)

    def _may_connect(self, address: str) -> bool:
        return may_connect(self._networks, address)


def _unreachable(error: CameraUnreachable, url: SplitResult) -> ChannelFailed:
    if "not one we may connect to" in str(error):
        said = f"{url.hostname} is not in BK_NOTICE_NETWORKS: an operator adds the network there."
        return ChannelFailed(said, is_final=True)
    return ChannelFailed(str(error))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        version, _, rest = head.partition("\r\n")[0].partition(" ")
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
        return status, said.decode(errors="replace")


def _judged(status: int, said: str) -> Taken:
    if 200 <= status < 300:
        return Taken("delivered", f"{status}")
    if status == _HAS_IT:
        return Taken("delivered", "409: it has had this message already")
    words = " ".join(said.split())
    if 300 <= status < 400:
        raise ChannelFailed(f"{status}: redirects are not followed. Enter the address that it leads to.", is_final=True)
    is_final = 400 <= status < 500 and status not in _COME_AGAIN
    raise ChannelFailed(f"The receiver answered {status}: {words}", is_final=is_final)
