"""The media publisher over a wire in memory: order, acknowledgements, bounds, refusals; no server, no waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from shared.bus import media_publisher
from shared.bus.media_headers import decode_fragment
from shared.bus.media_publisher import ACK_LIMIT_S, ASK_EVERY_S, RESEND_WINDOW_BYTES, WRITE_BUFFER_BYTES, MediaPublisher
from shared.clock import FakeClock
from shared.media.fragment import Fragment
from tests.bus.fragments import RUN, fragment

Sent = tuple[str, str | None, Fragment]


class MemoryWire:
    """What was written, parsed back into commands (NATS protocol, HPUB)."""

    def __init__(self) -> None:
        self.is_connected = True
        self.buffered_bytes = 0
        self.sent: list[Sent] = []
        self.writes = 0

    def write(self, pieces: list[bytes]) -> int:
        if not self.is_connected:
            return 0
        self.writes += 1
        data = b"".join(pieces)
        while data:
            line, _, data = data.partition(b"\r\n")
            verb, subject, *reply, head_size, size = line.decode().split(" ")
            assert verb == "HPUB"
            head, payload = data[: int(head_size)], data[int(head_size) : int(size)]
            assert data[int(size) : int(size) + 2] == b"\r\n"
            data = data[int(size) + 2 :]
            first, *lines = head.decode("ascii").split("\r\n")
            assert first == "NATS/1.0"
            assert lines[-2:] == ["", ""]
            headers = dict(line.split(": ", 1) for line in lines[:-2])
            self.sent.append((subject, reply[0] if reply else None, decode_fragment(headers, payload)))
        return self.buffered_bytes

    def take(self) -> list[int]:
        """Sequence numbers sent since the last call."""
        seqs = [sent.header.seq for _, _, sent in self.sent]
        self.sent.clear()
        return seqs

    @property
    def asked(self) -> list[str]:
        return [reply for _, reply, _ in self.sent if reply is not None]


class Bench:
    def __init__(self, keep_bytes: int = 100_000_000) -> None:
        self.wire = MemoryWire()
        self.clock = FakeClock()
        self.gaps: list[tuple[str, int, int]] = []
        self.publisher = MediaPublisher(self.wire, "_INBOX_ingest.ack", self.clock, self._on_gap, keep_bytes)

    def _on_gap(self, subject: str, first: Fragment, last: Fragment) -> None:
        self.gaps.append((subject, first.header.seq, last.header.seq))

    async def publish(self, *seqs: int, size: int = 1000, subject: str = "s") -> None:
        for seq in seqs:
            self.publisher.publish(subject, fragment(seq, size=size))
        await asyncio.sleep(0)

    async def ack(self, number: int) -> None:
        self.publisher.on_ack(str(number), None, json.dumps({"stream": "MEDIA", "seq": number}).encode())
        await asyncio.sleep(0)

    async def refuse(self, number: int) -> None:
        self.publisher.on_ack(str(number), {"Status": "503"}, b"")
        await asyncio.sleep(0)

    async def tick(self) -> None:
        self.publisher.tick()
        await asyncio.sleep(0)


async def test_what_is_written_reads_back_and_a_turn_is_one_write() -> None:
    bench = Bench()
    await bench.publish(0, 1, 2)
    assert [(subject, sent) for subject, _, sent in bench.wire.sent] == [("s", fragment(seq)) for seq in range(3)]
    assert bench.wire.writes == 1


async def test_one_acknowledgement_speaks_for_all_before_it() -> None:
    bench = Bench()
    await bench.publish(0, 1, 2)
    assert bench.wire.asked == ["_INBOX_ingest.ack.1"], "only the first asks"
    await bench.clock.advance(ASK_EVERY_S)
    await bench.publish(3)
    assert bench.wire.asked == ["_INBOX_ingest.ack.1"], "one is outstanding"
    await bench.ack(1)
    assert bench.publisher.kept_bytes == 3000
    await bench.publish(4)
    assert bench.wire.asked[1:] == ["_INBOX_ingest.ack.5"]
    await bench.ack(5)
    assert bench.publisher.is_settled
    await bench.publish(5)
    assert len(bench.wire.asked) == 2, "asked a moment ago"


async def test_the_last_of_all_is_confirmed_though_nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_publisher, "QUIET_S", 0.0)
    bench = Bench()
    await bench.publish(0, 1)
    await bench.ack(1)
    for _ in range(5):
        await asyncio.sleep(0.001)
    assert bench.wire.take() == [0, 1, 1]
    await bench.ack(2)
    assert bench.publisher.is_settled


async def test_resent_in_order_and_before_anything_newer() -> None:
    bench = Bench()
    await bench.publish(*range(5))
    await bench.ack(1)
    bench.wire.is_connected = False
    bench.publisher.disconnected()
    await bench.publish(5, 6)
    assert bench.wire.take() == [0, 1, 2, 3, 4]
    bench.wire.is_connected = True  # the connection stands, and we are not told yet: nothing may overtake
    await bench.publish(7)
    assert bench.wire.take() == []
    bench.publisher.connected()
    await bench.publish(8)
    assert bench.wire.take() == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_server_that_came_back_is_not_flooded() -> None:
    bench = Bench(keep_bytes=RESEND_WINDOW_BYTES * 4)
    bench.publisher.disconnected()
    size = RESEND_WINDOW_BYTES // 4
    await bench.publish(*range(10), size=size)
    bench.publisher.connected()
    await asyncio.sleep(0)
    assert bench.wire.asked == ["_INBOX_ingest.ack.1"]
    assert bench.wire.take() == [0, 1, 2, 3]
    await bench.publish(10, size=size)
    assert bench.wire.take() == [], "in order: it waits for those before it"
    for number, expected in ((1, [4]), (5, [5, 6, 7, 8]), (6, [9]), (10, [10]), (11, [])):
        await bench.ack(number)
        assert bench.wire.take() == expected
    assert bench.publisher.is_settled


@pytest.mark.parametrize(
    ("keep_bytes", "wait_s", "lost"),
    [(100_000, 0.0, []), (10_000, 0.0, [("s", 0, 19)]), (100_000, 9.9, []), (100_000, 10.1, [("s", 0, 29)])],
)
async def test_what_is_beyond_the_bound_is_one_gap_a_run_told_when_the_bus_takes_it(
    keep_bytes: int, wait_s: float, lost: list[tuple[str, int, int]]
) -> None:
    bench = Bench(keep_bytes)
    bench.publisher.disconnected()
    await bench.publish(*range(30))
    await bench.clock.advance(wait_s)
    await bench.tick()
    assert bench.publisher.kept_bytes <= keep_bytes
    assert bench.gaps == []
    bench.publisher.connected()
    if wait_s > 10.0:
        await bench.publish(30)
    kept = range(lost[0][2] + 1 if lost else 0, 31 if wait_s > 10.0 else 30)
    await asyncio.sleep(0)
    assert bench.wire.take() == list(kept)
    await bench.ack(kept[0] + 1)
    assert bench.gaps == lost


async def test_two_runs_are_two_gaps() -> None:
    bench = Bench(1000)
    bench.publisher.disconnected()
    for run in (RUN, "00000000000000bb"):
        for seq in range(3):
            bench.publisher.publish("s", fragment(seq, run=run))
    bench.publisher.connected()
    await bench.ack(6)
    assert bench.gaps == [("s", 0, 2), ("s", 0, 1)]


async def test_live_goes_on_while_jetstream_refuses_and_is_stored_in_order_after() -> None:
    bench = Bench()
    await bench.publish(0, 1)
    await bench.refuse(1)
    await bench.publish(2, 3)
    assert bench.wire.take() == [0, 1, 2, 3], "live"
    await bench.tick()
    assert (bench.wire.asked, bench.wire.take()) == (["_INBOX_ingest.ack.1"], [0]), "the oldest is offered again"
    await bench.refuse(1)
    await bench.publish(4)
    assert bench.wire.take() == [4]
    await bench.tick()
    await bench.ack(1)
    assert bench.wire.take() == [0, 1, 2, 3, 4]
    await bench.ack(2)
    await bench.clock.advance(ASK_EVERY_S)
    await bench.publish(5)
    await bench.ack(6)
    assert bench.publisher.is_settled


async def test_a_lost_ack_is_noticed() -> None:
    bench = Bench()
    await bench.publish(0, 1)
    await bench.clock.advance(ACK_LIMIT_S + 0.1)
    await bench.publish(2)
    await bench.tick()
    assert bench.wire.take() == [0, 1, 2, 0]
    await bench.ack(1)
    assert bench.wire.take() == [1, 2]


async def test_a_socket_that_lags_is_not_written_to_without_bound(until: Callable[..., object]) -> None:
    bench = Bench()
    bench.wire.buffered_bytes = WRITE_BUFFER_BYTES + 1
    await bench.publish(0)
    await bench.publish(1)
    assert bench.wire.take() == [0]
    bench.wire.buffered_bytes = 0
    await until(lambda: bench.wire.sent)  # type: ignore[misc]
    await bench.publish(2)
    assert bench.wire.take() == [1, 2]


async def test_a_socket_that_lagged_with_a_full_window_goes_on(until: Callable[..., object]) -> None:
    bench = Bench()
    size = RESEND_WINDOW_BYTES // 8
    bench.wire.buffered_bytes = WRITE_BUFFER_BYTES + 1
    bench.publisher.publish("s", fragment(0, size=size))
    await bench.publish(*range(1, 10), size=size)  # one turn: more than a window, of which only the first asked
    await bench.publish(10, size=size)
    assert bench.wire.take() == list(range(10)), "the eleventh waits for the socket"
    await bench.ack(1)
    bench.wire.buffered_bytes = 0
    await until(lambda: bench.wire.sent)
    assert bench.wire.take() == [9], "the newest once more, to ask for all before it"
    await bench.ack(10)
    assert bench.wire.take() == [10]


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b'{"error": {"code": 503}}', b'{"stream": "MEDIA"}'])
async def test_an_answer_that_is_no_ack_confirms_nothing(answer: bytes) -> None:
    bench = Bench()
    await bench.publish(0)
    bench.publisher.on_ack("1", None, answer)
    assert not bench.publisher.is_settled
