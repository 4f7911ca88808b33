"""Fragments over a real nats-server: live, stored, and through its restarts."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from shared import subjects
from shared.bus import Bus
from shared.bus.client_wire import ClientWire
from shared.bus.errors import BusUnreachable
from shared.bus.media_publisher import WRITE_BUFFER_BYTES
from shared.bus.streams import MEDIA, Limits
from shared.media.fragment import Fragment
from tests.bus.fragments import CAMERA, fragment

MAIN, SUB, H264 = (subjects.media(CAMERA, stream) for stream in ("main", "sub", "h264"))


async def test_fragments_arrive_as_they_were_sent(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream(MEDIA)
    publisher = await ingest.media_publisher(lambda *lost: pytest.fail(str(lost)), 10_000_000)
    heard: list[Fragment] = []
    await gateway.subscribe_media(MAIN, heard.append)
    sent = [fragment(seq, size=100_000) for seq in range(50)]
    for one in sent:
        publisher.publish(MAIN, one)
    await until(lambda: publisher.is_settled)
    assert publisher.kept_bytes == 0
    # The last may be heard twice: nothing followed it, so it was sent again to be confirmed.
    assert list(dict.fromkeys(one.header.seq for one in heard)) == list(range(50))
    assert heard[:50] == sent


async def test_recent_media_is_one_request(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream(MEDIA)
    publisher = await ingest.media_publisher(lambda *lost: None, 10_000_000)
    for seq in range(20):
        publisher.publish(MAIN, fragment(seq))
        publisher.publish(SUB, fragment(seq, run="00000000000000bb"))
    await until(lambda: publisher.is_settled)
    found = await gateway.recent_media(MAIN, 0)
    assert [one.header.seq for one in found] == list(range(20))
    assert {one.header.run for one in found} == {"00000000000000aa"}
    assert [one.header.seq for one in await gateway.recent_media(MAIN, 0, limit=7)] == list(range(7))
    assert await gateway.recent_media(H264, 0) == []
    last = await ingest.last_media(MAIN)
    assert last is not None
    assert last.header.seq == 19
    assert await ingest.last_media(H264) is None


async def test_recent_media_begins_where_it_is_asked_to(connect, until) -> None:  # type: ignore[no-untyped-def]
    """ADR-31's start_time together with next_by_subj and batch, in a stream full of other cameras."""
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream(MEDIA)
    publisher = await ingest.media_publisher(lambda *lost: None, 10_000_000)
    others = [subjects.media(subjects.CameraRef("other", f"c{number}"), "main") for number in range(20)]
    middle_us = 0
    for seq in range(20):
        if seq == 10:
            await until(lambda: publisher.is_settled)
            middle_us = time.time_ns() // 1000
            await asyncio.sleep(0.005)
        for subject in others:
            publisher.publish(subject, fragment(seq, run="00000000000000cc"))
        publisher.publish(MAIN, fragment(seq))
    await until(lambda: publisher.is_settled)
    assert [one.header.seq for one in await gateway.recent_media(MAIN, middle_us)] == list(range(10, 20))
    assert await gateway.recent_media(MAIN, time.time_ns() // 1000 + 1_000_000) == []


async def test_recent_media_without_a_stream_is_no_answer(connect) -> None:  # type: ignore[no-untyped-def]
    gateway: Bus = await connect("gateway")
    with pytest.raises(BusUnreachable):
        await gateway.recent_media(MAIN, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_restart_of_nats_loses_nothing_of_the_last_seconds(nats_server, connect, until, number) -> None:  # type: ignore[no-untyped-def]
    ingest = await connect("ingest")
    await ingest.ensure_stream(MEDIA)
    lost: list[tuple[str, Fragment, Fragment]] = []
    publisher = await ingest.media_publisher(lambda *gap: lost.append(gap), 10_000_000)
    for seq in range(10):
        publisher.publish(MAIN, fragment(seq))
    await until(lambda: publisher.is_settled)
    nats_server.stop(number)
    for seq in range(10, 20):  # the connection is not known to be broken yet
        publisher.publish(MAIN, fragment(seq))
    await until(lambda: not ingest.is_connected)
    for seq in range(20, 30):
        publisher.publish(MAIN, fragment(seq))
    nats_server.start()
    await until(lambda: ingest.is_connected)
    for seq in range(30, 35):
        publisher.publish(MAIN, fragment(seq))
    await until(lambda: publisher.is_settled, 10)
    stored = [one.header.seq for one in await ingest.recent_media(MAIN, 0)]
    assert list(dict.fromkeys(stored)) == list(range(35))
    assert lost == []


async def test_ten_seconds_of_many_cameras_outlive_a_restart(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest = await connect("ingest")
    await ingest.ensure_stream(MEDIA)
    lost: list[tuple[str, Fragment, Fragment]] = []
    publisher = await ingest.media_publisher(lambda *gap: lost.append(gap), 256 << 20)
    cameras = [subjects.media(subjects.CameraRef("many", f"c{number}"), "main") for number in range(10)]
    nats_server.stop(signal.SIGKILL)
    await until(lambda: not ingest.is_connected)
    for seq in range(50):
        for subject in cameras:
            publisher.publish(subject, fragment(seq, size=100_000))
    assert publisher.kept_bytes == 50_000_000
    nats_server.start()
    await until(lambda: publisher.is_settled, 20)
    for subject in cameras:
        stored = [one.header.seq for one in await ingest.recent_media(subject, 0)]
        assert list(dict.fromkeys(stored)) == list(range(50))
    assert lost == []


async def test_while_nats_hangs_nothing_grows_without_bound(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    """Holds the private seam too: what is buffered is really read from nats-py's transport."""
    ingest = await connect("ingest")
    await ingest.ensure_stream(MEDIA)
    publisher = await ingest.media_publisher(lambda *gap: pytest.fail("nothing was lost"), 100_000_000)
    wire = ClientWire(ingest._client)
    nats_server.signal(signal.SIGSTOP)
    most = 0
    for seq in range(300):
        publisher.publish(MAIN, fragment(seq, size=100_000))
        await asyncio.sleep(0)
        most = max(most, wire.buffered_bytes)
    assert 1_000_000 < most < WRITE_BUFFER_BYTES + 1_000_000
    nats_server.signal(signal.SIGCONT)
    await until(lambda: publisher.is_settled, 20)
    stored = [one.header.seq for one in await ingest.recent_media(MAIN, 0, limit=400)]
    assert stored == list(range(300))


async def test_what_is_beyond_the_bound_is_named_when_nats_is_back(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest = await connect("ingest")
    await ingest.ensure_stream(MEDIA)
    lost: list[tuple[str, Fragment, Fragment]] = []
    publisher = await ingest.media_publisher(lambda *gap: lost.append(gap), 10_000)
    nats_server.stop(signal.SIGKILL)
    await until(lambda: not ingest.is_connected)
    for seq in range(30):
        publisher.publish(MAIN, fragment(seq))
    assert publisher.kept_bytes <= 10_000
    nats_server.start()
    await until(lambda: publisher.is_settled, 10)
    assert [(subject, first.header.seq, last.header.seq) for subject, first, last in lost] == [(MAIN, 0, 19)]
    assert [one.header.seq for one in await ingest.recent_media(MAIN, 0)][:10] == list(range(20, 30))


async def test_live_goes_on_without_the_stream(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    publisher = await ingest.media_publisher(lambda *lost: None, 10_000_000)
    heard: list[Fragment] = []
    await gateway.subscribe_media(MAIN, heard.append)
    for seq in range(3):
        publisher.publish(MAIN, fragment(seq))
    # A repeat is allowed: whoever listens knows it by run and number.
    await until(lambda: list(dict.fromkeys(one.header.seq for one in heard)) == [0, 1, 2])
    await ingest.ensure_stream(MEDIA, Limits(600, 1 << 26))
    publisher._asked_at -= 10.0  # the limit for an ack has passed
    await until(lambda: publisher.is_settled or bool(publisher.tick()), 20)
    stored = [one.header.seq for one in await ingest.recent_media(MAIN, 0)]
    assert list(dict.fromkeys(stored)) == [0, 1, 2]


async def test_a_listener_that_does_not_keep_up_hears_again_when_it_can(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream(MEDIA)
    publisher = await ingest.media_publisher(lambda *lost: None, 256 << 20)
    heard: list[int] = []

    def on_fragment(one: Fragment) -> None:
        time.sleep(0.001)
        heard.append(one.header.seq)

    await gateway.subscribe_media(MAIN, on_fragment)
    for seq in range(900):  # 90 MB: more than nats-server keeps for one connection (64 MB)
        publisher.publish(MAIN, fragment(seq, size=100_000))
    await until(lambda: publisher.is_settled, 20)
    seq = 1000
    async with asyncio.timeout(10):
        while heard[-1] < 1000:
            publisher.publish(MAIN, fragment(seq))
            seq += 1
            await asyncio.sleep(0.02)
    assert heard == sorted(heard)
