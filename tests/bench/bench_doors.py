"""What the gateway's one door bears: long lists on a thin network, and many people who log in at once.

    python -m tests.bench.bench_doors --what lists|console|logins

lists: all of 1,000 cameras, two pages of 500, as they are and compressed: bytes on the wire, time at the gateway, its
CPU. console: what a browser fetches before the first page stands, in each encoding. logins: so many log-ins at once
from 100 addresses, while somebody who is logged in asks for a page of cameras every 100 ms; that one's times alone,
during and after, and what became of the others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from typing import Any

import httpx

from tests.bench.gateway_plant import LIMIT_S, GatewayPlant, gateway_plant
from tests.bench.process_cost import cost_of
from tests.bench.rows import row, say

CAMERAS = 1000
ROUNDS = 15
ADDRESSES = 100
PEOPLE = 20
ASKED_EACH_S = 0.1
_AT_ONCE = 8
_PASSWORD = "measured with this one"
_NAMED = re.compile(r'(?:src|href)="(/[^"]+)"')


async def register(admin: httpx.AsyncClient, count: int) -> None:
    """So many cameras of schools with ten each; none is there, none is looked for."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def add(path: str, body: dict[str, Any]) -> None:
        async with gate:
            answer = await admin.post(path, json=body)
            assert answer.status_code == 201, answer.text

    schools = [{"id": f"s{n}", "name": f"第{n}实验小学", "kind": "primary"} for n in range(count // 10)]
    await asyncio.gather(*(add("/sites", each) for each in schools))
    cameras = [
        {
            "id": f"c{n}",
            "site": f"s{n // 10}",
            "name": f"{n % 10} 号灶台",
            "main": {"url": f"rtsp://10.0.{n // 250}.9/1"},
        }
        for n in range(count)
    ]
    await asyncio.gather(*(add("/cameras", each | {"is_enabled": False}) for each in cameras))


async def all_cameras(http: httpx.AsyncClient, encoding: str) -> tuple[int, int]:
    """Bytes on the wire, and bytes of JSON."""
    wire, whole, cursor = 0, 0, None
    while True:
        asked = {"limit": 500} | ({"cursor": cursor} if cursor else {})
        answer = await http.get("/cameras", params=asked, headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200, answer.text
        wire, whole, cursor = (
            wire + answer.num_bytes_downloaded,
            whole + len(answer.content),
            answer.json()["next_cursor"],
        )
        if cursor is None:
            return wire, whole


async def lists(plant: GatewayPlant, admin: httpx.AsyncClient) -> None:
    await register(admin, CAMERAS)
    took: dict[str, list[float]] = {"identity": [], "gzip": []}
    cpu: dict[str, list[float]] = {"identity": [], "gzip": []}
    wire: dict[str, int] = {}
    for number in range(ROUNDS + 2):
        for encoding in took:
            before, began = cost_of([plant.pids["gateway"]]), time.monotonic()
            wire[encoding], _ = await all_cameras(admin, encoding)
            if number >= 2:  # the first ones open connections
                took[encoding].append((time.monotonic() - began) * 1000)
                cpu[encoding].append((cost_of([plant.pids["gateway"]]).cpu_s - before.cpu_s) * 1000)
    says = {"cameras": CAMERAS, "pages": 2, "rounds": ROUNDS, "peer": "Accept-Encoding: identity"}
    found = [
        ("all cameras, bytes on the wire", [float(wire["gzip"])], [float(wire["identity"])], "bytes"),
        ("all cameras, time on loopback", took["gzip"], took["identity"], "ms"),
        ("all cameras, CPU of the gateway", cpu["gzip"], cpu["identity"], "ms"),
    ]
    rows = [
        row(name, ours, peer, unit, is_higher_better=False, conditions=says, digits=1)
        for name, ours, peer, unit in found
    ]
    say(rows, {"took_ms": took, "cpu_ms": cpu}, "doors")


async def console(plant: GatewayPlant) -> None:
    """index.html and what it names, scripts with what they import at once."""
    rows = []
    sent: dict[str, int] = {}
    async with httpx.AsyncClient(base_url=plant.url, trust_env=False) as http:
        for encoding in ("identity", "gzip", "br"):
            headers = {"Accept-Encoding": encoding}
            page = await http.get("/", headers=headers)
            names = sorted(set(_NAMED.findall(page.text)))
            sent[encoding] = page.num_bytes_downloaded
            for name in names:
                async with http.stream("GET", name, headers=headers) as answer:
                    assert answer.status_code == 200, name
                    sent[encoding] += sum([len(piece) async for piece in answer.aiter_raw()])
            says = {"files": 1 + len(names), "encoding": encoding, "peer": "identity"}
            ours, peer = [float(sent[encoding])], [float(sent["identity"])]
            rows.append(row("console, first load", ours, peer, "bytes", is_higher_better=False, conditions=says))
    say(rows, {}, "doors")


async def people(admin: httpx.AsyncClient) -> None:
    for number in range(PEOPLE):
        body = {"name": f"viewer-{number}", "password": _PASSWORD, "roles": ["viewer"]}
        answer = await admin.post("/accounts", json=body)
        assert answer.status_code == 201, answer.text


def from_address(url: str, number: int) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number % ADDRESSES + 1}", trust_env=False)
    return httpx.AsyncClient(base_url=f"{url}/api/v1", transport=transport, timeout=LIMIT_S)


async def log_in(http: httpx.AsyncClient, number: int, ended: list[tuple[int, float]]) -> None:
    began = time.monotonic()
    body = {"name": f"viewer-{number % PEOPLE}", "password": _PASSWORD}
    answer = await http.post("/sessions", json=body)
    ended.append((answer.status_code, time.monotonic() - began))
    if answer.status_code in (429, 503):
        assert answer.headers["Retry-After"], "when to come again must be said"


async def storm(url: str, count: int) -> None:
    """A process of its own, so that what it costs is not taken for what the gateway does. Prints what it was told."""
    clients = [from_address(url, number) for number in range(ADDRESSES)]
    ended: list[tuple[int, float]] = []
    await asyncio.gather(*(log_in(clients[n % ADDRESSES], n, ended) for n in range(count)))
    await asyncio.gather(*(each.aclose() for each in clients))
    print(json.dumps(ended))


async def storm_process(url: str, count: int) -> list[tuple[int, float]]:
    argv = [sys.executable, "-m", "tests.bench.bench_doors", "--storm", url, "--count", str(count)]
    child = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    told, _ = await child.communicate()
    return [(status, seconds) for status, seconds in json.loads(told)]


async def asked_while(
    admin: httpx.AsyncClient, work: asyncio.Task[Any] | None, least_s: float
) -> list[tuple[int, float]]:
    """A page of cameras every 100 ms until that work is over; status and ms of each."""
    found: list[tuple[int, float]] = []
    going: set[asyncio.Task[None]] = set()

    async def ask() -> None:
        began = time.monotonic()
        answer = await admin.get("/cameras", params={"limit": 50})
        found.append((answer.status_code, (time.monotonic() - began) * 1000))

    until = time.monotonic() + least_s
    while time.monotonic() < until or (work is not None and not work.done()):
        going.add(asyncio.create_task(ask()))
        await asyncio.sleep(ASKED_EACH_S)
    await asyncio.gather(*going)
    if work is not None:
        await work
    return found


def p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[18]


async def logins(plant: GatewayPlant, admin: httpx.AsyncClient, count: int) -> None:
    await register(admin, 50)
    await people(admin)
    alone = await asked_while(admin, None, 5.0)
    began = time.monotonic()
    storming = asyncio.create_task(storm_process(plant.url, count))
    during = await asked_while(admin, storming, 1.0)
    lasted_s = time.monotonic() - began
    ended = storming.result()
    says = {
        "log_ins": count,
        "addresses": ADDRESSES,
        "answered": dict(Counter(status for status, _ in ended)),
        "lasted_s": round(lasted_s, 1),
        "let_in_after_s_max": round(max((s for status, s in ended if status == 201), default=0.0), 1),
        "refused_after_s_max": round(max((s for status, s in ended if status != 201), default=0.0), 1),
        "others_answered": dict(Counter(status for status, _ in during)),
        "peer": "nobody logs in",
    }
    rows = []
    for name, cut in (("p50", statistics.median), ("p95", p95), ("max", max)):
        ours, peer = cut([ms for _, ms in during]), cut([ms for _, ms in alone])
        rows.append(
            row(f"a page of cameras, {name}, beside log-ins", [ours], [peer], "ms", is_higher_better=False,
                conditions=says, digits=1)
        )  # fmt: skip
    say(rows, {"during": during, "alone": alone, "log_ins": ended}, "doors")


async def measure(options: argparse.Namespace) -> None:
    env = {"BK_REQUESTS_OF_ADDRESS": "0", "BK_REQUESTS_OF_ACCOUNT": "0"}
    async with gateway_plant(env) as plant, plant.api(await plant.token()) as admin:
        if options.what == "lists":
            await lists(plant, admin)
        elif options.what == "console":
            await console(plant)
        else:
            await logins(plant, admin, options.count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=("lists", "console", "logins"), default="lists")
    parser.add_argument("--count", type=int, default=300, help="log-ins at once")
    parser.add_argument("--storm", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    asyncio.run(storm(options.storm, options.count) if options.storm else measure(options))


if __name__ == "__main__":
    main()
