"""Drills: how surely the tone is found, how often in sounds without it, and what a real stack says of every fault.

The first part is arithmetic over sounds that are synthesised (tests/intercom/kitchen_sounds.py): every sound here was made
by us. The second runs the whole product with simulated cameras in simulated rooms, and GStreamer's ONVIF camera, whose
microphone hears its own loudspeaker.

    python -m tests.bench.proof_drills          (7 minutes on two cores; --what recogniser|stack for one part)
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np

from services.intercom.drills.recogniser import HEARD_MIN, THRESHOLD, Listener
from services.intercom.drills.tone import RATE, tone
from tests.bench.rows import row, say
from tests.e2e.live_client import Api
from tests.intercom.kitchen_sounds import (
    NOISES,
    Sound,
    fan,
    mixed,
    played_faster,
    room,
    through_aac,
    through_g711,
    through_room,
    white,
)
from tests.intercom.simulated_rooms import SimulatedRooms
from tests.peers.gst import GstCamera
from tests.stack import Stack

HEARD_S = 8.0
CODES = 20
SNRS = (0, -6, -12, -15, -18, -21)


def another_tone(seconds: float, random: np.random.Generator) -> Sound:
    """Another drill's tone, half of the time in a room."""
    heard = white(seconds, random) * 0.02
    other = tone(f"other {random.integers(1 << 40)}")
    begin = int(random.integers(len(heard) - len(other)))
    heard[begin : begin + len(other)] += other
    return through_room(heard, room(0.6, 0.0, random)) if random.random() < 0.5 else heard


ABSENT: dict[str, Callable[[float, np.random.Generator], Sound]] = {**NOISES, "another tone": another_tone}


def no_tone(job: tuple[str, int, int]) -> tuple[str, list[float], int]:
    """Noise, seed, recordings -> the highest evidence of each code in each, and how often a tone was found."""
    name, seed, count = job
    random, best, false = np.random.default_rng(seed), [], 0
    for number in range(count):
        listener = Listener(through_aac(ABSENT[name](HEARD_S, random)))
        for code in range(CODES):
            found = listener.best(f"{seed} {number} {code}")
            best.append(found.evidence)
            false += found.evidence >= THRESHOLD and found.heard >= HEARD_MIN
    return name, best, false


def in_noise(job: tuple[str, float, int]) -> tuple[str, float, int, list[float]]:
    """Noise, SNR, tries -> how many were found, and how far off (ms) they were dated."""
    name, snr_db, tries = job
    random, found, off = np.random.default_rng(round(snr_db) + 100), 0, []
    for number in range(tries):
        begin_s = float(random.uniform(1, 4))
        heard = through_aac(through_g711(mixed(tone(f"{number}"), NOISES[name](HEARD_S, random), snr_db, begin_s)))
        one = Listener(heard).find(f"{number}")
        found += one is not None
        off += [] if one is None else [abs(one.at_s - begin_s) * 1000]
    return name, snr_db, found, off


def in_a_room(job: tuple[str, float, int]) -> tuple[str, float, int, int]:
    """What, how much of it, tries -> how many were found with a fan running beside, 6 dB below the tone."""
    what, much, tries = job
    random, found = np.random.default_rng(9), 0
    for number in range(tries):
        said = tone(f"{number}")
        heard = np.zeros(round(HEARD_S * RATE), np.float32)
        heard[2 * RATE : 2 * RATE + len(said)] = said
        if what == "reverberation, sound itself 9 dB below its echo":
            heard = through_room(heard, room(much, -9.0, random))
        elif what == "clocks that stray":
            heard = played_faster(heard, much)
        elif what == "packets lost":
            for packet in range(0, len(heard) - 160, 160):
                if random.random() < much:
                    heard[packet : packet + 160] = 0
        noise = fan(HEARD_S, random)
        heard = heard + noise * np.float32(0.5 * np.sqrt(np.mean(heard**2) / np.mean(noise**2)))
        found += Listener(through_aac(through_g711(heard))).find(f"{number}") is not None
    return what, much, found, tries


def recogniser(recordings: int, tries: int) -> Iterator[dict[str, Any]]:
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        jobs = [(name, seed, recordings // 4) for name in ABSENT for seed in range(4)]
        absent: dict[str, list[float]] = {name: [] for name in ABSENT}
        false = dict.fromkeys(ABSENT, 0)
        for name, best, wrong in pool.map(no_tone, jobs):
            absent[name] += best
            false[name] += wrong
        for name, evidences in absent.items():
            yield row(
                f"tones found in {name} without one",
                [false[name]],
                None,
                "of the tries",
                is_higher_better=False,
                conditions={
                    "tries": len(evidences),
                    "highest evidence": max(evidences),
                    "threshold": THRESHOLD,
                    "chance by the tail": f"{chance_by_tail(evidences):.0e}",
                },
            )
        for name, snr_db, found, off in pool.map(in_noise, [(n, float(s), tries) for n in NOISES for s in SNRS]):
            yield row(
                f"tones found in {name} at {snr_db:.0f} dB",
                [found / tries],
                None,
                "share",
                is_higher_better=True,
                conditions={"tries": tries, "dated within ms": round(max(off), 1) if off else None},
            )
        rooms = [("reverberation, sound itself 9 dB below its echo", s, tries) for s in (0.3, 0.6, 1.0, 2.0)]
        rooms += [("clocks that stray", ppm, tries) for ppm in (100.0, 500.0, 1000.0, 2000.0)]
        rooms += [("packets lost", share, tries) for share in (0.05, 0.2, 0.4)]
        for what, much, found, of in pool.map(in_a_room, rooms):
            conditions = {"how much": much, "tries": of}
            yield row(f"tones found: {what}", [found / of], None, "share", is_higher_better=True, conditions=conditions)


def chance_by_tail(evidences: list[float]) -> float:
    """Of one try to reach the threshold: the highest hundredth falls exponentially, and is followed on."""
    ordered = np.sort(evidences)
    tail = ordered[int(len(ordered) * 0.99) :]
    scale = float(np.mean(tail - tail[0])) or 1.0
    return 0.01 * float(np.exp(-(THRESHOLD - tail[0]) / scale))


# Of ten kitchens: what was done to which.
FAULTS = {5: "speaker muted", 6: "speaker muted", 7: "microphone muted", 8: "microphone muted"}
FAULTS |= {9: "exchanged", 10: "exchanged"}
WANTED = {
    "as it should be": ("passed", "heard"),
    "GStreamer's camera": ("passed", "heard"),
    "speaker muted": ("not_heard", "tone_not_found"),
    "microphone muted": ("not_heard", "microphone_silent"),
    "exchanged": ("wrong_room", ""),
}


def stack(rounds: int) -> Iterator[dict[str, Any]]:
    folder = Path(mkdtemp(prefix="bk-proof-drills-"))
    folder.chmod(0o755)
    running = Stack(folder / "data", demo=0)
    try:
        with ExitStack() as held:
            running.start()
            held.callback(running.stop)
            yield from _stack(running, held, folder, rounds)
    finally:
        rmtree(folder, ignore_errors=True)


def _stack(running: Stack, held: ExitStack, folder: Path, rounds: int) -> Iterator[dict[str, Any]]:
    rooms = held.enter_context(SimulatedRooms(10, folder))
    gst = held.enter_context(GstCamera(backchannel="pcma", audio="pcma", loop=True))
    api = Api(running.url, running.admin_password)
    held.callback(api.close)
    urls = {f"kitchen-{number}": rooms.url(number) for number in range(1, 11)} | {"gst": gst.url}
    for camera, url in urls.items():
        api.site(camera)
        body = {"id": camera, "site": camera, "name": camera, "purpose": "processing", "main": {"url": url}}
        assert api.http.post("/cameras", json=body).status_code == 201
    for camera in urls:
        api.until_condition(camera, "online", 40)
    for number, fault in FAULTS.items():
        if fault == "exchanged":
            rooms.turn(number, into=19 - number)
        else:
            rooms.turn(number, **{fault.split(" ")[0]: 0})
    right: dict[str, list[bool]] = {what: [] for what in WANTED}
    delays: dict[str, list[float]] = {"simulated": [], "GStreamer's": []}
    took, tries, wrong = [], 0, []
    for _ in range(rounds):
        began_s = time.monotonic()
        id = api.http.post("/drills", json={"all": True}).json()["id"]
        while (run := api.http.get(f"/drills/{id}").json())["state"] == "running":
            time.sleep(0.2)
        took.append(time.monotonic() - began_s)
        for result in run["results"]:
            number = int(result["camera"].partition("-")[2] or 0)
            what = FAULTS.get(number, "as it should be") if number else "GStreamer's camera"
            outcome, cause = WANTED[what]
            is_right = result["outcome"] == outcome and cause in ("", result["cause"])
            right[what].append(is_right)
            wrong += [] if is_right else [result]
            tries += result["attempts"]
            if result["outcome"] == "passed":
                delays["simulated" if number else "GStreamer's"].append(result["delay_ms"])
    for what, those in right.items():
        conditions = {"drills": len(those), "wanted": " ".join(WANTED[what])}
        name = f"real stack, {what}: said so"
        yield row(name, [sum(those) / len(those)], None, "share", is_higher_better=True, conditions=conditions)
    for whose, those in delays.items():
        conditions = {"drills": len(those), "p95": round(float(np.percentile(those, 95)), 1) if those else None}
        yield row(f"sent until back, {whose}", those or [0], None, "ms", is_higher_better=False, conditions=conditions)
    conditions = {"cameras": len(urls), "at once": 4, "tones a run": tries / rounds, "wrong": wrong[:3]}
    yield row("a run of drills", took, None, "s", is_higher_better=False, conditions=conditions)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", choices=("all", "recogniser", "stack"), default="all")
    parser.add_argument("--recordings", type=int, default=200, help="of each sound, 20 codes sought in each")
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if told.what != "stack":
        rows += recogniser(told.recordings, told.tries)
    if told.what != "recogniser":
        rows += stack(told.rounds)
    say(rows, {"threshold": THRESHOLD}, "proof-drills")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
