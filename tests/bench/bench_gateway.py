"""What event streams and live views cost the gateway, and what they do to everybody else.

A gateway with its bus, its database and ingest, on simulated cameras (1080p25, 4 Mbit/s); clients that only read and
count (`light_clients`) are a process beside them. First nobody listens, then the event streams, then the views as well,
while facts are published at a steady rate and REST requests go on; each step is measured in three windows. At last
some viewers who read slowly come and go, window about, and the others' lateness is compared.

    python -m tests.bench.bench_gateway --cameras 31 --listeners 500 --viewers 200 --seconds 8

Everything shares the cores of one machine. Where it cannot keep up (the row says so: gateway near 100 % of a core, or
the machine busy), fewer viewers, `--pictures grouped` or fewer listeners say what it bears.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from shared.messages.alerting import AlertRaised
from tests.bench.bench_ingest import PASSWORD, USER, simulator
from tests.bench.gateway_plant import ClientProcess, GatewayPlant, client_process, gateway_plant
from tests.bench.light_clients import cuts, now_us
from tests.bench.process_cost import cost_of, resident_mb
from tests.bench.rows import row, say

WINDOWS = 3
PEOPLE = 10
SETTLE_S = 4.0
ONLINE_LIMIT_S = 60.0
REST_PER_S = 20.0
SLOW_BYTES_PER_S = 60_000
# = a whole GOP of a camera and some more: a slow viewer must lose GOPs while it is measured
QUEUE_S = "1.5"
_PERSON_PASSWORD = "measured with this one"
_ASKED = ("/sessions/current", "/cameras", "/cameras/bench-1", "/sites", "/audit?limit=20")


@dataclass(slots=True)
class Step:
    """Samples of one step, one for each window."""

    cpu_percent: list[float] = field(default_factory=list)
    memory_mb: float = 0.0
    machine_percent: list[float] = field(default_factory=list)
    rest_ms: list[float] = field(default_factory=list)
    clients: list[dict[str, Any]] = field(default_factory=list)
    gops_lost: list[int] = field(default_factory=list)


async def people(plant: GatewayPlant, admin: httpx.AsyncClient) -> list[str]:
    """Tokens of some viewers."""
    tokens = []
    for number in range(PEOPLE):
        name = f"viewer-{number}"
        body = {"name": name, "password": _PERSON_PASSWORD, "roles": ["viewer"]}
        answer = await admin.post("/accounts", json=body)
        assert answer.status_code == 201, answer.text
        tokens.append(await plant.token(name, _PERSON_PASSWORD))
    return tokens


async def register(admin: httpx.AsyncClient, urls: list[str]) -> None:
    """Cameras bench-1, bench-2, ... of one school, all online."""
    await admin.post("/sites", json={"id": "bench", "name": "Bench"})
    for number, url in enumerate(urls, 1):
        main = {"url": url, "transport": "tcp"}
        body = {"id": f"bench-{number}", "site": "bench", "name": f"Bench {number}", "main": main}
        answer = await admin.post("/cameras", json=body | {"username": USER, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
    async with asyncio.timeout(ONLINE_LIMIT_S):
        while True:
            items = (await admin.get("/cameras", params={"limit": 200})).json()["items"]
            if all((one.get("state") or {}).get("condition") == "online" for one in items):
                return
            await asyncio.sleep(0.5)


@asynccontextmanager
async def facts(plant: GatewayPlant, per_s: float) -> AsyncIterator[None]:
    """Alerts at a steady rate, each with the moment of its publishing."""

    async def publish() -> None:
        async with plant.bus("alerting") as bus:
            number = 0
            while True:
                number += 1
                await bus.publish_fact(
                    AlertRaised(site="bench", camera="bench-1", alert=f"e{number}", rule="no_mask", at_us=now_us())
                )
                await asyncio.sleep(1 / per_s)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ask(http: httpx.AsyncClient, until: float, took_ms: list[float]) -> None:
    """Requests one after the other, at a steady rate."""
    number = 0
    while time.monotonic() < until:
        began = time.monotonic()
        answer = await http.get(_ASKED[number % len(_ASKED)])
        took_ms.append((time.monotonic() - began) * 1000)
        assert answer.status_code == 200, answer.text
        number += 1
        await asyncio.sleep(max(0.0, 1 / REST_PER_S - (time.monotonic() - began)))


def machine_s() -> tuple[float, float]:
    """Busy and all seconds of all cores so far."""
    fields = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return float(sum(fields) - fields[3] - fields[4]), float(sum(fields))


async def window(
    plant: GatewayPlant, clients: ClientProcess, admin: httpx.AsyncClient, seconds: float, to: Step
) -> None:
    pid = plant.pids["gateway"]
    before, busy = cost_of([pid]), machine_s()
    asking = asyncio.create_task(ask(admin, time.monotonic() + seconds, to.rest_ms))
    to.clients.append(await clients.do("window", seconds=seconds))
    to.cpu_percent.append(cost_of([pid]).percent_since(before))
    now = machine_s()
    to.machine_percent.append(100 * (now[0] - busy[0]) / (now[1] - busy[1]))
    await asking
    to.memory_mb = max(to.memory_mb, resident_mb(pid))


async def measure(options: argparse.Namespace) -> dict[str, Step]:
    env = {"BK_LIVE_VIEWERS_OF_PERSON": "1000", "BK_REQUESTS_OF_ADDRESS": "0", "BK_LIVE_QUEUE_S": QUEUE_S}
    steps = {name: Step() for name in ("nobody", "listeners", "views", "without slow", "with slow")}
    with TemporaryDirectory() as name:
        async with (
            simulator(options.cameras, 1, Path(name)) as (urls, _),
            gateway_plant(env) as plant,
            plant.api(await plant.token()) as admin,
            client_process(plant.url) as clients,
        ):
            await register(admin, urls)
            tokens = await people(plant, admin)
            seconds = options.seconds
            async with facts(plant, options.facts):
                for _ in range(WINDOWS):
                    await window(plant, clients, admin, seconds / 2, steps["nobody"])
                await clients.do("listen", count=options.listeners, tokens=tokens)
                await asyncio.sleep(SETTLE_S)
                if not (await clients.do("window", seconds=1.0))["events"]:
                    raise SystemExit("no event reached a client: there is nothing to measure")
                for _ in range(WINDOWS):
                    await window(plant, clients, admin, seconds, steps["listeners"])
                await clients.do("view", views=views(options, options.viewers, tokens))
                await asyncio.sleep(SETTLE_S)
                for _ in range(WINDOWS):
                    await window(plant, clients, admin, seconds, steps["views"])
                for _ in range(WINDOWS):
                    await window(plant, clients, admin, seconds, steps["without slow"])
                    slow = views(options, options.slow, tokens)
                    await clients.do("view", views=slow, bytes_per_s=SLOW_BYTES_PER_S)
                    await asyncio.sleep(SETTLE_S)
                    await window(plant, clients, admin, seconds, steps["with slow"])
                    await clients.do("end slow")
                    await asyncio.sleep(1.0)
                    # The gateway counts what a viewer lost when its view ends.
                    lost = await plant.metric("live_gops_skipped_total")
                    steps["with slow"].gops_lost.append(int(lost))
    return steps


def views(options: argparse.Namespace, count: int, tokens: list[str]) -> list[tuple[str, str]]:
    """Spread over cameras and people."""
    query = f"?pictures={options.pictures}"
    return [
        (f"/api/v1/cameras/bench-{number % options.cameras + 1}/live{query}", tokens[number % len(tokens)])
        for number in range(count)
    ]


def median_of(step: Step, *path: str) -> list[float]:
    """One value of each window, at a path in what the clients told."""
    found = []
    for told in step.clients:
        value: Any = told
        for part in path:
            value = value[part] if value else None
        found.append(float("nan") if value is None else float(value))
    return found


def report(options: argparse.Namespace, steps: dict[str, Step]) -> None:
    nobody, listeners, seen = steps["nobody"], steps["listeners"], steps["views"]
    last = seen.clients[-1]
    conditions: dict[str, Any] = {
        "cameras": options.cameras,
        "listeners": last["listening"],
        "streams_ended": last["streams_ended"],
        "viewers": last["views"]["opened"],
        "viewers_refused": last["views"]["refused"],
        "views_ended": last["views"]["ended"],
        "pictures": options.pictures,
        "facts_per_s": options.facts,
        "rest_per_s": REST_PER_S,
        "windows": f"{WINDOWS} x {options.seconds} s",
        "cores": os.cpu_count(),
    }

    def busy(step: Step) -> dict[str, Any]:
        return conditions | {
            "gateway_percent": [round(each, 1) for each in step.cpu_percent],
            "machine_percent": [round(each, 1) for each in step.machine_percent],
            "clients_percent": [each["cpu_percent"] for each in step.clients],
        }

    def one(name: str, samples: list[float], unit: str, step: Step, digits: int = 3) -> dict[str, Any]:
        return row(name, samples, None, unit, is_higher_better=False, conditions=busy(step), digits=digits)

    base = sorted(nobody.cpu_percent)[WINDOWS // 2]
    heard = sorted(listeners.cpu_percent)[WINDOWS // 2]
    rows = [
        one("gateway CPU, nobody there", nobody.cpu_percent, "% of a core", nobody, 1),
        one(
            "gateway CPU per event stream",
            [(each - base) / options.listeners for each in listeners.cpu_percent],
            "% of a core",
            listeners,
        ),
        one(
            "gateway memory per event stream",
            [1000 * (listeners.memory_mb - nobody.memory_mb) / options.listeners],
            "kB",
            listeners,
            0,
        ),
        one("event push p50, streams alone", median_of(listeners, "pushed_ms", "p50"), "ms", listeners, 1),
        one("event push p95, streams alone", median_of(listeners, "pushed_ms", "p95"), "ms", listeners, 1),
        one(
            "gateway CPU per view",
            [(each - heard) / options.viewers for each in seen.cpu_percent],
            "% of a core",
            seen,
        ),
        one(
            "gateway memory per view", [1000 * (seen.memory_mb - listeners.memory_mb) / options.viewers], "kB", seen, 0
        ),
        one("video sent", [each / 1e6 * 8 for each in per_s(seen, "bytes")], "Mbit/s", seen, 0),
        one("event push p50, with the views", median_of(seen, "pushed_ms", "p50"), "ms", seen, 1),
        one("event push p95, with the views", median_of(seen, "pushed_ms", "p95"), "ms", seen, 1),
    ]
    for step, when in ((nobody, "nobody there"), (listeners, "streams alone"), (seen, "with the views")):
        found = cuts(step.rest_ms) or {}
        for cut in ("p50", "p99"):
            rows.append(one(f"REST {cut}, {when}", [found[cut]], "ms", step, 1))
    rows += beside_slow_ones(options, steps, busy(steps["with slow"]))
    samples = {
        name: {"cpu": step.cpu_percent, "memory_mb": step.memory_mb, "clients": step.clients, "rest_ms": step.rest_ms}
        for name, step in steps.items()
    }
    say(rows, samples, "gateway")


def beside_slow_ones(
    options: argparse.Namespace, steps: dict[str, Step], conditions: dict[str, Any]
) -> list[dict[str, Any]]:
    """How late pictures are for the others, with and without them."""
    without, with_them = steps["without slow"], steps["with slow"]
    told = conditions | {
        "slow_viewers": options.slow,
        "slow_bytes_per_s": SLOW_BYTES_PER_S,
        "gops_slow_ones_lost_so_far": with_them.gops_lost,
        "gops_others_lost": [each["views"]["skipped"] for each in with_them.clients],
        "gops_lost_without": [each["views"]["skipped"] for each in without.clients],
        "peer": "the same without slow viewers",
    }
    rows = []
    for cut in ("p50", "p95", "p99"):
        ours, peer = median_of(with_them, "views", "late_ms", cut), median_of(without, "views", "late_ms", cut)
        name = f"picture late by, {cut}, beside slow viewers"
        rows.append(row(name, ours, peer, "ms", is_higher_better=False, conditions=told, digits=1))
    return rows


def per_s(step: Step, what: str) -> list[float]:
    return [told["views"][what] / told["seconds"] for told in step.clients]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--slow", type=int, default=5, help="viewers that read slowly")
    parser.add_argument("--facts", type=float, default=5.0, help="facts a second")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a window")
    parser.add_argument("--pictures", choices=("each", "grouped"), default="each")
    options = parser.parse_args()
    report(options, asyncio.run(measure(options)))


if __name__ == "__main__":
    main()
