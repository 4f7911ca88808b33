"""Reads many UDP sockets in one round: on a tick where nobody waits for them, else as soon as they can be read."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable

# A datagram that finds the socket's buffer full is lost, where TCP only waits: Linux grants 208 KiB unless told.
DATAGRAM_TICK_S = 0.04


class DatagramMill:
    """One epoll for all moderated UDP sockets of a process.

    A picture comes in a dozen datagrams some hundred microseconds apart. Woken for each of them, a process spends most
    of its time waking up; on a tick all are read at once, and all cameras in one round.

    `on_readable` must read without waiting and may not raise.
    """

    def __init__(self, tick_s: float = DATAGRAM_TICK_S):
        self._tick_s = tick_s
        self._epoll = select.epoll()
        self._moderated: dict[int, Callable[[], None]] = {}
        self._immediate: dict[int, Callable[[], None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, sock: socket.socket, on_readable: Callable[[], None], is_immediate: bool = False) -> None:
        """Begin to read `sock` (non-blocking)."""
        if is_immediate:
            self._immediate[sock.fileno()] = on_readable
            asyncio.get_running_loop().add_reader(sock.fileno(), on_readable)
        else:
            self._moderated[sock.fileno()] = on_readable
            self._epoll.register(sock.fileno(), select.EPOLLIN)
            self._start()

    def remove(self, sock: socket.socket) -> None:
        """Stop reading it; before it is closed. Unknown sockets are no error."""
        number = sock.fileno()
        if self._immediate.pop(number, None) is not None:
            asyncio.get_running_loop().remove_reader(number)
        if self._moderated.pop(number, None) is not None:
            self._epoll.unregister(number)
        if not self._moderated and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def set_immediate(self, sock: socket.socket, is_immediate: bool) -> None:
        """Change how a socket is read; what waits in it already is read at the next opportunity."""
        number = sock.fileno()
        callbacks = self._moderated if is_immediate else self._immediate
        on_readable = callbacks.get(number)
        if on_readable is not None:
            self.remove(sock)
            self.add(sock, on_readable, is_immediate)

    def close(self) -> None:
        """Sockets are closed by who opened them, before this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._epoll.close()

    def _start(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + self._tick_s
            self._timer = loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        moderated = self._moderated
        for number, _ in self._epoll.poll(0, max(1, len(moderated))):
            on_readable = moderated.get(number)
            if on_readable is not None:  # one read in this round may have closed another
                on_readable()
        # A process that was held up does not make up for the ticks it missed.
        self._due = max(self._due + self._tick_s, loop.time())
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._due, self._tick) if moderated else None
