"""The mill: on a tick, at once, and changed while running."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from shared.pulse import Pulse
from shared.rtsp.read_mill import LARGEST_WAIT_BYTES, ReadMill


class Ear:
    """One end of a TCP connection, and the reads it saw."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.mouth = socket.create_connection(server.getsockname())
            self.sock, _ = server.accept()
        self.sock.setblocking(False)
        self.reads: list[bytes] = []
        self.heard = asyncio.Event()

    def read(self) -> None:
        self.reads.append(self.sock.recv(65_536))
        self.heard.set()

    async def hear(self) -> None:
        await asyncio.wait_for(self.heard.wait(), 5)
        self.heard.clear()


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    one = Ear()
    yield one
    one.sock.close()
    one.mouth.close()


async def test_pieces_between_two_ticks_are_one_read(ear: Ear) -> None:
    mill = ReadMill(0.1)
    mill.add(ear.sock, ear.read)
    for piece in (b"a", b"b", b"c"):
        ear.mouth.send(piece)
        await asyncio.sleep(0)
    await ear.hear()
    assert ear.reads == [b"abc"]
    mill.remove(ear.sock)
    mill.close()


async def test_immediate_does_not_wait_for_the_tick(ear: Ear) -> None:
    mill = ReadMill(3600)
    mill.add(ear.sock, ear.read)
    ear.mouth.send(b"a")
    await asyncio.sleep(0)
    assert ear.reads == []
    mill.set_immediate(ear.sock, True)
    await ear.hear()
    ear.mouth.send(b"b")
    await ear.hear()
    assert ear.reads == [b"a", b"b"]
    mill.remove(ear.sock)
    mill.close()


async def test_back_on_the_tick_it_goes_on(ear: Ear) -> None:
    mill = ReadMill(0.02)
    mill.add(ear.sock, ear.read, is_immediate=True)
    mill.set_immediate(ear.sock, False)
    mill.set_immediate(ear.sock, False)
    for piece in (b"a", b"b"):
        ear.mouth.send(piece)
        await ear.hear()
    mill.remove(ear.sock)
    mill.remove(ear.sock)
    assert ear.reads == [b"a", b"b"]
    mill.close()


async def test_a_read_may_remove_and_add_sockets() -> None:
    mill = ReadMill(0.01)
    ears = [Ear() for _ in range(3)]

    def read_and_remove_all() -> None:
        ears[0].read()
        for other in ears:
            mill.remove(other.sock)
        mill.add(ears[2].sock, ears[2].read)

    for one in ears:
        mill.add(one.sock, read_and_remove_all)
        one.mouth.send(b"x")
    ears[0].heard.clear()
    await ears[2].hear()
    assert sum(len(one.reads) for one in ears[:2]) == 1
    assert ears[2].reads == [b"x"]
    for one in ears:
        mill.remove(one.sock)
        one.sock.close()
        one.mouth.close()
    mill.close()


async def test_who_rests_is_not_read_and_much_is_read_at_once(ear: Ear) -> None:
    mill = ReadMill(0.02)
    mill.add(ear.sock, ear.read)
    mill.rest(ear.sock, 3600)
    ear.mouth.send(b"a")
    await asyncio.sleep(0.1)
    assert ear.reads == [], "nothing of it is wanted yet"
    ear.mouth.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(ear.mouth, bytes(2 * LARGEST_WAIT_BYTES))
    await ear.hear()
    assert ear.reads[0][:1] == b"a"
    mill.remove(ear.sock)
    mill.close()


async def test_nobody_wakes_at_a_time_that_was_moved(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[float] = []
    beat = Pulse._beat

    def counted(self: Pulse) -> None:
        beats.append(asyncio.get_running_loop().time())
        beat(self)

    monkeypatch.setattr(Pulse, "_beat", counted)
    mill = ReadMill(0.02)
    mill.add(ear.sock, ear.read)
    mill.rest(ear.sock, 3600)
    await asyncio.sleep(0.1)
    assert beats == []
    mill.rest(ear.sock, 0.0)
    ear.mouth.send(b"a")
    await ear.hear()
    assert len(beats) == 1
    mill.remove(ear.sock)
    mill.close()


async def test_the_end_is_noticed_though_it_rests(ear: Ear) -> None:
    mill = ReadMill(3600)
    mill.add(ear.sock, ear.read)
    mill.rest(ear.sock, 3600)
    ear.mouth.close()
    await ear.hear()
    assert ear.reads[0] == b""
    mill.remove(ear.sock)
    mill.close()
