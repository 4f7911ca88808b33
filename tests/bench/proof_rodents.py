"""Suspected rodents: how many of composed runs are found, and how often it is said in an hour without any.

Runs: a dark body of 6 to 40 pixels in pictures 640 wide, along the floor, with pauses, in four rooms under infrared light
with sensor noise, encoded with P pictures at 5 a second. Nights without: nothing but noise; insects that loop and that
cross; lights that are switched, headlights; a body of 90 to 140 pixels; a person with feet and hands.

    python -m tests.bench.proof_rodents          (4 minutes on two cores)
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import av
import cv2
import numpy as np

from services.detector.adapters.camera_decoder import memory_planes
from services.detector.picture import Picture
from services.detector.small_movers.watch import NightWatch
from tests.detector import night_scenes as made
from tests.detector.degradations import FPS, SIZE

BEGAN_US = 1_700_010_000_000_000
RUN_S = 22
SIZES = (6, 8, 10, 14, 20, 28, 40)
RUNS_OF_EACH = 8
QUIET = {
    "noise alone": (None, 240, 2),
    "insects that loop": (made.insect, 60, 8),
    "insects that cross": (made.insect_passing, 60, 8),
    "lights switched": (made.light_switching, 60, 6),
    "headlights": (made.headlights, 60, 4),
    "a cat": (made.cat, 24, 10),
    "a person": (made.person, 30, 8),
}


def suspected(night: made.Night, act: made.Act | None, seconds: float, seed: int) -> list[float]:
    """Seconds at which a mover became suspected."""
    rng = np.random.default_rng(seed)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"  # type: ignore[attr-defined]
    encoder.framerate = FPS  # type: ignore[attr-defined]
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "threads": "1", "crf": "25", "g": "10"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    watch, told, known = NightWatch(), [], set()
    for number in range(round(seconds * FPS)):
        picture = night.filmed(act, number, rng)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="yuv420p")
        for packet in encoder.encode(frame):  # type: ignore[attr-defined]
            for out in decoder.decode(packet):  # type: ignore[attr-defined]
                at_us = BEGAN_US + number * 1_000_000 // FPS
                movers = watch.look(Picture(memory_planes(out), at_us, 0))
                for mover in movers:
                    if mover.is_suspected and mover.track not in known:
                        known.add(mover.track)
                        told.append(number / FPS)
    return told


def job(one: tuple[str, int, int, float]) -> tuple[str, int, float, list[float]]:
    """(kind, size or seed, room, seconds) -> with what was said."""
    cv2.setNumThreads(1)
    kind, number, room, seconds = one
    night = made.nights()[room]
    if kind == "rodent":
        size, seed = divmod(number, 1000)
        act = made.rodent(size, seed)
    else:
        maker = QUIET[kind][0]
        act = None if maker is None else maker(number)
    return kind, number, seconds, suspected(night, act, seconds, zlib.crc32(f"{kind} {number} {room}".encode()))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", default="")
    only = set(filter(None, parser.parse_args().kinds.split(",")))
    jobs = [("rodent", size * 1000 + seed, seed % 4, RUN_S) for size in SIZES for seed in range(RUNS_OF_EACH)]
    jobs += [(kind, seed, seed % 4, seconds) for kind, (_, seconds, count) in QUIET.items() for seed in range(count)]
    jobs = [one for one in jobs if not only or one[0] in only]
    found: dict[int, list[bool]] = {size: [] for size in SIZES}
    delays, false, hours = [], dict.fromkeys(QUIET, 0), dict.fromkeys(QUIET, 0.0)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for kind, number, seconds, told in pool.map(job, jobs):
            if kind == "rodent":
                right = [at for at in told if 12 <= at <= 20]
                found[number // 1000].append(bool(right))
                delays += [right[0] - 12] if right else []
            else:
                false[kind] += len(told)
                hours[kind] += seconds / 3600
    print("| what | clips | result |\n|---|---|---|")
    for size, hits in found.items():
        if hits:
            print(f"| runs of {size} px | {len(hits)} | {sum(hits)} found |")
    for kind, (_, _, count) in QUIET.items():
        if hours[kind]:
            print(
                f"| {kind} | {count} ({60 * hours[kind]:.0f} min) | {false[kind]} said, {false[kind] / hours[kind]:.1f} an hour |"
            )
    runs = [hit for hits in found.values() for hit in hits]
    figures = {
        "name": "suspected_rodents", "runs": len(runs), "recall": round(sum(runs) / max(1, len(runs)), 3),
        "seconds_until_said_median": sorted(delays)[len(delays) // 2] if delays else None,
        "false_total": sum(false.values()), "hours": round(sum(hours.values()), 2),
        "false_an_hour": round(sum(false.values()) / max(1e-9, sum(hours.values())), 2),
    }  # fmt: skip
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
