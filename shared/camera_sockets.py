"""TCP connections to cameras: only to addresses that are allowed, and why there is none in words."""

from __future__ import annotations

import asyncio
import encodings.idna  # noqa: F401 - resolving a name imports it: at the start, not while the first camera waits
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import CameraUnreachable

T = TypeVar("T")

_CODES = {
    errno.ECONNREFUSED: "port_closed",
    errno.EHOSTUNREACH: "no_route",
    errno.ENETUNREACH: "no_route",
    errno.ETIMEDOUT: "timed_out",
}


async def first_connection(
    host: str,
    port: int,
    may_connect: Callable[[str], bool],
    use: Callable[[socket.socket], Awaitable[T]],
    receive_buffer_bytes: int | None = None,
) -> T:
    """Connect to the first address of `host` that answers; what `use` makes of the socket. It fails by an OSError.

    Checked are the addresses that the name resolves to here and now, not the name.

    Raises:
        CameraUnreachable: no such name, no address allowed, or none answered. The caller sets the time limit.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name that IDNA does not know
        raise CameraUnreachable(f"No address is known for {host}.", code="no_such_host") from error
    reason, code = f"The address of {host} is not one we may connect to.", "unreachable"
    for family, kind, protocol, _, address in found:
        if not may_connect(str(address[0])):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            if receive_buffer_bytes is not None:
                # Before connecting: the window is agreed on in the handshake.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            await loop.sock_connect(sock, address)
            return await use(sock)
        except OSError as error:
            sock.close()
            reason = f"{host}:{port} cannot be reached: {os.strerror(error.errno) if error.errno else error}"
            code = _CODES.get(error.errno or 0, "unreachable")
        except BaseException:
            sock.close()
            raise
    raise CameraUnreachable(reason, code=code)
