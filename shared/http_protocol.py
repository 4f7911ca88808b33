"""HTTP/1.1 that does not wait for ever: a request whose headers do not come, or do not end, loses its connection.

uvicorn bounds neither: a client that sends one byte a minute would keep a connection and its memory.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.telemetry import counter, log

# = how long one client may hold a connection without asking for anything
HEADERS_LIMIT_S = 15.0
HEADERS_BYTES_MAX = 64 * 1024
_given_up = counter(
    "http_headers_given_up_total", "Connections closed because request headers came too slowly or never ended"
)


class PatientHttp(HttpToolsProtocol):
    """For `uvicorn.Config(http=...)`."""

    headers_limit_s = HEADERS_LIMIT_S
    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._begin()  # the next request on this connection
        self._header_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._header_bytes > HEADERS_BYTES_MAX:
            self._give_up("headers too long")

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(self.headers_limit_s, self._give_up, "headers too slow")

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, reason: str) -> None:
        self._end()
        _given_up.inc()
        client: Any = self.client
        log().info("connection given up", reason=reason, address=None if client is None else client[0])
        self.transport.close()
