"""Clients of the event stream that come back by themselves, and facts to check them with.

Facts of two services (`alert_raised` of alerting, `camera_drifted` of ingest) are published with numbers, about a school
that nobody registered, so that nothing else acts on them. Each client notes the numbers it hears. Whatever happens to
the gateway in between, in the end each has every number of each service once, in order.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.messages.alerting import AlertRaised
from shared.messages.ingest import CameraDrifted
from shared.subjects import SERVICES
from tests.bench.light_clients import EventClient, now_us
from tests.e2e.live_client import Api
from tests.stack import Stack

SITE = "resume-proof"
LIMIT_S = 60.0
_RETRY_S = 0.3
_NAMES = (b"alert_raised", b"camera_drifted")


@dataclass(slots=True)
class Resuming:
    """One client. `heard`: numbers by the fact's name; `lives`: streams that began; `is_on` while one goes on."""

    heard: dict[bytes, list[int]] = field(default_factory=lambda: {name: [] for name in _NAMES})
    place: bytes = b""
    lives: int = 0
    is_on: bool = False
    resets: int = 0

    async def run(self, url: str, token: str, query: str) -> None:
        """Until it is cancelled."""
        where = urlsplit(url)
        while True:
            ended = asyncio.Event()
            head = f"GET /api/v1/events?{query} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n"
            last = b"Last-Event-ID: " + self.place + b"\r\n" if self.place else b""
            request = head.encode() + last + b"\r\n"
            client = EventClient(request, self._hear, lambda how, ended=ended: ended.set())
            try:
                transport, _ = await asyncio.get_running_loop().create_connection(
                    lambda client=client: client,
                    where.hostname,
                    where.port,  # type: ignore[misc]
                )
            except OSError:
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                await self._until_over(client, ended)
            finally:
                transport.abort()
                self.is_on = False
            await asyncio.sleep(_RETRY_S)

    async def _until_over(self, client: EventClient, ended: asyncio.Event) -> None:
        """A refusal keeps its connection open: one looks again whether it is one."""
        while not ended.is_set():
            try:
                async with asyncio.timeout(_RETRY_S):
                    await ended.wait()
            except TimeoutError:
                if client.status not in (0, 200):
                    return

    def _hear(self, id: bytes, name: bytes, data: bytes) -> None:
        if id:
            self.place = id
        if name == b"hello":
            self.lives += 1
            self.is_on = True
        elif name == b"reset":
            self.resets += 1
        elif name == b"alert_raised":
            self.heard[name].append(AlertRaised.decode(data).ruled_us or 0)
        elif name == b"camera_drifted":
            self.heard[name].append(int(CameraDrifted.decode(data).drift_s))


@dataclass(slots=True)
class Said:
    """How many facts of each kind were published."""

    count: int = 0

    async def publish(self, alerting: Bus, ingest: Bus) -> None:
        """The next number, of both services."""
        number = self.count + 1
        at_us = now_us()
        await alerting.publish_fact(
            AlertRaised(site=SITE, camera="c", alert=f"e{number}", rule="no_mask", at_us=at_us, ruled_us=number)
        )
        await ingest.publish_fact(CameraDrifted(site=SITE, camera="c", at_us=at_us, drift_s=number))
        self.count = number


@dataclass(frozen=True, slots=True)
class Verdict:
    """Over all clients: numbers that never came, that came twice, that came out of order."""

    lost: int
    doubled: int
    disordered: int
    resets: int

    @property
    def is_proven(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.resets)


def verdict(clients: Sequence[Resuming], said: Said) -> Verdict:
    lost = doubled = disordered = 0
    for client in clients:
        for heard in client.heard.values():
            lost += len(set(range(1, said.count + 1)).difference(heard))
            doubled += len(heard) - len(set(heard))
            disordered += sum(later < earlier for earlier, later in itertools.pairwise(heard))
    return Verdict(lost, doubled, disordered, sum(client.resets for client in clients))


async def resume_through(
    stack: Stack, api: Api, *, clients: int, kills: int, per_s: float, between_s: float
) -> dict[str, Any]:
    """Kill the stack's gateway so often while facts are said; returns what was found, `is_proven` among it.

    Every fifth client listens to everything of the school, the others to the two kinds by name.
    """
    said, stop = Said(), asyncio.Event()
    mine = [Resuming() for _ in range(clients)]
    queries = [f"site={SITE}" + "&name=alert_raised&name=camera_drifted" * bool(n % 5) for n in range(clients)]
    running = [
        asyncio.create_task(each.run(stack.url, api.token, query)) for each, query in zip(mine, queries, strict=True)
    ]
    alerting, ingest = [await _bus(stack, name) for name in ("alerting", "ingest")]

    async def speak() -> None:
        while not stop.is_set():
            await said.publish(alerting, ingest)
            await asyncio.sleep(1 / per_s)

    back_s: list[float] = []
    try:
        await _until(lambda: all(each.is_on for each in mine), "all clients listen")
        speaking = asyncio.create_task(speak())
        for _ in range(kills):
            await asyncio.sleep(between_s)
            lives = [each.lives for each in mine]
            os.kill(stack.pid_of("gateway"), signal.SIGKILL)
            killed_at = time.monotonic()
            await _until(
                lambda lives=lives: all(each.lives > before for each, before in zip(mine, lives, strict=True)),  # type: ignore[misc]
                "all clients are back",
            )
            back_s.append(round(time.monotonic() - killed_at, 2))
        await asyncio.sleep(between_s)
        stop.set()
        await speaking
        await _settle(lambda: verdict(mine, said).lost == 0)
    finally:
        stop.set()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for bus in (alerting, ingest):
            await bus.close()
    found = verdict(mine, said)
    return {
        "clients": clients,
        "kills": kills,
        "facts": 2 * said.count,
        "facts_per_s": 2 * per_s,
        "all_back_after_s": back_s,
        "lost": found.lost,
        "doubled": found.doubled,
        "out_of_order": found.disordered,
        "resets": found.resets,
        "is_proven": found.is_proven and said.count > 0,
    }


async def _bus(stack: Stack, user: str) -> Bus:
    port = json.loads((stack.data / "ports.json").read_text())["nats"]
    password = Credentials.load_or_create(stack.data / "secrets.json", SERVICES).bus[user]
    return await Bus.connect(f"nats://{HOST}:{port}", name=f"proof {user}", user=user, password=password)


async def _until(is_so: Callable[[], bool], what: str) -> None:
    try:
        await _wait(is_so)
    except TimeoutError:
        raise AssertionError(f"not within {LIMIT_S:.0f} s: {what}") from None


async def _settle(is_so: Callable[[], bool]) -> None:
    """What has not come by then counts as lost."""
    try:
        await _wait(is_so)
    except TimeoutError:
        return


async def _wait(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0.05)
