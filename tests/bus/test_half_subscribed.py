"""A subscription that fails half-way leaves nothing behind: NATS hangs for some seconds, and somebody tries again."""

from __future__ import annotations

import signal
from collections.abc import ItemsView, Mapping
from typing import Any

import pytest
from nats.js import JetStreamContext

from shared import subjects
from shared.bus import BusUnreachable
from shared.bus.fact_subscription import FactSubscription
from shared.bus.requests import RequestHandler
from shared.media.fragment import Fragment
from shared.messages.ingest import ProbeReply, ProbeRequest
from tests.bus.fragments import CAMERA, START_US, fragment, went_offline

MAIN = subjects.media(CAMERA, "main")
ASKED = 30


async def test_media_that_failed_to_open_is_not_heard(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    await ingest.ensure_stream("MEDIA")
    publisher = await ingest.media_publisher(lambda *lost: pytest.fail(str(lost)), 10_000_000)
    before: list[Fragment] = []
    heard: list[Fragment] = []
    nats_server.signal(signal.SIGSTOP)
    with pytest.raises(BusUnreachable):
        await gateway.subscribe_media(MAIN, before.append)
    nats_server.signal(signal.SIGCONT)
    await gateway.subscribe_media(MAIN, heard.append)
    publisher.publish(MAIN, fragment(0))
    await until(lambda: bool(heard))
    assert before == [], "what stood before was told before"


class HangsBehind(JetStreamContext):
    """NATS hangs as soon as the subscription stands."""

    server: Any

    async def subscribe(self, *args: Any, **options: Any) -> JetStreamContext.PushSubscription:
        subscription = await super().subscribe(*args, **options)
        self.server.signal(signal.SIGSTOP)
        return subscription


async def test_facts_that_failed_to_open_are_not_heard(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    ingest, alerting = await connect("ingest"), await connect("alerting")
    await ingest.ensure_stream("EVENTS")
    js = HangsBehind(alerting._client, timeout=1)
    js.server = nats_server
    before: list[int] = []
    heard: list[int] = []

    def hearing(list_: list[int]):  # type: ignore[no-untyped-def]
        async def hear(subject: str, data: bytes, seq: int) -> None:
            list_.append(seq)

        return hear

    with pytest.raises(BusUnreachable):
        await FactSubscription(js, subjects.facts("ingest"), hearing(before), lambda: None).open(None)
    nats_server.signal(signal.SIGCONT)
    end = await alerting.subscribe_facts(subjects.facts("ingest"), hearing(heard))
    for at_us in (START_US, START_US + 1):
        await ingest.publish_fact(went_offline(at_us))
    await until(lambda: len(heard) == 2)
    assert before == []
    await end()


class HangsBetween(dict[str, RequestHandler]):
    """NATS hangs when the endpoints before these stand."""

    server: Any

    def items(self) -> ItemsView[str, RequestHandler]:
        self.server.signal(signal.SIGSTOP)
        return super().items()


def answering(who: str) -> Mapping[str, RequestHandler]:
    async def probe(data: bytes) -> ProbeReply:
        return ProbeReply(is_ok=True, reason_code=who, reason="-")

    return {"probe": probe}


async def test_endpoints_that_failed_to_open_answer_nobody(nats_server, connect) -> None:  # type: ignore[no-untyped-def]
    ingest, gateway = await connect("ingest"), await connect("gateway")
    hanging = HangsBetween(answering("before"))
    hanging.server = nats_server
    with pytest.raises(BusUnreachable):
        await ingest.serve("ingest", answering("before"), pinned=hanging, instance="one")
    nats_server.signal(signal.SIGCONT)
    end = await ingest.serve("ingest", answering("now"))
    wanted = ProbeRequest(url="rtsp://10.0.0.7/1")
    replies = [ProbeReply.decode(await gateway.request("ingest", "probe", wanted)) for _ in range(ASKED)]
    assert {reply.reason_code for reply in replies} == {"now"}
    mine = [one.subject for one in ingest._client._subs.values() if not one.subject.startswith("_INBOX")]
    assert len(mine) == 1 + 9, "its endpoint, and three verbs of nats.micro in three ways each"
    await end()
