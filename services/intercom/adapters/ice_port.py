"""ICE connections as this process makes them: on one UDP port for all, or each on one that the kernel chooses.

aioice opens a socket a connection and address, on port 0, and has no other way: firewalls and pods then need a range.
Where it gathers its host candidates is a seam (`Connection.get_component_candidates`, and the name under which aiortc
makes connections): a subclass of ours takes the sockets there from one endpoint an address. Everything else stays
aioice's, TURN included. The versions are pinned, a test holds that two talks share a port.

Who a datagram is for: a STUN request says it in its USERNAME, whose first half is our ufrag (RFC 8445 7.2.2); anything
else is told by where it comes from. A place belongs to the connection that asked it, until another one *answers* a
request from there with success, which takes that connection's password: so nobody's candidates can claim the place of
somebody else.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import aioice.ice
import aiortc.rtcicetransport
from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, server_reflexive_candidate

from shared.errors import BrightKitchenError
from shared.telemetry import counter, gauge

Address = tuple[str, int]

_COOKIE = b"\x21\x12\xa4\x42"  # RFC 8489 5
_HEADER_BYTES = 20
_REQUEST, _SUCCESS, _ERROR = 0x0001, 0x0101, 0x0111
_USERNAME = 0x0006
# A burst of all talks at once must fit while the loop does something else; the kernel gives what it allows.
_BUFFER_BYTES = 4 * 1024 * 1024
# A candidate list of a stranger must not fill memory.
_PLACES_A_CONNECTION = 64
# = how much later an answer is where a STUN or TURN server does not answer
_GATHER_S = 1

_strays = counter("intercom_ice_strays_total", "Datagrams to the ICE port that belong to no connection")
_places = gauge("intercom_ice_places", "Addresses of browsers known to the ICE port")


class PortTaken(BrightKitchenError):
    """The port cannot be bound."""


class _Way:
    """In place of a datagram transport: one connection's part of the endpoint."""

    def __init__(self, endpoint: _Endpoint, ufrag: str, protocol: StunProtocol):
        self._endpoint = endpoint
        self.ufrag = ufrag
        self.protocol = protocol
        self.places: set[Address] = set()
        self._is_closed = False

    def sendto(self, data: bytes, addr: Address) -> None:
        if not self._is_closed:
            self._endpoint.send(self, data, addr)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._endpoint.address if name == "sockname" else default

    def is_closing(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._endpoint.forget(self)
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


class _Endpoint(asyncio.DatagramProtocol):
    """One bound socket."""

    def __init__(self) -> None:
        self.address: Address = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None
        self._of_ufrag: dict[bytes, _Way] = {}
        self._of_place: dict[Address, _Way] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.address = transport.get_extra_info("sockname")[:2]
        bound = transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)

    def error_received(self, exc: Exception) -> None:
        """ICMP of one browser that is gone says nothing about the others."""

    def join(self, ufrag: str, protocol: StunProtocol) -> _Way:
        way = self._of_ufrag[ufrag.encode()] = _Way(self, ufrag, protocol)
        protocol.connection_made(way)  # type: ignore[arg-type]  # as much of a transport as aioice uses
        return way

    def forget(self, way: _Way) -> None:
        if self._of_ufrag.get(way.ufrag.encode()) is way:
            del self._of_ufrag[way.ufrag.encode()]
        for place in way.places:
            if self._of_place.get(place) is way:
                del self._of_place[place]
        _places.set(len(self._of_place))

    def send(self, way: _Way, data: bytes, addr: Address) -> None:
        kind = _stun_kind(data)
        if kind is not None and kind != _ERROR:
            self._learn(way, (addr[0], addr[1]), is_proven=kind == _SUCCESS)
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        place = (addr[0], addr[1])
        way = self._of_place.get(place)
        kind = _stun_kind(data)
        if kind == _REQUEST:
            way = self._of_ufrag.get(_local_ufrag(data))
        elif kind is not None and (way is None or data[8:20] not in way.protocol.transactions):
            # An answer from a place that two connections asked.
            asked = (each for each in self._of_ufrag.values() if data[8:20] in each.protocol.transactions)
            way = next(asked, None)
        if way is None:
            _strays.inc()
            return
        way.protocol.datagram_received(data, place)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _learn(self, way: _Way, place: Address, *, is_proven: bool) -> None:
        holder = self._of_place.get(place)
        if holder is way or (holder is not None and not is_proven) or len(way.places) >= _PLACES_A_CONNECTION:
            return
        if holder is not None:
            holder.places.discard(place)
        self._of_place[place] = way
        way.places.add(place)
        _places.set(len(self._of_place))


class IcePort:
    """`open` before the first connection; `close` after the last.

    Args:
        port: None: each connection its own; 0: one that is free.
    """

    def __init__(self, port: int | None, addresses: Callable[[], list[str]]):
        self._port = port
        self._addresses = addresses
        self._endpoints: dict[str, _Endpoint] = {}

    async def open(self) -> None:
        """Binds every address, and gives aiortc connections that use them. Raises PortTaken."""
        loop, port = asyncio.get_running_loop(), self._port
        for address in self._addresses() if port is not None else ():
            try:
                _, endpoint = await loop.create_datagram_endpoint(_Endpoint, local_addr=(address, port or 0))
            except OSError as error:
                await self.close()
                reason = f"cannot bind UDP {address}:{port} ({error.strerror})"
                raise PortTaken(f"{reason}: set BK_ICE_PORT to a free port, or to 0") from error
            self._endpoints[address] = endpoint
        setattr(aiortc.rtcicetransport, _CONNECTION, _connection_on(self._endpoints))

    async def close(self) -> None:
        setattr(aiortc.rtcicetransport, _CONNECTION, aioice.Connection)
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()


_CONNECTION = "Connection"
if getattr(aiortc.rtcicetransport, _CONNECTION, None) is not aioice.Connection:
    raise TypeError("this aiortc makes its ICE connections elsewhere: it is another version than pyproject.toml pins")


def _connection_on(endpoints: dict[str, _Endpoint]) -> type[aioice.Connection]:
    class OnePort(aioice.Connection):
        """aioice's, with host candidates on these endpoints."""

        def __init__(self, ice_controlling: bool, local_username: str | None = None, **more: Any):
            # aioice's four letters would meet each other now and then among a thousand connections.
            super().__init__(ice_controlling, local_username=local_username or secrets.token_hex(8), **more)

        async def get_component_candidates(
            self, component: int, addresses: list[str], timeout: int = 5
        ) -> list[Candidate]:
            if not endpoints:
                return await super().get_component_candidates(component, addresses, _GATHER_S)
            joined = [endpoints[address] for address in addresses if address in endpoints]
            ours = [self._join(endpoint, component) for endpoint in joined]
            stun = self.stun_server
            asked = [] if stun is None else [server_reflexive_candidate(each, stun) for each in ours if _is_v4(each)]
            # Without addresses aioice asks TURN alone.
            relayed = super().get_component_candidates(component, [], _GATHER_S)
            reflexive, relay = await asyncio.gather(_answered(asked, _GATHER_S), relayed)
            return [*(each.local_candidate for each in ours), *reflexive, *relay]

        def _join(self, endpoint: _Endpoint, component: int) -> StunProtocol:
            protocol = StunProtocol(self)
            endpoint.join(self.local_username, protocol)
            host, port = endpoint.address
            protocol.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", host),
                component=component,
                transport="udp",
                priority=candidate_priority(component, "host"),
                host=host,
                port=port,
                type="host",
            )
            self._protocols.append(protocol)
            return protocol

    return OnePort


async def _answered(asked: Sequence[Coroutine[Any, Any, tuple[Candidate, None]]], limit_s: float) -> list[Candidate]:
    """What a STUN server saw us as, from those that it answered."""
    if not asked:
        return []
    done, late = await asyncio.wait([asyncio.create_task(each) for each in asked], timeout=limit_s)
    for task in late:
        task.cancel()
    return [task.result()[0] for task in done if task.exception() is None]


def _is_v4(protocol: StunProtocol) -> bool:
    return ":" not in protocol.local_candidate.host


def _stun_kind(data: bytes) -> int | None:
    """The message type of a STUN message (RFC 7983: first byte 0 to 3); None for DTLS, SRTP and the rest."""
    if len(data) < _HEADER_BYTES or data[0] > 3 or data[4:8] != _COOKIE:
        return None
    return data[0] << 8 | data[1]


def _local_ufrag(data: bytes) -> bytes:
    """The first half of USERNAME; empty where there is none."""
    at = _HEADER_BYTES
    while at + 4 <= len(data):
        kind, size_bytes = data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]
        if kind == _USERNAME:
            return data[at + 4 : at + 4 + size_bytes].partition(b":")[0]
        at += 4 + size_bytes + (-size_bytes & 3)
    return b""
