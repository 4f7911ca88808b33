"""One Idempotency-Key at two gateways of one database: done once, while one is slow, and when one is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.adapters.http.answers_again import OncePerKey
from services.gateway.idempotency import LOST_S, RENEWED_EACH_S, fingerprint_of
from shared import subjects
from shared.clock import FakeClock
from shared.messages.silences import SilenceList, SilenceStatus, SilenceWanted
from tests.gateway.running_gateway import Gateway
from tests.gateway.second_gateway import SecondGateway, second_gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 30
BODY: dict[str, Any] = {"rules": ["no_mask"], "reason": "once", "end": "2027-01-01T00:00:00Z"}


@dataclass
class Alerting:
    """Alerting at the bus: counts what it does, and does it when it may."""

    client: Client
    done: list[str] = field(default_factory=list)
    began: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    may_go_on: dict[str, asyncio.Event] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    answering: set[asyncio.Task[None]] = field(default_factory=set)

    def hold(self, reason: str) -> asyncio.Event:
        return self.may_go_on.setdefault(reason, asyncio.Event())

    async def hear(self, request: Msg) -> None:
        """Answers several at once; a service of the bus answers one after the other."""
        task = asyncio.create_task(self._answer(request))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _answer(self, request: Msg) -> None:
        silence = SilenceWanted.decode(request.data).silence
        self.done.append(silence.reason)
        number = len(self.done)
        self.began.put_nowait(silence.reason)
        gate = self.may_go_on.get(silence.reason)
        if gate is not None:
            await asyncio.wait_for(gate.wait(), LIMIT_S)
        if silence.reason in self.refuses:
            refusal = {"Nats-Service-Error-Code": "503", "Nats-Service-Error": "unavailable: not now"}
            await self.client.publish(request.reply, b"", headers=refusal)
            return
        made = silence.model_copy(update={"silence": f"silence-{number}"})
        status = SilenceStatus(silence=made, is_in_force=True, suppressed=0)
        await request.respond(SilenceList(items=(status,)).encode())


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def alerting(gateway: Gateway) -> AsyncIterator[Alerting]:
    peers = gateway.peers
    client = await nats.connect(peers.nats.url, user="alerting", password=peers.credentials.bus["alerting"])
    answering = Alerting(client)
    await client.subscribe(subjects.command("alerting", "silence_add"), cb=answering.hear)
    await client.flush()
    yield answering
    for task in answering.answering:
        task.cancel()
    await client.close()


@dataclass(frozen=True)
class Two:
    """Clients of both, logged in as the same person; `away` may be killed."""

    here: httpx.AsyncClient
    there: httpx.AsyncClient
    away: SecondGateway


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def two(gateway: Gateway, alerting: Alerting) -> AsyncIterator[Two]:
    async with second_gateway(gateway.peers) as away:
        token = await gateway.token()
        async with gateway.client(token) as here, away.client(token) as there:
            yield Two(here, there, away)


async def ask(client: httpx.AsyncClient, key: str, reason: str) -> httpx.Response:
    return await client.post("/silences", json=BODY | {"reason": reason}, headers={"Idempotency-Key": key})


def asking(client: httpx.AsyncClient, key: str, reason: str) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(ask(client, key, reason))


async def begun(alerting: Alerting) -> str:
    return await asyncio.wait_for(alerting.began.get(), LIMIT_S)


@asynccontextmanager
async def database(gateway: Gateway) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(gateway.peers.postgres.url("gateway").replace("+asyncpg", ""))
    try:
        await connection.execute("set search_path = gateway")
        yield connection
    finally:
        await connection.close()


async def grow_old(gateway: Gateway, key: str) -> None:
    """As if the gateway that took it had given no sign of life since."""
    statement = "update idempotency_keys set at = at - make_interval(secs => $1) where key = $2"
    async with database(gateway) as connection:
        assert await connection.execute(statement, float(LOST_S + 1), key) == "UPDATE 1"


async def renewed_at(gateway: Gateway, key: str, moment: datetime) -> None:
    async with database(gateway) as connection, asyncio.timeout(LIMIT_S):
        while await connection.fetchval("select at from idempotency_keys where key = $1", key) != moment:
            await asyncio.sleep(0.01)


async def test_at_the_same_moment_it_is_done_once(two: Two, alerting: Alerting) -> None:
    for number in range(20):
        reason = f"together-{number}"
        answers = await asyncio.gather(*(ask(each, reason, reason) for each in (two.here, two.there) * 2))
        assert {answer.status_code for answer in answers} <= {201, 409}, [answer.text for answer in answers]
        assert alerting.done.count(reason) == 1
        again = [await ask(each, reason, reason) for each in (two.here, two.there)]
        whole = [each for each in answers if each.status_code == 201]
        assert {each.text for each in (*again, *whole)} == {again[0].text}
        assert {each.headers["Idempotency-Replayed"] for each in again} == {"true"}
    while not alerting.began.empty():
        alerting.began.get_nowait()


async def test_while_the_first_is_slow_the_other_says_so(two: Two, alerting: Alerting) -> None:
    go_on = alerting.hold("slow")
    first = asking(two.there, "k-slow", "slow")
    assert await begun(alerting) == "slow"
    same = await ask(two.here, "k-slow", "slow")
    assert (same.status_code, same.json()["code"], same.headers["Retry-After"]) == (409, "idempotency_key_busy", "1")
    other = await ask(two.here, "k-slow", "another body")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_taken")
    go_on.set()
    assert (await first).status_code == 201
    assert (await ask(two.here, "k-slow", "slow")).text == (await first).text
    assert alerting.done.count("slow") == 1
    assert "another body" not in alerting.done


async def test_who_was_taken_for_lost_does_not_free_the_key_of_who_came_after(
    gateway: Gateway, two: Two, alerting: Alerting
) -> None:
    """The first stood still for over a minute (its machine slept), the second took over, the first comes to its end."""
    first_goes_on = alerting.hold("lost")
    first = asking(two.there, "k-lost", "lost")
    assert await begun(alerting) == "lost"
    await grow_old(gateway, "k-lost")
    second_goes_on = alerting.may_go_on["lost"] = asyncio.Event()
    second = asking(two.here, "k-lost", "lost")
    assert await begun(alerting) == "lost"
    alerting.refuses.add("lost")
    first_goes_on.set()
    assert (await first).status_code == 503, "it failed, and would give the key back"
    alerting.refuses.discard("lost")
    third = await asyncio.wait_for(ask(two.there, "k-lost", "lost"), LIMIT_S)
    assert (third.status_code, third.json()["code"]) == (409, "idempotency_key_busy"), "the second has it still"
    second_goes_on.set()
    assert (await second).status_code == 201
    assert (await ask(two.there, "k-lost", "lost")).text == (await second).text
    assert alerting.done.count("lost") == 2, "who stood still and who took over: no third"


async def test_the_answer_of_who_was_taken_for_lost_is_not_the_keys(
    gateway: Gateway, two: Two, alerting: Alerting
) -> None:
    first_goes_on = alerting.hold("late")
    first = asking(two.there, "k-late", "late")
    await begun(alerting)
    await grow_old(gateway, "k-late")
    second_goes_on = alerting.may_go_on["late"] = asyncio.Event()
    second = asking(two.here, "k-late", "late")
    await begun(alerting)
    second_goes_on.set()
    kept = (await second).text
    first_goes_on.set()
    assert (await first).status_code == 201
    assert (await first).text != kept, "it was done twice, and each says what it made"
    again = [await ask(each, "k-late", "late") for each in (two.here, two.there)]
    assert {each.text for each in again} == {kept}, "one key, one answer, whoever is asked and when"


async def test_who_takes_long_and_lives_keeps_the_key(gateway: Gateway) -> None:
    """Its clock is ours to turn; the keys are the database's."""
    clock, keys, go_on = FakeClock(), gateway.rooms.doors.keys, asyncio.Event()
    sent: list[Any] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.wait_for(go_on.wait(), LIMIT_S)
        await Response(b"{}", 201, media_type="application/json")(scope, receive, send)

    async def identity(token: str, *, is_cookie: bool) -> SimpleNamespace:
        return SimpleNamespace(name="patient")

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    rooms = SimpleNamespace(people=SimpleNamespace(clock=clock, identity=identity), doors=SimpleNamespace(keys=keys))
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/sites", "query_string": b"",
        "headers": [(b"idempotency-key", b"k-long"), (b"authorization", b"Bearer x")],
        "app": SimpleNamespace(state=SimpleNamespace(rooms=rooms)),
    }  # fmt: skip
    request = asyncio.create_task(OncePerKey(slow)(scope, receive, send))
    fingerprint = fingerprint_of("/api/v1/sites", b"", b"{}")
    for _ in range(8):
        await renewed_at(gateway, "k-long", clock.now())
        # Whoever else has the key never gets it, although it began longer ago than a lost one may have.
        assert (await keys.claim("patient", "k-long", fingerprint, clock.now()))[0] == "running"
        await clock.advance(RENEWED_EACH_S)
    go_on.set()
    await asyncio.wait_for(request, LIMIT_S)
    assert sent[0]["status"] == 201
    assert (await keys.claim("patient", "k-long", fingerprint, clock.now()))[0] == "same"
    assert 8 * RENEWED_EACH_S > LOST_S


async def test_when_the_first_is_killed_the_key_is_free_after_a_minute(
    gateway: Gateway, two: Two, alerting: Alerting
) -> None:
    go_on = alerting.hold("killed")
    first = asking(two.there, "k-killed", "killed")
    assert await begun(alerting) == "killed"
    await two.away.kill()
    with pytest.raises(httpx.TransportError):
        await first
    busy = await ask(two.here, "k-killed", "killed")
    assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_key_busy")
    await grow_old(gateway, "k-killed")
    go_on.set()
    assert (await ask(two.here, "k-killed", "killed")).status_code == 201
    again = await ask(two.here, "k-killed", "killed")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
