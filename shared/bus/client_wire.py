"""The private seam of nats-py 2.16: its transport, written to past its pending buffer. The version is pinned."""

from __future__ import annotations

import asyncio

from nats.aio.client import Client
from nats.aio.transport import TcpTransport


class ClientWire:
    """Implements `Wire`. Whole commands only: nats-py writes whole commands too, so neither tears the other's."""

    def __init__(self, client: Client):
        self._client = client

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected)

    @property
    def buffered_bytes(self) -> int:
        transport = self._transport()
        return 0 if transport is None else transport.get_write_buffer_size()

    def write(self, pieces: list[bytes]) -> int:
        transport = self._transport() if self._client.is_connected else None
        # NATS may have closed it a turn of the loop before nats-py knows: lost, as what is under way then always is.
        if transport is None or transport.is_closing():
            return 0
        # uvloop hands the list to one writev: the payloads are not copied in this process.
        transport.writelines(pieces)
        return transport.get_write_buffer_size()

    def _transport(self) -> asyncio.WriteTransport | None:
        """That of asyncio, below nats-py's and the stream's: each of them would be one more call for every write."""
        transport = self._client._transport
        if not isinstance(transport, TcpTransport) or transport._io_writer is None:
            return None
        return transport._io_writer.transport
