"""An RTSP server on asyncio: one protocol object a client, hundreds of them in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from shared.clock import Clock
from shared.errors import ProtocolViolation
from shared.rtsp.gatekeeper import Gatekeeper
from shared.rtsp.rtcp import ReceiverReport, SenderReport, parse_rtcp
from shared.rtsp.server_core import Hangup, Played, Received, Reply, ServerCore, ServerEvent, Stage, Stopped
from shared.rtsp.server_outlet import ConnectionWriter, InterleavedOutlet, Outlet
from shared.rtsp.server_reports import BackchannelReports
from shared.rtsp.server_transport import Leg
from shared.rtsp.server_udp import ServerUdp

_SWEEP_S = 5.0


class Performance(Protocol):
    """What was begun for one client."""

    def stop(self) -> None: ...


class House(Stage, Protocol):
    """What is played here, and who plays it."""

    def perform(self, path: str, outlets: Sequence[tuple[int, Outlet]]) -> Performance:
        """Begin to write each track into its outlet."""
        ...

    def hear(self, path: str, packet: bytes) -> None:
        """One RTP packet of the backchannel."""
        ...

    def note_report(self, path: str) -> None:
        """A client sent a receiver report."""
        ...


class RtspServer:
    """Listens. `gatekeeper` None: no password is asked for."""

    def __init__(self, house: House, gatekeeper: Gatekeeper | None, clock: Clock):
        self._house = house
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._connections: set[ServerConnection] = set()
        self._server: asyncio.Server | None = None
        self._udp: ServerUdp | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._connection(loop), host, port, backlog=512)
        # UDP over IPv4 only; over IPv6 the client is told 461 and goes on with TCP.
        self._udp = ServerUdp(host, loop) if ":" not in host else None
        self._sweep = loop.call_later(_SWEEP_S, self._close_expired)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("listen() first")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()
        if self._server is not None:
            await self._server.wait_closed()
        if self._udp is not None:
            self._udp.close()

    def _connection(self, loop: asyncio.AbstractEventLoop) -> ServerConnection:
        core = ServerCore(self._house, self._gatekeeper, self._clock, None if self._udp is None else self._udp.ports)
        return ServerConnection(core, self._house, self._udp, self._connections, self._clock)

    def _close_expired(self) -> None:
        for connection in list(self._connections):
            connection.close_if_expired()
        self._sweep = asyncio.get_running_loop().call_later(_SWEEP_S, self._close_expired)


class ServerConnection(asyncio.Protocol):
    """Carries the core's events out."""

    def __init__(
        self, core: ServerCore, house: House, udp: ServerUdp | None, all_of_them: set[ServerConnection], clock: Clock
    ):
        self._core = core
        self._house = house
        self._udp = udp
        self._all_of_them = all_of_them
        self._performance: Performance | None = None
        self._clock = clock
        self._udp_legs: list[Leg] = []
        self._reports: BackchannelReports | None = None
        self._peer_host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._writer = ConnectionWriter(self._transport)
        self._peer_host = transport.get_extra_info("peername")[0]
        self._all_of_them.add(self)

    def data_received(self, data: bytes) -> None:
        for event in self._core.receive(data):
            self._carry_out(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._core.close()
        self._stop()
        self._all_of_them.discard(self)

    def abort(self) -> None:
        self._stop()
        self._transport.abort()

    def close_if_expired(self) -> None:
        if self._core.is_expired:
            self.abort()

    def _carry_out(self, event: ServerEvent) -> None:
        if isinstance(event, Reply):
            if not self._transport.is_closing():
                self._writer.write(event.data)
        elif isinstance(event, Received):
            self._take(event.leg, event.is_rtcp, event.payload)
        elif isinstance(event, Played):
            self._performance = self._house.perform(event.path, self._outlets(event.legs))
        elif isinstance(event, Stopped):
            self._stop()
        elif isinstance(event, Hangup):
            self._transport.close()

    def _outlets(self, legs: Sequence[Leg]) -> list[tuple[int, Outlet]]:
        outlets: list[tuple[int, Outlet]] = []
        for leg in legs:
            if leg.is_backchannel:
                self._reports = BackchannelReports(self._clock, self._reporter(leg))
            if leg.client_ports is not None and self._udp is not None:
                self._udp.hear(self._peer_host, leg, self._take_datagram)
                self._udp_legs.append(leg)
                if not leg.is_backchannel:
                    outlets.append((leg.track, self._udp.outlet(self._peer_host, leg.client_ports)))
            elif leg.channels is not None and not leg.is_backchannel:
                outlets.append((leg.track, InterleavedOutlet(self._writer, leg.channels)))
        return outlets

    def _reporter(self, leg: Leg) -> Callable[[bytes], None]:
        if leg.client_ports is not None and self._udp is not None:
            return self._udp.outlet(self._peer_host, leg.client_ports).write_report
        return InterleavedOutlet(self._writer, leg.channels or (0, 1)).write_report

    def _take_datagram(self, leg: Leg, is_rtcp: bool, payload: bytes) -> None:
        self._core.touch()
        self._take(leg, is_rtcp, payload)

    def _take(self, leg: Leg, is_rtcp: bool, payload: bytes) -> None:
        if not is_rtcp:
            if leg.is_backchannel:
                self._house.hear(self._core.path, payload)
                if self._reports is not None:
                    self._reports.hear(payload)
            return
        try:
            packets = parse_rtcp(payload)
        except ProtocolViolation:  # RTCP is advice: what cannot be read is passed over
            return
        if any(isinstance(packet, ReceiverReport | SenderReport) for packet in packets):
            self._house.note_report(self._core.path)

    def _stop(self) -> None:
        if self._performance is not None:
            self._performance.stop()
            self._performance = None
        self._reports = None
        if self._udp is not None:
            for leg in self._udp_legs:
                self._udp.forget(self._peer_host, leg)
        self._udp_legs.clear()
