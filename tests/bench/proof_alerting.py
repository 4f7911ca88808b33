"""Alerting under more than a good day: facts doubled, shuffled and a worker killed; ten thousand cameras on one worker.

replay: 100,000 facts of 200 cameras, once as they should come to a worker that nothing disturbs, once up to 0.3 s out
of order with every tenth a second time and kill -9 of the worker on the way. All alerts of both are compared byte for
byte, and every `alert_raised` is counted. Facts go onto the bus without an identity, so that it drops none of them.

many: so many cameras at one fact a second each, two people in most pictures with three attributes, one worker, all
seed rules. What is judged, how long after its picture an alert is told (less the time that facts are held on purpose),
CPU and memory.

    python -m tests.bench.proof_alerting --what replay
    python -m tests.bench.proof_alerting --what many --cameras 10000 --seconds 90
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter
from hashlib import sha256
from threading import Event, Thread
from typing import Any

from shared import subjects
from shared.bus import Bus
from shared.messages.alerting import AlertRaised
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import RuleList, RulePut, RulesWanted
from tests.alerting.facts import SECOND_US, camera, disturbed, footage, frame, person
from tests.bench.alerting_plant import LIMIT_S, alerting_plant, all_alerts, without_times_of_work
from tests.bench.fact_wire import FactWire, frame_subject
from tests.bench.process_cost import cost_of, resident_mb
from tests.bench.rows import row, say

SITE = "school-1"
REPLAYED = 200
REPLAY_S = 500
KILLS = 3
FACTS_A_S = 4000
HOLD_S = 1.0
# Every camera has shown somebody, all shards are read.
WARM_UP_S = 15
SITES = 400
# = of each hundred cameras so many show somebody without a mask for a while, beginning at another second each
BARE_IN_100 = 2


async def replay() -> None:
    """Two runs, compared."""
    ids = [f"cook-{number}" for number in range(REPLAYED)]
    start_us = time.time_ns() // 1000 - 13 * 60 * SECOND_US
    clean = footage(ids, REPLAY_S, start_us=start_us)
    quiet = [frame(REPLAY_S + 200 + second, id=id, start_us=start_us) for second in range(3) for id in ids]
    bent = disturbed(clean, 3)
    calm, calm_told, _ = await _run([*clean, *quiet], ids, kills=0)
    wild, wild_told, kills = await _run([*bent, *quiet], ids, kills=KILLS)
    twice = [id for id, count in wild_told.items() if count > 1]
    same = calm == wild
    conditions = {
        "facts": len(clean), "sent": len(bent), "cameras": REPLAYED, "kills": kills, "alerts": len(calm),
        "sha256_calm": _digest(calm), "sha256_disturbed": _digest(wild), "told_twice": len(twice),
        "told": len(wild_told), "same_bytes": same, "cores": os.cpu_count(),
    }  # fmt: skip
    differing = sorted(id for id in calm.keys() | wild.keys() if calm.get(id) != wild.get(id))
    rows = [row("alerts that differ", [len(differing)], None, "alerts", is_higher_better=False, conditions=conditions)]
    say(rows, {"differing": differing[:20]}, "alerting")
    if not calm or not same or twice or set(wild_told) != set(wild) or set(calm_told) != set(calm):
        for id in differing[:3]:
            sys.stderr.write(f"{id}\n  {calm.get(id)!r}\n  {wild.get(id)!r}\n")
        raise SystemExit("the disturbed run is not the clean one")


async def _run(facts: list[FrameAnalysed], ids: list[str], kills: int) -> tuple[dict[str, bytes], Counter[str], int]:
    """All alerts by id, how often each was told, and how often the worker was killed."""
    told: Counter[str] = Counter()
    async with alerting_plant() as plant, plant.bus("gateway") as bus:

        async def heard(subject: str, data: bytes, seq: int) -> None:
            told[AlertRaised.decode(data).alert] += 1

        await plant.register(camera(id) for id in ids)
        await bus.ensure_stream("EVENTS")
        await bus.subscribe_facts(subjects.facts("alerting", "alert_raised"), heard)
        await plant.worker("alerting-1")
        await _often(bus)
        wire = FactWire(plant.servers.bus_environment("detector"))
        done, killed = 0, 0
        while done < len(facts):
            some = [(frame_subject(one.site, one.camera), one.encode()) for one in facts[done : done + FACTS_A_S // 4]]
            await asyncio.to_thread(wire.send, some)
            done += len(some)
            if killed < kills and done >= len(facts) * (killed + 1) // (kills + 1):
                # Facts go on being said while nobody judges them.
                await plant.kill("alerting-1")
                killed += 1
                starting = asyncio.create_task(plant.worker("alerting-1"))
                while not starting.done() and done < len(facts) * (2 * killed + 1) // (2 * kills + 2):
                    part = facts[done : done + 200]
                    await asyncio.to_thread(wire.send, [(frame_subject(f.site, f.camera), f.encode()) for f in part])
                    done += len(part)
                    await asyncio.sleep(0.05)
                await starting
            await asyncio.sleep(0.25)
        await asyncio.to_thread(wire.flush)
        wire.close()
        alerts = await _settled(bus)
        async with asyncio.timeout(LIMIT_S):
            while len(told) < len(alerts):
                await asyncio.sleep(0.1)
    return alerts, told, killed


async def _often(bus: Bus) -> None:
    """Incidents that end and begin soon: many alerts out of the same facts."""
    asked = await bus.request("alerting", "rules", RulesWanted(rule="no_mask"))
    rule = RuleList.decode(asked).items[0].rule
    often = rule.model_copy(update={"over_after_s": 5.0, "reopen_s": 5.0})
    await bus.request("alerting", "rule_put", RulePut(rule=often, by="proof"))


async def _settled(bus: Bus) -> dict[str, bytes]:
    """When nothing goes on any more and nothing comes for a while."""
    last, since = -1, time.monotonic()
    async with asyncio.timeout(240):
        while True:
            found = await all_alerts(bus)
            if len(found) != last or any(alert.progress == "going_on" for alert in found):
                last, since = len(found), time.monotonic()
            elif time.monotonic() - since > 8:
                return {alert.alert: without_times_of_work(alert) for alert in found}
            await asyncio.sleep(1)


def _digest(alerts: dict[str, bytes]) -> str:
    return sha256(b"\n".join(alerts[id] for id in sorted(alerts))).hexdigest()


class Flood(Thread):
    """Every camera once a second, each at its own moment within it, until `end`; as a detector says them."""

    def __init__(self, wire: FactWire, cameras: int, seed: int = 5):
        super().__init__(daemon=True)
        self._wire = wire
        self.ended = Event()
        self.sent = 0
        self.behind_s = 0.0
        chance = random.Random(seed)
        self._names = [(f"school-{number % SITES}", f"cook-{number}") for number in range(cameras)]
        self._subjects = [frame_subject(*name) for name in self._names]
        self._kept = [_Template(*name) for name in self._names]
        # None: nobody is ever bare there; else the second in which it begins
        self._bare = [chance.randrange(15, 60) if chance.randrange(100) < BARE_IN_100 else None for _ in self._names]

    def run(self) -> None:
        parts, began_s, tick = 50, time.time(), 0
        count = len(self._names)
        while not self.ended.is_set():
            due_s = began_s + tick / parts
            now_s = time.time()
            self.behind_s = max(0.0, now_s - due_s)
            if due_s > now_s:
                time.sleep(due_s - now_s)
            second, part = divmod(tick, parts)
            mine = range(part * count // parts, (part + 1) * count // parts)
            said_us = time.time_ns() // 1000
            self._wire.send(
                [(self._subjects[one], self._kept[one].at(said_us, self._is_bare(one, second))) for one in mine]
            )
            self.sent += len(mine)
            tick += 1

    def _is_bare(self, number: int, second: int) -> bool:
        begins = self._bare[number]
        return begins is not None and begins <= second < begins + 6


class _Template:
    """A fact whose times are written in: making it anew ten thousand times a second would be the bench."""

    _TIME = 1_111_111_111_111_111
    _SAID = 1_222_222_222_222_222

    def __init__(self, site: str, id: str):
        self._usual = self._made(site, id, mask=0.97)
        self._bare = self._made(site, id, mask=0.02)

    def at(self, said_us: int, is_bare: bool) -> bytes:
        parts, names = self._bare if is_bare else self._usual
        taken, said = b"%d" % (said_us - 300_000), b"%d" % said_us
        out = [parts[0]]
        for name, part in zip(names, parts[1:], strict=True):
            out += [taken if name else said, part]
        return b"".join(out)

    def _made(self, site: str, id: str, mask: float) -> tuple[list[bytes], list[bool]]:
        people = [person(1, mask=mask, headwear=0.96, uniform=0.9), person(2, mask=0.98, headwear=0.95, uniform=None)]
        made = frame(0, people, id=id, site=site, start_us=self._TIME)
        hops = made.hops.model_copy(update={"inferred_us": self._SAID})
        data = made.model_copy(update={"hops": hops, "fragment_sha256": "ab" * 32}).encode()
        parts, names = [], []
        while True:
            places = [(data.find(str(each).encode()), each) for each in (self._TIME, self._SAID)]
            there = sorted(place for place in places if place[0] >= 0)
            if not there:
                return [*parts, data], names
            at, which = there[0]
            parts.append(data[:at])
            names.append(which == self._TIME)
            data = data[at + 16 :]


async def many(cameras: int, seconds: int) -> None:
    """One worker under all of it."""
    told: list[tuple[float, AlertRaised]] = []
    async with alerting_plant() as plant, plant.bus("gateway") as bus:

        async def heard(subject: str, data: bytes, seq: int) -> None:
            told.append((time.time() * 1e6, AlertRaised.decode(data)))

        await plant.register(
            camera(f"cook-{number}", f"school-{number % SITES}", site_kind="primary") for number in range(cameras)
        )
        await bus.ensure_stream("EVENTS")
        await bus.subscribe_facts(subjects.facts("alerting", "alert_raised"), heard)
        worker = await plant.worker("alerting-1")
        assert worker.pid is not None
        wire = FactWire(plant.servers.bus_environment("detector"))
        flood = Flood(wire, cameras)
        flood.start()
        await asyncio.sleep(WARM_UP_S)
        before, at, sent = cost_of([worker.pid]), await plant.metric("alerting-1", _JUDGED), flood.sent
        memory, backlog = [resident_mb(worker.pid)], []
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            await asyncio.sleep(min(5.0, seconds - passed))
            memory.append(resident_mb(worker.pid))
            backlog.append(flood.sent - await plant.metric("alerting-1", _JUDGED))
            sys.stderr.write(f"{passed:.0f} s: {memory[-1]:.0f} MB, {backlog[-1]:.0f} facts not judged yet\n")
        used = cost_of([worker.pid]).percent_since(before)
        rates = {
            "sent": (flood.sent - sent) / passed,
            "judged": (await plant.metric("alerting-1", _JUDGED) - at) / passed,
            "late": await plant.metric("alerting-1", "alerting_facts_late_total"),
        }
        flood.ended.set()
        await asyncio.to_thread(flood.join, 10)
        wire.close()
    _say_many(cameras, seconds, rates, told, memory, backlog, used, flood.behind_s)


_JUDGED = "alerting_facts_judged_total"


def _say_many(
    cameras: int, seconds: int, rates: dict[str, float], told: list[tuple[float, AlertRaised]], memory: list[float],
    backlog: list[float], used: float, behind_s: float,
) -> None:  # fmt: skip
    lags = [(at - one.hops.captured_us) / 1e6 - HOLD_S for at, one in told if one.hops is not None]
    conditions: dict[str, Any] = {
        "cameras": cameras, "seconds": seconds, "workers": 1, "cores": os.cpu_count(), "sent_a_second": round(rates["sent"]),
        "cpu_percent_of_a_core": round(used, 1), "alerts": len(told), "late": round(rates["late"]),
        "publisher_behind_s": round(behind_s, 2), "memory_first_mb": round(memory[0]), "memory_last_mb": round(memory[-1]),
        "backlog_most": round(max(backlog)), "backlog_last": round(backlog[-1]),
    }  # fmt: skip
    rows = [
        row("facts judged", [rates["judged"]], [rates["sent"]], "1/s", is_higher_better=True, conditions=conditions)
    ]
    if lags:
        ninety_five = {
            **conditions,
            "p95_s": round(statistics.quantiles(lags, n=20)[-1], 3),
            "most_s": round(max(lags), 3),
        }
        rows.append(
            row("picture to alert, beyond the hold", lags, None, "s", is_higher_better=False, conditions=ninety_five)
        )
    rows.append(row("memory of the worker", [memory[-1]], None, "MB", is_higher_better=False, conditions=conditions))
    say(rows, {"lags_s": lags, "memory_mb": memory, "backlog": backlog}, "alerting")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("replay", "many"), required=True)
    parser.add_argument("--cameras", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=90)
    options = parser.parse_args()
    asyncio.run(replay() if options.what == "replay" else many(options.cameras, options.seconds))


if __name__ == "__main__":
    main()
