"""Alerting as a process: from a fact of a detector to a signed message, through a worker that is killed while it sends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
import pytest_asyncio

from shared import subjects
from shared.bus import Bus
from shared.messages.alerting import AlertAcknowledgement
from shared.messages.notices import (
    NoticeChannelList,
    NoticeChannelPut,
    NoticeChannelRef,
    NoticeDeliveriesWanted,
    NoticeDelivery,
    NoticeDeliveryList,
    NoticePerson,
    NoticeTest,
    NoticeTold,
    PersonKnown,
    address_context,
    secret_context,
)
from shared.sealing import Sealer, decode_key
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, frame, person
from tests.alerting.notice_values import supervisor
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
