"""What one more camera costs a broadcast, and how far apart its cameras begin.

One microphone (Opus) to one camera, then to all of them, by turns, each for so long; CPU of the intercom and of the bus
as the kernel accounts them. Starts are read from what the cameras heard: a press of a prepared broadcast, and one that
was not prepared.

    python -m tests.bench.bench_broadcast --cameras 31 --seconds 12
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from dataclasses import dataclass, field
from typing import Any

from tests.bench.broadcast_district import District, cost_while, district, end, until_decided
from tests.bench.rows import row, say

ROUNDS = 3


@dataclass
class Samples:
    """One list a figure, one entry a round."""

    few: list[dict[str, float]] = field(default_factory=list)
    many: list[dict[str, float]] = field(default_factory=list)
    spread_ms: list[float] = field(default_factory=list)
    cold_spread_ms: list[float] = field(default_factory=list)
    press_ms: list[float] = field(default_factory=list)
    cold_ms: list[float] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)


async def measure(cameras: int, seconds: float) -> Samples:
    samples = Samples()
    async with district(cameras) as found:
        pids = found.pids()
        for _ in range(ROUNDS):
            samples.few.append(await speak(found, found.cameras[:1], seconds, pids, Samples()))
            samples.many.append(await speak(found, found.cameras, seconds, pids, samples))
            await speak_cold(found, samples)
    return samples


async def speak(found: District, cameras: Any, seconds: float, pids: dict[str, int], into: Samples) -> dict[str, float]:
    """A prepared broadcast, pressed; returns what it cost while it lasted."""
    who = found.broadcaster()
    opened = await who.speak({"cameras": list(cameras)}, prepare=True)
    assert opened.status_code == 201, opened.text
    await until_decided(who)
    pressed_s = time.time()
    assert (await who.press()).status_code == 200
    await asyncio.sleep(2)
    cost = await cost_while(pids, seconds)
    sounds = found.first_sounds_ms(pressed_s)
    into.spread_ms.append(sounds[-1] - sounds[0])
    into.press_ms.append(sounds[len(sounds) // 2])
    ended = await end(who)
    into.heard.append(ended["counts"].get("heard", 0))
    assert len(sounds) == len(cameras), f"{len(sounds)} of {len(cameras)} heard it"
    await asyncio.sleep(2)
    return cost


async def speak_cold(found: District, into: Samples) -> None:
    """Nothing prepared: opened, connected and spoken at once."""
    who = found.broadcaster()
    who.tone.is_on = True
    began_s = time.time()
    assert (await who.speak({"cameras": list(found.cameras)})).status_code == 201
    await asyncio.sleep(4)
    sounds = found.first_sounds_ms(began_s)
    into.cold_spread_ms.append(sounds[-1] - sounds[0])
    into.cold_ms.append(sounds[len(sounds) // 2])
    await end(who)
    await asyncio.sleep(2)


def report(samples: Samples, cameras: int, seconds: float) -> None:
    conditions = {
        "cameras": cameras,
        "seconds": seconds,
        "rounds": ROUNDS,
        "cores": os.cpu_count(),
        "sound": "Opus microphone by aiortc, PCMU over RTSP/TCP to simulated cameras that ingest pulls too",
    }

    def lower(name: str, values: list[float], unit: str, digits: int = 1) -> dict[str, Any]:
        return row(name, values, None, unit, is_higher_better=False, conditions=conditions, digits=digits)

    def more(what: str) -> list[float]:
        pairs = zip(samples.few, samples.many, strict=True)
        return [(many[what] - few[what]) / (cameras - 1) for few, many in pairs]

    core = "% of a core"
    rows = [
        lower("broadcast: one more camera, intercom", more("intercom"), core, 3),
        lower("broadcast: one more camera, nats-server", more("nats"), core, 3),
        lower("broadcast: one camera, intercom", [one["intercom"] for one in samples.few], core, 2),
        lower(f"broadcast: {cameras} cameras, intercom", [one["intercom"] for one in samples.many], core, 2),
        lower("broadcast: first to last camera, prepared", samples.spread_ms, "ms"),
        lower("broadcast: press to first sound, median camera, prepared", samples.press_ms, "ms"),
        lower("broadcast: first to last camera, not prepared", samples.cold_spread_ms, "ms"),
        lower("broadcast: opened to first sound, median camera, not prepared", samples.cold_ms, "ms"),
    ]
    say(rows, vars(samples), "broadcast")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=12.0, help="how long each is measured")
    told = parser.parse_args()
    report(asyncio.run(measure(told.cameras, told.seconds)), told.cameras, told.seconds)


if __name__ == "__main__":
    main()
