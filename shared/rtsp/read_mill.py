"""Reads many TCP sockets: those nobody is waiting for together and seldom, the others as soon as they can be read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from shared.pulse import ROUNDING_S, Appointment, pulse
from shared.rtsp.datagram_mill import DATAGRAM_TICK_S, DatagramMill

TICK_S = 0.1
# = how much may wait in a socket before it is read at once: an IDR and what comes with it, less than the kernel holds.
LARGEST_WAIT_BYTES = 160 * 1024


class ReadMill:
    """Decides when each socket is read.

    Theory of operation. A picture comes in a dozen pieces some hundred microseconds apart, and is of no use before the
    fragment that it belongs to is full. So a socket that nobody waits for does not wake the process for what it gets
    (SO_RCVLOWAT), unless that is much, or the end. After each read its owner says for how long nothing that comes can
    complete anything (`rest`); it is read between half a tick and a tick (= `tick_s`, how much later a picture nobody
    watches is handed on) after that, when the process is awake anyway or many are read in one round.

    `on_readable` must read without waiting and may not raise.
    """

    def __init__(self, tick_s: float = TICK_S):
        self._tick_s = tick_s
        self._datagrams: DatagramMill | None = None
        self._moderated: dict[int, Callable[[], None]] = {}
        self._immediate: dict[int, Callable[[], None]] = {}
        self._due: dict[int, float] = {}
        self._next: Appointment | None = None
        # The socket that is due at `_next`
        self._first = -1
        self._is_reading = False

    def add(self, sock: socket.socket, on_readable: Callable[[], None], is_immediate: bool = False) -> None:
        """Begin to read `sock` (non-blocking)."""
        number, loop = sock.fileno(), asyncio.get_running_loop()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1 if is_immediate else LARGEST_WAIT_BYTES)
        loop.add_reader(number, on_readable)
        if is_immediate:
            self._immediate[number] = on_readable
        else:
            self._moderated[number] = on_readable
            self._wait(number, 0.0)

    def remove(self, sock: socket.socket) -> None:
        """Stop reading it; before it is closed. Unknown sockets are no error."""
        number = sock.fileno()
        if self._immediate.pop(number, None) is not None or self._moderated.pop(number, None) is not None:
            asyncio.get_running_loop().remove_reader(number)
        self._due.pop(number, None)

    def set_immediate(self, sock: socket.socket, is_immediate: bool) -> None:
        """Change how a socket is read; what waits in it already is read at the next opportunity."""
        number = sock.fileno()
        callbacks = self._moderated if is_immediate else self._immediate
        on_readable = callbacks.get(number)
        if on_readable is not None:
            self.remove(sock)
            self.add(sock, on_readable, is_immediate)

    def rest(self, sock: socket.socket, seconds: float) -> None:
        """Nothing that comes within that time is worth a read of its own."""
        number = sock.fileno()
        if number in self._due:
            self._wait(number, seconds)

    @property
    def datagrams(self) -> DatagramMill:
        """The mill for UDP sockets, which cannot wait as long. Closed with this one."""
        if self._datagrams is None:
            self._datagrams = DatagramMill(min(self._tick_s, DATAGRAM_TICK_S))
        return self._datagrams

    def close(self) -> None:
        """Sockets are closed by who opened them, before this."""
        if self._datagrams is not None:
            self._datagrams.close()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _wait(self, number: int, seconds: float) -> None:
        due = self._due[number] = asyncio.get_running_loop().time() + seconds + self._tick_s / 2
        if self._is_reading:
            return  # all are met once, at the end of the round
        # The first may have been read before its time (much had come): to wake at that time too would be for nothing.
        if self._next is None or due < self._next.earliest or (number == self._first and due > self._next.earliest):
            self._meet_first()

    def _meet_first(self) -> None:
        before, self._first = self._next, min(self._due, key=self._due.__getitem__)
        due = self._due[self._first]
        self._next = pulse().call(due, due + self._tick_s / 2, self._read_due)
        if before is not None:
            before.cancel()

    def _read_due(self) -> None:
        now = asyncio.get_running_loop().time() + ROUNDING_S
        self._next, self._is_reading = None, True
        try:
            for number, due in list(self._due.items()):
                on_readable = self._moderated.get(number) if due <= now else None
                if on_readable is not None:  # one read in this round may have closed another
                    self._due[number] = now + self._tick_s / 2
                    on_readable()
        finally:
            self._is_reading = False
            if self._due:
                self._meet_first()
