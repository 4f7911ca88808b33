"""Connections to a camera's RTSP port: a plain socket read by the mill, or TLS by the event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from shared.camera_sockets import first_connection
from shared.errors import CameraUnreachable
from shared.rtsp.read_mill import ReadMill

# = what a camera of 4 Mbit/s sends in a fragment. Fresh bytes, which the allocator cuts to what came, cost less than a
# copy out of a shared buffer; from 128 kB on it would have their pages mapped and unmapped for every read.
READ_BYTES = 124 * 1024
# A camera may be this far ahead of us (an IDR of a 4K camera), before TCP slows it down.
RECEIVE_BUFFER_BYTES = 512 * 1024
_MOST_READS = 16
_LONGEST_WRITE_QUEUE_BYTES = 1024 * 1024

DataHandler = Callable[[bytes], None]
Rest = Callable[[], float]
CloseHandler = Callable[[BaseException], None]


class Link(Protocol):
    """Bytes both ways. Calls `on_data` with what came, and once `on_closed` when it ended."""

    def start(self, on_data: DataHandler, on_closed: CloseHandler) -> None: ...

    def write(self, data: bytes) -> None: ...

    def set_immediate(self, is_immediate: bool) -> None: ...

    def rest_by(self, rest_s: Rest) -> None:
        """While it need not be read at once: asked after each read, for how many seconds nothing that comes matters."""
        ...

    def close(self) -> None: ...

    @property
    def peer_host(self) -> str: ...

    @property
    def local_host(self) -> str: ...


class SocketLink:
    """TCP without TLS."""

    def __init__(self, sock: socket.socket, mill: ReadMill, is_immediate: bool):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._mill = mill
        self._is_immediate = is_immediate
        self._on_data: DataHandler | None = None
        self._on_closed: CloseHandler | None = None
        self._rest_s: Rest | None = None
        self._unsent = b""
        self.peer_host: str = sock.getpeername()[0]
        self.local_host: str = sock.getsockname()[0]

    def start(self, on_data: DataHandler, on_closed: CloseHandler) -> None:
        self._on_data, self._on_closed = on_data, on_closed
        self._mill.add(self._sock, self._read, self._is_immediate)

    def set_immediate(self, is_immediate: bool) -> None:
        if is_immediate != self._is_immediate:
            self._is_immediate = is_immediate
            self._mill.set_immediate(self._sock, is_immediate)

    def rest_by(self, rest_s: Rest) -> None:
        self._rest_s = rest_s

    def write(self, data: bytes) -> None:
        """Send at once what the kernel takes, the rest when it can."""
        if self._unsent:
            self._unsent += data
            if len(self._unsent) > _LONGEST_WRITE_QUEUE_BYTES:
                self._fail(CameraUnreachable("The camera takes nothing of what we send.", code="timed_out"))
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(_lost(error))
            return
        if sent < len(data):
            self._unsent = data[sent:]
            asyncio.get_running_loop().add_writer(self._sock.fileno(), self._write_rest)

    def close(self) -> None:
        self._on_closed = None
        if self._sock.fileno() >= 0:
            self._mill.remove(self._sock)
            if self._unsent:
                asyncio.get_running_loop().remove_writer(self._sock.fileno())
            self._sock.close()

    def _write_rest(self) -> None:
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(_lost(error))
            return
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            asyncio.get_running_loop().remove_writer(self._sock.fileno())

    def _read(self) -> None:
        assert self._on_data is not None
        try:
            for _ in range(_MOST_READS):
                try:
                    data = self._sock.recv(READ_BYTES)
                except BlockingIOError:
                    break
                except OSError as error:
                    self._fail(_lost(error))
                    return
                if not data:
                    self._fail(CameraUnreachable("The camera closed the connection.", code="closed"))
                    return
                self._on_data(data)
                if len(data) < READ_BYTES or self._on_closed is None:
                    break
            if self._rest_s is not None and not self._is_immediate:
                self._mill.rest(self._sock, self._rest_s())
        except Exception as error:  # noqa: BLE001 - a sink's mistake belongs to the task that waits for this connection
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        on_closed = self._on_closed
        self.close()
        if on_closed is not None:
            on_closed(error)


class TlsLink(asyncio.Protocol):
    """rtsps: the event loop's TLS. Always read at once: what is decrypted cannot wait in a socket."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._on_data: DataHandler | None = None
        self._on_closed: CloseHandler | None = None
        self.peer_host = ""
        self.local_host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()
        self.peer_host = transport.get_extra_info("peername")[0]
        self.local_host = transport.get_extra_info("sockname")[0]

    def start(self, on_data: DataHandler, on_closed: CloseHandler) -> None:
        self._on_data, self._on_closed = on_data, on_closed
        assert self._transport is not None
        self._transport.resume_reading()

    def set_immediate(self, is_immediate: bool) -> None:
        """Always is."""

    def rest_by(self, rest_s: Rest) -> None:
        """Never rests."""

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.get_write_buffer_size() > _LONGEST_WRITE_QUEUE_BYTES:
            self._fail(CameraUnreachable("The camera takes nothing of what we send.", code="timed_out"))
        elif not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        self._on_closed = None
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._on_data is None or self._on_closed is None:
            return
        try:
            self._on_data(data)
        except Exception as error:  # noqa: BLE001 - as in SocketLink
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(
            _lost(exc) if exc is not None else CameraUnreachable("The camera closed the connection.", code="closed")
        )

    def _fail(self, error: BaseException) -> None:
        on_closed = self._on_closed
        self.close()
        if on_closed is not None:
            on_closed(error)


def _lost(error: Exception) -> CameraUnreachable:
    return CameraUnreachable(
        f"The connection to the camera was lost: {error.strerror or error}"
        if isinstance(error, OSError)
        else f"The connection to the camera was lost: {error}",
        code="closed",
    )


async def open_link(
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None,
    mill: ReadMill,
    is_immediate: bool,
    may_connect: Callable[[str], bool],
) -> Link:
    """Connect as `first_connection` does, and raise as it does."""

    async def link(sock: socket.socket) -> Link:
        if tls is None:
            return SocketLink(sock, mill, is_immediate)
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(TlsLink, sock=sock, ssl=tls, server_hostname=host)
        return made

    return await first_connection(host, port, may_connect, link, RECEIVE_BUFFER_BYTES)
