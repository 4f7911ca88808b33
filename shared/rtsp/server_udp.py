"""One pair of UDP ports from which an RTSP server sends to all its clients, and hears them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from shared.errors import ResourceExhausted
from shared.rtsp.server_outlet import UdpOutlet
from shared.rtsp.server_transport import Leg

_ATTEMPTS = 50
_LARGEST_DATAGRAM = 65_535
_MOST_AT_ONCE = 64
_SEND_BUFFER_BYTES = 4 * 1024 * 1024

Hearer = Callable[[Leg, bool, bytes], None]


class ServerUdp:
    """Clients are told apart by the address that their SETUP named; datagrams of anybody else are dropped."""

    def __init__(self, host: str, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._rtp, self._rtcp = _bind_pair(host)
        self._hearers: dict[tuple[str, int], tuple[Leg, Hearer]] = {}
        loop.add_reader(self._rtp, self._read, self._rtp, False)
        loop.add_reader(self._rtcp, self._read, self._rtcp, True)

    @property
    def ports(self) -> tuple[int, int]:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def outlet(self, host: str, ports: tuple[int, int]) -> UdpOutlet:
        return UdpOutlet(self._rtp, self._rtcp, host, ports)

    def hear(self, host: str, leg: Leg, hearer: Hearer) -> None:
        """Hand what comes from the client's ports of this leg to `hearer`, until `forget`."""
        for port in leg.client_ports or ():
            self._hearers[host, port] = (leg, hearer)

    def forget(self, host: str, leg: Leg) -> None:
        for port in leg.client_ports or ():
            self._hearers.pop((host, port), None)

    def close(self) -> None:
        for each in (self._rtp, self._rtcp):
            self._loop.remove_reader(each)
            each.close()

    def _read(self, source: socket.socket, is_rtcp: bool) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram, address = source.recvfrom(_LARGEST_DATAGRAM)
            except OSError:  # nothing more there, or a client's port is closed (ICMP)
                return
            heard = self._hearers.get(address)
            if heard is not None:
                leg, hearer = heard
                hearer(leg, is_rtcp, datagram)


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """RTP on an even port, RTCP on the next (RFC 3550 clause 11)."""
    for _ in range(_ATTEMPTS):
        first = _bound(host, 0)
        port = first.getsockname()[1]
        try:
            second = _bound(host, port ^ 1)
        except OSError:  # the neighbour is taken
            first.close()
            continue
        return (first, second) if port % 2 == 0 else (second, first)
    raise ResourceExhausted("no two neighbouring UDP ports are free")


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
