"""Alerting as a process: from a fact of a detector to a signed message, through a worker that is killed while it sends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from shared import subjects
from shared.bus import Bus
from shared.messages.alerting import AlertAcknowledgement
from shared.messages.notices import (
    NoticeChannelList,
    NoticeChannelPut,
    NoticeChannelRef,
    NoticeChannelsOf,
    NoticeDeliveriesWanted,
    NoticeDelivery,
    NoticeDeliveryList,
    NoticeDevicePut,
    NoticePerson,
    NoticePush,
    NoticePushWanted,
    NoticeTest,
    NoticeTold,
    PersonKnown,
    address_context,
    device_id,
    secret_context,
)
from shared.sealing import Sealer, decode_key
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, frame, person
from tests.alerting.notice_values import supervisor
from tests.alerting.push_service import Browser, PushService, certificate, checked_token, push_service
from tests.alerting.test_notice_channels import HOST, SECRET, recipe

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = {
    "BK_NOTICE_NETWORKS": "127.0.0.0/8",
    "BK_NOTICE_LIMIT_S": "2",
    "BK_NOTICE_RETRY_S": "0.2",
    "BK_NOTICE_CONSOLE_URL": "https://kitchens.example",
}


class Receiver:
    """Checks as the page shows. While `is_held` it has taken the message and does not answer."""

    def __init__(self) -> None:
        self.check, self.seen = recipe(), set[str]()
        self.statuses: list[int] = []
        self.bodies: list[dict[str, object]] = []
        self.is_held = False
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        body = await reader.readexactly(int(headers["Content-Length"]))
        status = self.check(headers, body, SECRET, self.seen)
        self.bodies.append(json.loads(body))
        self.statuses.append(status)
        if not self.is_held:
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(LIMIT_S):
            while len(self.bodies) < count:
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.handle, HOST, 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def add_people(bus: Bus, *people: PersonKnown) -> None:
    bucket = await bus.kv("people")
    for each in people:
        await bucket.put(sha256(each.person.encode()).hexdigest()[:32], each.encode())


async def add_webhook(plant: Plant, bus: Bus, receiver: Receiver) -> None:
    sealer = Sealer([decode_key(plant.servers.sealing_environment()["BK_SECRET_KEY"])])
    wanted = NoticeChannelPut(
        channel="hook",
        person="li",
        kind="webhook",
        sealed_address=sealer.seal(f"http://{HOST}:{receiver.port}/", address_context("hook")),
        sealed_secret=sealer.seal(SECRET, secret_context("hook")),
    )
    (made,) = NoticeChannelList.decode(await bus.request("alerting", "notice_channel_put", wanted)).items
    assert made.channel == "hook"
    await bus.request("alerting", "notice_person_put", NoticePerson(person="li", language="en", quiet_s=0))


async def break_a_rule(plant: Plant, id: str) -> None:
    start_us = time.time_ns() // 1000 - 10 * SECOND_US
    async with plant.bus("detector") as detector:
        for second in range(5):
            await detector.publish_fact(frame(second, [person(mask=0.02)], id=id, start_us=start_us))


async def deliveries(bus: Bus, **wanted: object) -> tuple[NoticeDelivery, ...]:
    asked = NoticeDeliveriesWanted(people=("li",), **wanted)  # type: ignore[arg-type]
    return NoticeDeliveryList.decode(await bus.request("alerting", "notice_deliveries", asked)).items


async def test_a_worker_killed_while_it_sends_costs_no_message_and_makes_no_second(
    plant: Plant, receiver: Receiver
) -> None:
    told: list[NoticeTold] = []

    async def heard(subject: str, data: bytes, seq: int) -> None:
        told.append(NoticeTold.decode(data))

    async with plant.bus("gateway") as bus:
        for id in ("cook-1", "cook-2"):
            key = CameraRef("school-1", id).key
            await (await bus.kv("cameras")).put(key, camera(id).encode())
        await add_people(bus, supervisor("li"), supervisor("far", ("school-9",)))
        first = await plant.worker("alerting-1", **QUICK)
        await bus.subscribe_facts(subjects.facts("alerting", "notice_told"), heard)
        await add_webhook(plant, bus, receiver)
        tried = NoticeTest.decode(
            await bus.request("alerting", "notice_channel_test", NoticeChannelRef(channel="hook"), timeout_s=20)
        )
        assert (tried.is_ok, tried.said, receiver.statuses) == (True, "200", [200])

        receiver.is_held = True
        await break_a_rule(plant, "cook-1")
        await receiver.until(2)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
        receiver.is_held = False
        second = await plant.worker("alerting-2", **QUICK)
        await receiver.until(3)
        assert receiver.bodies[1] == receiver.bodies[2], "the same message again"
        assert receiver.statuses == [200, 200, 409], "and its receiver knows it"
        assert "No mask" in str(receiver.bodies[1]["title"])

        async with asyncio.timeout(LIMIT_S):
            while {each.state for each in await deliveries(bus)} != {"delivered", "sent"}:
                await asyncio.sleep(0.05)
        by_kind = {each.channel_kind: each for each in await deliveries(bus)}
        assert by_kind["webhook"].attempts[-1].outcome == "delivered"
        assert by_kind["webhook"].attempts[0].outcome == "began", "cut off: nobody knows how it ended"
        assert [each.person for each in told] == ["li"], "the console's is written with its mark: once"

        taken = AlertAcknowledgement(alert=by_kind["webhook"].subject.partition(":")[2], by="wang")
        await bus.request("alerting", "alert_acknowledge", taken)
        assert {(each.state, each.acknowledged_by) for each in await deliveries(bus)} == {("acknowledged", "wang")}

        # A changed channel holds for the next thing, without a restart.
        sealer = Sealer([decode_key(plant.servers.sealing_environment()["BK_SECRET_KEY"])])
        wrong = NoticeChannelPut(
            channel="hook", person="li", kind="webhook", sealed_secret=sealer.seal("w" * 16, secret_context("hook"))
        )
        await bus.request("alerting", "notice_channel_put", wrong)
        await break_a_rule(plant, "cook-2")
        await receiver.until(4)
        assert receiver.statuses[3] == 401
        async with asyncio.timeout(LIMIT_S):
            while not (failed := await deliveries(bus, states=("failed",))):
                await asyncio.sleep(0.05)
        assert [each.why for each in failed] == ["The receiver answered 401:"]
        await second.stop(LIMIT_S)


async def test_from_a_fact_to_a_device_that_is_gone_then(plant: Plant, tmp_path: Path) -> None:
    browser, files = Browser(), certificate(tmp_path)
    async with push_service(*files, PushService()) as service, plant.bus("gateway") as bus:
        await (await bus.kv("cameras")).put(CameraRef("school-1", "cook-3").key, camera("cook-3").encode())
        await add_people(bus, supervisor("wang"))
        push = {
            "BK_NOTICE_PUSH_HOSTS": f"{HOST}:{service.port}",
            "BK_NOTICE_PUSH_NETWORKS": "127.0.0.0/8",
            "BK_NOTICE_PUSH_CONTACT": "mailto:duty@bureau.example",
            "SSL_CERT_FILE": str(files[0]),
        }
        worker = await plant.worker("alerting-3", **QUICK, **push)
        offer = NoticePush.decode(await bus.request("alerting", "notice_push", NoticePushWanted()))
        assert (offer.why_off, offer.devices_max) == (None, 5)
        sealer = Sealer([decode_key(plant.servers.sealing_environment()["BK_SECRET_KEY"])])
        endpoint = f"{service.origin}/p/wang"
        id = device_id(endpoint)
        wanted = NoticeDevicePut(
            channel=id,
            person="wang",
            sealed_address=sealer.seal(endpoint, address_context(id)),
            sealed_secret=sealer.seal(browser.secret, secret_context(id)),
        )
        await bus.request("alerting", "notice_device_put", wanted)
        await bus.request("alerting", "notice_person_put", NoticePerson(person="wang", quiet_s=0))
        await break_a_rule(plant, "cook-3")
        await service.until(1, LIMIT_S)
        (pushed,) = service.pushed
        claims = checked_token(pushed.headers["Authorization"], service.origin, time.time())
        assert (claims["k"], claims["sub"]) == (offer.public_key, "mailto:duty@bureau.example")
        note = json.loads(browser.read(pushed.body))
        assert note["title"].endswith("未戴口罩")
        assert note["path"].startswith("/alerts/")
        assert "cook-3" not in str(note)

        service.answer = lambda _: (410, "")
        tried = NoticeTest.decode(
            await bus.request("alerting", "notice_channel_test", NoticeChannelRef(channel=id), timeout_s=20)
        )
        assert not tried.is_ok
        assert "410" in tried.said
        left = NoticeChannelList.decode(
            await bus.request("alerting", "notice_channels", NoticeChannelsOf(person="wang"))
        )
        assert [each.kind for each in left.items] == ["console"]
        await worker.stop(LIMIT_S)
