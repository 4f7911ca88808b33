"""Two UDP sockets on neighbouring ports: RTP on the even one, RTCP on the odd one (RFC 3550 clause 11)."""

from __future__ import annotations

import socket
from collections.abc import Callable

from shared.clock import Clock
from shared.errors import ResourceExhausted
from shared.rtsp.datagram_mill import DatagramMill
from shared.rtsp.track_receiver import TrackReceiver

# A 4K IDR comes in a few hundred packets at once, and the tick is 40 ms.
RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024
_LARGEST_DATAGRAM = 65_535
_MOST_DATAGRAMS = 1024
_ATTEMPTS = 50


class UdpPair:
    """Belongs to one track. Reads from the camera's address only."""

    def __init__(self, local_host: str, mill: DatagramMill, clock: Clock, on_read: Callable[[], None]):
        self._mill = mill
        self._clock = clock
        self._on_read = on_read
        self._on_failed: Callable[[BaseException], None] = lambda error: None
        self._media, self._control = _bind_pair(local_host)
        self._receiver: TrackReceiver | None = None

    @property
    def ports(self) -> tuple[int, int]:
        return self._media.getsockname()[1], self._control.getsockname()[1]

    def start(
        self,
        receiver: TrackReceiver,
        peer_host: str,
        peer_ports: tuple[int, int] | None,
        is_immediate: bool,
        on_failed: Callable[[BaseException], None],
    ) -> None:
        """Begin to receive. `peer_ports` are what SETUP's answer named; without them any port of anybody is taken."""
        self._receiver = receiver
        self._on_failed = on_failed
        if peer_ports is not None:
            # Connected sockets: the kernel drops what others send.
            self._media.connect((peer_host, peer_ports[0]))
            self._control.connect((peer_host, peer_ports[1]))
            # Opens the way back through a firewall or NAT, as every other client does.
            self.send_media(b"\x80" + bytes(11))
        self._mill.add(self._media, self._read_media, is_immediate)
        self._mill.add(self._control, self._read_control, is_immediate)

    def ignore(self) -> None:
        """The ports are there for the camera to send to, and nobody reads them: the kernel keeps next to nothing."""
        for sock in (self._media, self._control):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def set_immediate(self, is_immediate: bool) -> None:
        self._mill.set_immediate(self._media, is_immediate)
        self._mill.set_immediate(self._control, is_immediate)

    def send_media(self, packet: bytes) -> None:
        _send(self._media, packet)

    def send_control(self, packet: bytes) -> None:
        _send(self._control, packet)

    def close(self) -> None:
        for sock in (self._media, self._control):
            if sock.fileno() >= 0:
                self._mill.remove(sock)
                sock.close()

    def _read_media(self) -> None:
        receiver = self._receiver
        assert receiver is not None
        received_us = self._clock.now_us()
        receive, recv = receiver.receive_unordered, self._media.recv
        try:
            for _ in range(_MOST_DATAGRAMS):
                try:
                    data = recv(_LARGEST_DATAGRAM)
                except OSError:  # empty, or a "port unreachable" that one of our own packets brought back
                    break
                receive(data, 0, len(data), received_us)
            receiver.release_reordered(received_us)
            self._on_read()
        except Exception as error:  # noqa: BLE001 - belongs to the task that waits for this connection
            self._on_failed(error)

    def _read_control(self) -> None:
        receiver = self._receiver
        assert receiver is not None
        try:
            for _ in range(_MOST_DATAGRAMS):
                try:
                    data = self._control.recv(_LARGEST_DATAGRAM)
                except OSError:
                    return
                receiver.receive_control(data, 0, len(data), self._clock.now_us())
        except Exception as error:  # noqa: BLE001 - as above
            self._on_failed(error)


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Let the kernel choose an even port whose neighbour is free as well."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_ATTEMPTS):
        media, control = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            media.bind((host, 0))
            port = media.getsockname()[1]
            if port % 2 == 0:
                control.bind((host, port + 1))
                for sock in (media, control):
                    sock.setblocking(False)
                media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
                return media, control
        except OSError:  # the neighbour is taken
            pass
        media.close()
        control.close()
    raise ResourceExhausted("no two neighbouring UDP ports are free")


def _send(sock: socket.socket, packet: bytes) -> None:
    try:
        sock.send(packet)
    except OSError:
        # A full buffer, or a port that is closed at the other side: RTCP and openers of NAT may be lost.
        return
