"""Facts, requests, buckets and permissions against a real nats-server, each service with its own user."""

from __future__ import annotations

import asyncio
import signal

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from shared import subjects
from shared.bus import BusUnreachable
from shared.bus.errors import NobodyAnswers, RevisionConflict
from shared.bus.kv import KvEntry
from shared.errors import RequestRefused
from shared.field_faults import FieldFault
from shared.messages.cameras import CameraState
from shared.messages.ingest import CameraWentOffline, ProbeReply, ProbeRequest
from shared.subjects import CameraRef
from tests.bus.fragments import CAMERA, START_US, went_offline


async def test_fact_twice_is_one(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, alerting = await connect("ingest"), await connect("alerting")
    await ingest.ensure_stream("EVENTS")
    for at_us in (START_US, START_US, START_US + 1):
        await ingest.publish_fact(went_offline(at_us))
    heard: list[tuple[str, int]] = []

    async def hear(subject: str, data: bytes, seq: int) -> None:
        heard.append((subject, CameraWentOffline.decode(data).at_us))

    end = await alerting.subscribe_facts(subjects.facts("ingest"), hear, since_seq=1)
    await ingest.publish_fact(went_offline(START_US + 2))
    await until(lambda: len(heard) == 3)
    await end()
    await ingest.publish_fact(went_offline(START_US + 3))
    subject = f"bk.v1.evt.ingest.{CAMERA.key}.camera_went_offline"
    assert heard == [(subject, START_US + offset) for offset in range(3)]


async def test_facts_said_while_the_listener_was_away_are_heard_after(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, alerting = await connect("ingest"), await connect("alerting")
    await ingest.ensure_stream("EVENTS")
    await ingest.publish_fact(went_offline(START_US))
    heard: list[int] = []

    async def hear(subject: str, data: bytes, seq: int) -> None:
        heard.append(CameraWentOffline.decode(data).at_us - START_US)

    end = await alerting.subscribe_facts(subjects.facts("ingest"), hear)
    await ingest.publish_fact(went_offline(START_US + 1))
    await until(lambda: heard == [1])
    nats_server.stop(signal.SIGKILL)
    await until(lambda: not ingest.is_connected and not alerting.is_connected)
    with pytest.raises(BusUnreachable):
        await ingest.publish_fact(went_offline(START_US + 2))
    nats_server.start()
    await until(lambda: ingest.is_connected)
    await ingest.publish_fact(went_offline(START_US + 2))
    await until(lambda: alerting.is_connected)
    await ingest.publish_fact(went_offline(START_US + 3))
    await until(lambda: heard == [1, 2, 3])
    await end()


async def test_a_trace_goes_with_facts_and_requests(connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream("EVENTS")
    heard: list[int] = []

    async def probe(data: bytes) -> ProbeReply:
        heard.append(trace.get_current_span().get_span_context().trace_id)
        return ProbeReply(is_ok=True, reason_code="ok", reason="-")

    async def hear(subject: str, data: bytes, seq: int) -> None:
        heard.append(trace.get_current_span().get_span_context().trace_id)

    await ingest.serve("ingest", {"probe": probe})
    await gateway.subscribe_facts(subjects.facts("ingest"), hear)
    with TracerProvider().get_tracer("test").start_as_current_span("whole") as span:
        await gateway.request("ingest", "probe", ProbeRequest(url="rtsp://127.0.0.1/x"))
        await ingest.publish_fact(went_offline())
    await until(lambda: len(heard) == 2)
    assert heard == [span.get_span_context().trace_id] * 2


@pytest.mark.parametrize("is_straight", [False, True])
async def test_kv_watch_tells_what_is_there_then_what_changes(connect, until, is_straight) -> None:  # type: ignore[no-untyped-def]
    gateway, ingest = await connect("gateway"), await connect("ingest")
    writing, reading = await gateway.kv("cameras"), await ingest.kv("cameras")
    await writing.put("1.a.b", b"one")
    told: list[KvEntry] = []
    tasks: list[asyncio.Task[None] | None] = []

    def hear(entry: KvEntry) -> None:
        told.append(entry)
        tasks.append(asyncio.current_task())

    await reading.watch(hear, is_straight=is_straight)
    assert [(entry.key, entry.value) for entry in told] == [("1.a.b", b"one")]
    revision = await writing.put("2.a.c", b"two")
    await writing.delete("1.a.b")
    await until(lambda: len(told) == 3)
    assert told[1:] == [KvEntry("2.a.c", b"two", revision), KvEntry("1.a.b", None, revision + 1)]
    # What came while something was still on its way through queues has kept its order by taking the same way.
    revision = await writing.put("3.a.d", b"three")
    await until(lambda: len(told) == 4)
    assert told[3] == KvEntry("3.a.d", b"three", revision)
    assert (tasks[-1] is ingest._client._reading_task) is is_straight
    assert await writing.keys() == ["2.a.c", "3.a.d"]


@pytest.mark.parametrize("is_straight", [False, True])
async def test_watch_outlives_a_restart(nats_server, connect, until, is_straight) -> None:  # type: ignore[no-untyped-def]
    gateway, ingest = await connect("gateway"), await connect("ingest")
    writing, reading = await gateway.kv("cameras"), await ingest.kv("cameras")
    told: dict[str, bytes | None] = {}
    await reading.watch(lambda entry: told.__setitem__(entry.key, entry.value), is_straight=is_straight)
    nats_server.stop(9)
    await until(lambda: not ingest.is_connected and not gateway.is_connected)
    nats_server.start()
    await until(lambda: ingest.is_connected and gateway.is_connected)
    await writing.put("1.a.b", b"after")
    await until(lambda: told.get("1.a.b") == b"after", 30)


async def test_kv_compare_and_set(connect) -> None:  # type: ignore[no-untyped-def]
    bucket = await (await connect("ingest")).kv("shards_ingest")
    revision = await bucket.create("7", b"me")
    with pytest.raises(RevisionConflict):
        await bucket.create("7", b"other")
    with pytest.raises(RevisionConflict):
        await bucket.update("7", b"other", revision + 9)
    second = await bucket.update("7", b"other", revision)
    with pytest.raises(RevisionConflict):
        await bucket.delete("7", revision)
    await bucket.delete("7", second)
    assert await bucket.get("7") is None


async def test_requests_are_answered_or_refused_by_name(connect) -> None:  # type: ignore[no-untyped-def]
    gateway, ingest = await connect("gateway"), await connect("ingest")
    request = ProbeRequest(url="rtsp://127.0.0.1/x")
    with pytest.raises(NobodyAnswers, match="no ingest service"):
        await gateway.request("ingest", "probe", request)

    async def probe(data: bytes) -> ProbeReply:
        asked = ProbeRequest.decode(data)
        if asked.transport == "udp":
            fault = FieldFault("transport", "no_udp_here", {"port": 554, "名": "后厨"}, "No UDP.", "Use TCP.")
            raise RequestRefused("no_udp", "Use TCP.", status=422, faults=[fault])
        return ProbeReply(is_ok=True, reason_code="ok", reason=asked.url)

    await ingest.serve("ingest", {"probe": probe})
    answer = ProbeReply.decode(await gateway.request("ingest", "probe", request))
    assert answer.reason == request.url
    with pytest.raises(RequestRefused, match=r"Use TCP\.") as refused:
        await gateway.request("ingest", "probe", request.model_copy(update={"transport": "udp"}))
    assert (refused.value.code, refused.value.status) == ("no_udp", 422)
    said = FieldFault("transport", "no_udp_here", {"port": 554, "名": "后厨"}, "No UDP.", "Use TCP.")
    assert refused.value.faults == (said,)


async def test_states_round_trip(connect) -> None:  # type: ignore[no-untyped-def]
    bucket = await (await connect("ingest")).kv("camera_states")
    state = CameraState(
        site="s", camera="c", condition="online", reason="Pictures.", reason_code="ok", since_us=START_US, worker="w"
    )
    await bucket.put(CameraRef("s", "c").key, state.encode())
    entry = await bucket.get(CameraRef("s", "c").key)
    assert entry is not None
    assert entry.value is not None
    assert CameraState.decode(entry.value) == state


async def test_one_who_waits_keeps_nobody_waiting_and_all_begin_in_order(connect, until) -> None:  # type: ignore[no-untyped-def]
    gateway, ingest = await connect("gateway"), await connect("ingest")
    begun: list[str] = []
    is_held = asyncio.Event()

    async def probe(data: bytes) -> ProbeReply:
        url = ProbeRequest.decode(data).url
        begun.append(url)
        if url.endswith("dead"):
            await is_held.wait()
        return ProbeReply(is_ok=True, reason_code="ok", reason=url)

    end = await ingest.serve("ingest", {"probe": probe}, at_once={"probe": 2})

    def ask(path: str) -> asyncio.Task[bytes]:
        return asyncio.create_task(gateway.request("ingest", "probe", ProbeRequest(url=f"rtsp://h/{path}")))

    dead = ask("dead")
    for number in range(3):
        assert ProbeReply.decode(await ask(str(number))).reason == f"rtsp://h/{number}"
    assert not dead.done()
    # A second that waits fills the line: who comes then waits, and is done as soon as one of them is.
    second = ask("2/dead")
    await until(lambda: len(begun) == 5)
    third = ask("3")
    await asyncio.sleep(0.2)  # time enough to begin, if it were let
    assert len(begun) == 5
    is_held.set()
    for task in (dead, second, third):
        assert ProbeReply.decode(await task).is_ok
    assert begun == [f"rtsp://h/{path}" for path in ("dead", "0", "1", "2", "2/dead", "3")]
    # What was begun is answered though the service ends meanwhile.
    is_held.clear()
    last = ask("last/dead")
    await until(lambda: begun[-1] == "rtsp://h/last/dead")
    ending = asyncio.create_task(end())
    await asyncio.sleep(0.2)
    assert not ending.done()
    is_held.set()
    await ending
    assert ProbeReply.decode(await last).is_ok
