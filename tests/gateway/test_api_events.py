"""Events through the API: heard as they happen, gone on from where one was, each once, and nobody else's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from services.gateway.event_feed import QUEUE, RING, Event, EventFeed, Listener, place_id, place_of
from shared.bus import Bus
from shared.messages.alerting import AlertRaised
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 20.0


def raised(number: int, site: str = "school-1") -> AlertRaised:
    at_us = time.time_ns() // 1000
    return AlertRaised(site=site, camera="cook-1", alert=f"e{number}", rule="no_mask", at_us=at_us)


@asynccontextmanager
async def alerting(gateway: Gateway) -> AsyncIterator[Bus]:
    bus = await gateway.peers.bus("alerting")
    yield bus
    await bus.close()


class Heard:
    """A client of the stream."""

    def __init__(self, lines: AsyncIterator[str]):
        self._lines = lines
        self.id = ""

    async def next(self) -> tuple[str, dict[str, object]]:
        name, data = "", ""
        async with asyncio.timeout(LIMIT_S):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                match field:
                    case "id":
                        self.id = value
                    case "event":
                        name = value
                    case "data":
                        data = value
                    case "" if name:
                        return name, json.loads(data)
        raise EOFError

    async def alerts(self, count: int) -> list[object]:
        return [(await self.next())[1]["alert"] for _ in range(count)]


@asynccontextmanager
async def listening(client: httpx.AsyncClient, id: str | None = None, **params: object) -> AsyncIterator[Heard]:
    headers = {"Last-Event-ID": id} if id else {}
    asked = {"name": "alert_raised", **params}
    async with client.stream("GET", "/events", params=asked, headers=headers, timeout=LIMIT_S) as answer:  # type: ignore[arg-type]
        assert answer.status_code == 200
        heard = Heard(answer.aiter_lines())
        name, _ = await heard.next()
        assert name == "hello"
        yield heard


async def test_a_listener_goes_on_where_it_was(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    async with alerting(gateway) as bus:
        async with listening(admin) as heard:
            for number in range(3):
                await bus.publish_fact(raised(number))
            assert await heard.alerts(2) == ["e0", "e1"]
            place = heard.id
        await bus.publish_fact(raised(3))
        async with listening(admin, place) as heard:
            await bus.publish_fact(raised(4))
            assert await heard.alerts(3) == ["e2", "e3", "e4"]


async def test_what_is_not_in_memory_any_more_comes_from_the_bus(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    async with alerting(gateway) as bus, listening(admin) as heard:
        seq = await bus.last_fact_seq()
        await bus.publish_fact(raised(10))
        assert await heard.alerts(1) == ["e10"]
        # A place before the gateway began to listen: as after its restart.
        async with listening(admin, "a1") as again:
            found = await again.alerts(1)
            while "e10" not in found:
                found += await again.alerts(1)
            assert len(found) == len(set(found))
        assert seq


async def test_only_their_own_schools_are_heard(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": "school-2", "name": "Two"})
    account = {"name": "listener", "password": PASSWORD, "roles": ["school"], "sites": ["school-2"]}
    await admin.post("/accounts", json=account)
    token = await gateway.token("listener", PASSWORD)
    async with gateway.client(token) as client, alerting(gateway) as bus, listening(client) as heard:
        await bus.publish_fact(raised(20, "school-1"))
        await bus.publish_fact(raised(21, "school-2"))
        assert await heard.alerts(1) == ["e21"]


async def test_nonsense_for_a_place_says_begin_anew(admin: httpx.AsyncClient) -> None:
    async with admin.stream("GET", "/events", headers={"Last-Event-ID": "nonsense"}) as answer:
        heard = Heard(answer.aiter_lines())
        assert (await heard.next())[0] == "reset"


async def test_a_slow_listener_is_lost_and_the_memory_is_bounded() -> None:
    feed, woken = EventFeed(), []
    feed.begin("a", 0)
    slow = Listener(lambda event: True, lambda: woken.append(1), {"a": 0})
    feed.join(slow)
    for seq in range(1, RING + 11):
        feed.hear(Event("a", seq, "alert_raised", "school-1", b"{}"))
    assert slow.is_lost
    assert feed.began["a"] == 10
    assert feed.missing({"a": 3}) == {"a": (3, 10)}
    assert feed.missing({"a": 10}) == {}
    quick = Listener(lambda event: event.seq % 2 == 0, lambda: None, {"a": RING})
    feed.join(quick)
    taken = []
    while (found := quick.take()) is not None:
        taken.append((found[0].seq, found[1]))
    assert taken == [(seq, f"a{seq}") for seq in range(RING + 2, RING + 11, 2)]
    assert QUEUE < RING


async def test_who_was_away_for_long_is_not_taken_for_slow() -> None:
    feed = EventFeed()
    feed.begin("a", 0)
    for seq in range(1, QUEUE + 500):
        feed.hear(Event("a", seq, "alert_raised", "school-1", b"{}"))
    back = Listener(lambda event: True, lambda: None, {"a": 100})
    feed.join(back)
    feed.hear(Event("a", QUEUE + 500, "alert_raised", "school-1", b"{}"))
    taken = []
    while (found := back.take()) is not None:
        taken.append(found[0].seq)
    assert not back.is_lost
    assert taken == list(range(101, QUEUE + 501))


async def test_what_nobody_wants_wakes_nobody_and_moves_the_place_on() -> None:
    feed, woken = EventFeed(), []
    feed.begin("a", 0)
    listener = Listener(lambda event: event.seq == 3, lambda: woken.append(1), {"a": 0})
    feed.join(listener)
    woken.clear()
    for seq in (1, 2):
        feed.hear(Event("a", seq, "alert_goes_on", "school-1", b"{}"))
    assert (woken, listener.place) == ([], {"a": 2})
    for seq in (3, 4):
        feed.hear(Event("a", seq, "alert_raised", "school-1", b"{}"))
    assert listener.place == {"a": 2}, "what waits is not behind it yet"
    found = listener.take()
    assert found is not None
    assert (found[0].seq, found[1], listener.take(), listener.place) == (3, "a3", None, {"a": 4})


async def test_memory_reaches_back_for_all_who_come_back_as_far_as_it_goes() -> None:
    feed = EventFeed()
    feed.begin("a", 10)
    feed.hear(Event("a", 12, "alert_raised", "school-1", b"{}"))
    older = [Event("a", seq, "alert_raised", "school-1", b"{}") for seq in (5, 7, 10)]
    assert feed.reach_back("a", 5, older)
    assert feed.missing({"a": 5}) == {}
    listener = Listener(lambda event: True, lambda: None, {"a": 5})
    feed.join(listener)
    taken = []
    while (found := listener.take()) is not None:
        taken.append(found[0].seq)
    assert taken == [7, 10, 12]
    too_many = [Event("a", seq, "alert_raised", "school-1", b"{}") for seq in range(-RING, 1)]
    assert not feed.reach_back("a", -RING - 1, too_many)
    assert feed.began == {"a": 5}


async def test_a_place_of_a_bus_that_was_made_anew_says_begin_anew(admin: httpx.AsyncClient) -> None:
    async with admin.stream("GET", "/events", headers={"Last-Event-ID": "a99999999"}) as answer:
        heard = Heard(answer.aiter_lines())
        assert (await heard.next())[0] == "reset"


@pytest.mark.parametrize("text", ["", "x1", "a", "a-1", "a1.", "a1..i2", "a" + "9" * 40])
async def test_what_is_no_place(text: str) -> None:
    assert place_of(text) is None


async def test_a_place_is_read_as_it_was_written() -> None:
    assert place_of(place_id({"i": 7, "a": 12})) == {"a": 12, "i": 7}
