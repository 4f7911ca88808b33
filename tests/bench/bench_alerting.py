"""From a picture in front of a camera to a person's screen: canary violations through the whole system.

`bk up` with simulated cameras, all of them pulled, recorded and analysed. Of the demo's kitchens the cooking one shows
somebody without a mask: its cameras are the canaries, looked at once a second. The others are looked at as often as the
processor of this machine leaves room for, and the row says how often. Every few seconds a rule of its own is put in
force for the canaries (3 of 5 looks within 2 s); each of them raises an alert, which a client of the API's event
stream hears. Every hop stamps the alert, so each part of the way is a row. Its last part is measured by the client's
clock, which is the same machine's.

Then one alert is followed until its proof is there: picture, clip and facts, fetched and ruled again.

    python -m tests.bench.bench_alerting --cameras 31 --seconds 120
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import httpx

from shared.simulator.demo_cast import SCENES
from tests.bench.rows import RESULTS, row, say
from tests.e2e.live_client import Api
from tests.stack import Stack

# = kitchens of the demo, in turn; the first one shows somebody without a mask
KITCHENS = len(SCENES)
CANARIES = 6
EVERY_S = 6.0
WARM_UP_S = 25
PROOF_LIMIT_S = 150
_PARTS = (
    ("captured", "received"),
    ("received", "heard"),
    ("heard", "decoded"),
    ("decoded", "inferred"),
    ("inferred", "ruled"),
    ("ruled", "client"),
    ("captured", "client"),
)


def canaries(cameras: int) -> list[str]:
    return [f"demo-{number}" for number in range(1, cameras + 1, KITCHENS)][:CANARIES]


def canary_rule(number: int, cameras: list[str]) -> dict[str, Any]:
    """Once: it is over when nobody is bare any more, and does not open again while the bench lasts."""
    return {
        "rule": f"canary-{number}",
        "version": 1,
        "title": {"zh-CN": "金丝雀", "en": "Canary"},
        "watched": {"kind": "attribute_absent", "name": "mask"},
        "where": {"cameras": cameras},
        "condition": {"broken": 3, "looked": 5, "seconds": 2.0, "score": 0.6, "height": 0.02},
        "risk": 3,
        "over_after_s": 600,
        "reopen_s": 3600,
    }


async def listen(stack: Stack, token: str, heard: list[tuple[int, dict[str, Any]]]) -> None:
    """A client of the API, as a console is one."""
    headers = {"Authorization": f"Bearer {token}"}
    asked = {"name": "alert_raised"}
    async with (
        httpx.AsyncClient(base_url=f"{stack.url}/api/v1", headers=headers, trust_env=False) as client,
        client.stream("GET", "/events", params=asked, timeout=None) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: {") and '"alert"' in line:
                heard.append((time.time_ns() // 1000, json.loads(line[6:])))


def stamps(at_us: int, fact: dict[str, Any]) -> dict[str, int]:
    hops = fact["hops"]
    names = ("captured", "received", "heard", "decoded", "inferred")
    return {name: hops[f"{name}_us"] for name in names} | {
        "ruled": fact["ruled_us"], "stored": fact["stored_us"], "client": at_us,
    }  # fmt: skip


def looked_at(api: Api, cameras: int, rate_hz: float) -> None:
    """Canaries once a second, the others as often as there is room."""
    chosen = canaries(cameras)
    for number in range(1, cameras + 1):
        name = f"demo-{number}"
        plan = {"rate_hz": 1.0 if name in chosen else rate_hz, "may_repeat": True}
        answer = api.http.patch(f"/cameras/{name}", json={"analysis": plan})
        assert answer.status_code == 200, answer.text


async def measure(stack: Stack, api: Api, cameras: int, seconds: int) -> list[dict[str, int]]:
    heard: list[tuple[int, dict[str, Any]]] = []
    client = asyncio.create_task(listen(stack, api.token, heard))
    await asyncio.sleep(WARM_UP_S)
    began, number, put = time.monotonic(), 0, 0
    while time.monotonic() - began < seconds:
        number += 1
        answer = await asyncio.to_thread(
            api.http.put, f"/rules/canary-{number}", json=canary_rule(number, canaries(cameras))
        )
        assert answer.status_code in (200, 201), answer.text
        put += 1
        await asyncio.sleep(EVERY_S)
    await asyncio.sleep(8)
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    found = [stamps(at_us, fact) for at_us, fact in heard if fact["rule"].startswith("canary-")]
    sys.stderr.write(f"{put} rules, {len(found)} of {put * len(canaries(cameras))} alerts\n")
    return found


def rows_of(found: list[dict[str, int]], conditions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for since, until in _PARTS:
        times = sorted((one[until] - one[since]) / 1000 for one in found)
        cuts = statistics.quantiles(times, n=100)
        more = {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "p99_ms": round(cuts[98], 1)}
        yield row(
            f"{since} to {until}", times, None, "ms", is_higher_better=False, conditions=conditions | more, digits=1
        )


def proof(stack: Stack, api: Api) -> dict[str, Any]:
    """One alert until it is proved; then fetched and ruled again as people do."""
    newest = api.http.get("/alerts", params={"limit": 50}).json()["items"]
    alert = next(one for one in newest if one["rule"].startswith("canary-"))
    began = time.monotonic()
    while (shown := api.http.get(f"/alerts/{alert['id']}").json())["proof"]["state"] == "waiting":
        assert time.monotonic() - began < PROOF_LIMIT_S, shown["proof"]
        time.sleep(0.5)
    ready_s = round(time.time() - alert_s(shown["raised_at"]), 1)
    picture = api.http.get(f"/alerts/{alert['id']}/picture.jpg")
    clip = api.http.get(f"/alerts/{alert['id']}/clip.mp4")
    replay = stack.bk("alerts", "replay", alert["id"], "--json")
    again = stack.bk("alerts", "replay", alert["id"], "--model", "--json")
    sys.stderr.write(f"{json.dumps(shown['proof'])}\n{stack.bk('alerts', 'replay', alert['id']).stdout}\n")
    made = shown["proof"]["clip"] or {}
    return {
        "proof_state": shown["proof"]["state"],
        "ready_s": ready_s,
        "picture": picture.status_code, "picture_bytes": len(picture.content),
        "clip": clip.status_code, "clip_bytes": len(clip.content),
        "clip_seconds": round(alert_s(made["end"]) - alert_s(made["start"]), 2) if made else None,
        "facts": shown["proof"]["facts"],
        "replay_exit": replay.returncode, "verdict": json.loads(replay.stdout or "{}").get("verdict"),
        "model_again_exit": again.returncode, "model_again": json.loads(again.stdout or "{}").get("verdict"),
    }  # fmt: skip


def alert_s(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--rate", type=float, default=0.05, help="looks a second at a camera that is no canary")
    options = parser.parse_args()
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    stack = Stack(
        folder / "data",
        demo=options.cameras,
        env={"BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(RESULTS / "footage"))},
    )
    stack.start()
    try:
        api = Api(stack.url, stack.admin_password)
        looked_at(api, options.cameras, options.rate)
        found = asyncio.run(measure(stack, api, options.cameras, options.seconds))
        load = os.getloadavg()[0]
        conditions = {
            "cameras": options.cameras, "canaries": len(canaries(options.cameras)), "alerts": len(found),
            "others_looked_at_hz": options.rate, "held_on_purpose_ms": 1000, "cores": os.cpu_count(),
            "load_average": round(load, 1),
        }  # fmt: skip
        rows = list(rows_of(found, conditions))
        proved = proof(stack, api)
        rows.append(
            row("alert to its proof", [proved["ready_s"]], None, "s", is_higher_better=False, conditions=proved)
        )
        say(rows, {"stamps": found}, "alerting")
        api.close()
    finally:
        stack.stop()
        rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
