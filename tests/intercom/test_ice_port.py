"""One UDP port for many connections: each gets its own datagrams, whoever else claims its place."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import aioice
import aiortc.rtcicetransport
import pytest
import pytest_asyncio
from aioice import stun
from aioice.ice import StunProtocol

from services.intercom.adapters.ice_port import IcePort, PortTaken, _Endpoint, _local_ufrag, _stun_kind

HERE = "127.0.0.1"
BROWSER = ("127.0.0.1", 5000)


class Connection:
    """As much of aioice's as its protocol asks of it."""

    def __init__(self, name: str):
        self.name = name
        self.requests: list[tuple[str, int]] = []
        self.data: list[bytes] = []

    def request_received(self, message: stun.Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        self.requests.append(addr)

    def data_received(self, data: bytes, component: int) -> None:
        self.data.append(data)

    def protocol_lost(self, protocol: StunProtocol) -> None: ...


class Scene:
    """Two connections on an endpoint without a socket."""

    def __init__(self) -> None:
        self.endpoint = _Endpoint()
        self.one, self.other = Connection("one"), Connection("other")
        self.ways = {each.name: self.endpoint.join(each.name, self._protocol(each)) for each in (self.one, self.other)}

    def _protocol(self, connection: Connection) -> StunProtocol:
        protocol = StunProtocol(connection)  # type: ignore[arg-type]
        protocol.local_candidate = aioice.Candidate("f", 1, "udp", 1, HERE, 4000, "host")
        return protocol

    def comes(self, data: bytes, place: tuple[str, int] = BROWSER) -> None:
        self.endpoint.datagram_received(data, place)


def a_request(to: str) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{to}:browser"
    message.add_message_integrity(b"password")
    return bytes(message)


def an_answer(kind: stun.Class, transaction: bytes | None = None) -> bytes:
    message = stun.Message(stun.Method.BINDING, kind, transaction_id=transaction or bytes(12))
    message.add_fingerprint()
    return bytes(message)


@pytest.fixture
def scene() -> Scene:
    asyncio.set_event_loop(asyncio.new_event_loop())  # aioice makes a future
    return Scene()


def test_a_request_says_who_it_is_for(scene: Scene) -> None:
    for to in ("one", "other", "one", "nobody"):
        scene.comes(a_request(to))
    assert (len(scene.one.requests), len(scene.other.requests)) == (2, 1)
    assert _local_ufrag(a_request("one")) == b"one"
    assert _local_ufrag(an_answer(stun.Class.REQUEST)) == b""


def test_what_follows_belongs_to_who_answered_the_request(scene: Scene) -> None:
    scene.comes(b"\x80" * 40)
    assert scene.one.data == scene.other.data == [], "a stranger's"
    scene.ways["one"].sendto(an_answer(stun.Class.RESPONSE), BROWSER)
    scene.comes(b"\x80" * 40)
    scene.comes(b"\x16" * 40)
    assert (len(scene.one.data), len(scene.other.data)) == (2, 0)


def test_nobodys_candidates_claim_the_place_of_another(scene: Scene) -> None:
    scene.ways["one"].sendto(an_answer(stun.Class.RESPONSE), BROWSER)
    scene.ways["other"].sendto(a_request("browser"), BROWSER)  # its browser named that place as its own
    scene.ways["other"].sendto(an_answer(stun.Class.ERROR), BROWSER)  # and asked without our password
    scene.comes(b"\x80" * 40)
    assert (len(scene.one.data), len(scene.other.data)) == (1, 0)
    scene.ways["other"].sendto(an_answer(stun.Class.RESPONSE), BROWSER)  # it had the password: the place is its own now
    scene.comes(b"\x80" * 40)
    assert (len(scene.one.data), len(scene.other.data)) == (1, 1)


def test_an_answer_goes_to_who_asked_even_from_a_shared_place(scene: Scene) -> None:
    heard = []
    scene.ways["one"].sendto(a_request("server"), BROWSER)
    asked = type("Asked", (), {"response_received": lambda self, message, addr: heard.append(addr)})()
    transaction = b"123456789012"
    scene.ways["other"].protocol.transactions[transaction] = asked
    scene.comes(an_answer(stun.Class.RESPONSE, transaction))
    assert heard == [BROWSER]


def test_a_closed_connection_hears_nothing_and_leaves_nothing(scene: Scene) -> None:
    way = scene.ways["one"]
    way.places.update({BROWSER})
    scene.endpoint._of_place[BROWSER] = way
    scene.endpoint.forget(way)
    scene.comes(b"\x80" * 40)
    scene.comes(a_request("one"))
    assert scene.one.data == scene.one.requests == []
    assert scene.endpoint._of_place == {}
    scene.endpoint.forget(way)


def test_places_of_one_connection_are_bounded(scene: Scene) -> None:
    for port in range(1000):
        scene.ways["one"].sendto(a_request("x"), (HERE, 10_000 + port))
    assert len(scene.endpoint._of_place) == 64


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\1", bytes(20), b"\x80" * 20, b"\0\1\0\4\x21\x12\xa4\x42" + b"\0\6\xff\xff" * 9]
)
def test_anything_may_come(scene: Scene, data: bytes) -> None:
    scene.comes(data)
    assert _stun_kind(data) in (None, 1)


@pytest_asyncio.fixture
async def port() -> AsyncIterator[IcePort]:
    made = IcePort(0, lambda: [HERE])
    await made.open()
    yield made
    await made.close()
    assert aiortc.rtcicetransport.Connection is aioice.Connection


async def connected(ours: aioice.Connection, theirs: aioice.Connection) -> None:
    await asyncio.gather(ours.gather_candidates(), theirs.gather_candidates())
    for here, there in ((ours, theirs), (theirs, ours)):
        for candidate in there.local_candidates:
            await here.add_remote_candidate(candidate)
        await here.add_remote_candidate(None)
        here.remote_username, here.remote_password = there.local_username, there.local_password
    await asyncio.gather(ours.connect(), theirs.connect())


async def test_connections_of_real_aioice_share_a_port(port: IcePort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [HERE])
    pairs = [
        (aiortc.rtcicetransport.Connection(ice_controlling=False), aioice.Connection(ice_controlling=True))
        for _ in range(5)
    ]
    await asyncio.gather(*(connected(*pair) for pair in pairs))
    assert len({ours.local_candidates[0].port for ours, _ in pairs}) == 1
    assert len({theirs.local_candidates[0].port for _, theirs in pairs}) == 5
    for place, (ours, theirs) in enumerate(pairs):
        await theirs.send(b"to you %d" % place)
        assert await ours.recv() == b"to you %d" % place
        await ours.send(b"and back %d" % place)
        assert await theirs.recv() == b"and back %d" % place
    await pairs[0][0].close()
    await pairs[1][1].send(b"the others go on")
    assert await pairs[1][0].recv() == b"the others go on"
    for pair in pairs:
        for each in pair:
            await each.close()
    (endpoint,) = port._endpoints.values()
    assert endpoint._of_ufrag == endpoint._of_place == {}


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HERE, 0))
        with pytest.raises(PortTaken, match="BK_ICE_PORT"):
            await IcePort(taken.getsockname()[1], lambda: [HERE]).open()


@pytest.mark.parametrize("number", [None, 0])
async def test_servers_that_are_away_delay_an_answer_by_a_second_and_no_more(
    number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [HERE])
    port = IcePort(number, lambda: [HERE])
    await port.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HERE, 0))
        ours = aiortc.rtcicetransport.Connection(
            ice_controlling=False, stun_server=silent.getsockname(), turn_server=silent.getsockname(),
            turn_username="1:x", turn_password="y",
        )  # fmt: skip
        began = time.monotonic()
        await ours.gather_candidates()
        assert 0.9 < time.monotonic() - began < 4
        assert [each.type for each in ours.local_candidates] == ["host"]
        await ours.close()
    await port.close()
