"""What analysis costs: our batches beside the same models called in a bare loop; decoding at each rate; captured to fact.

The bare loop calls the two default models on inputs that are ready, one picture after the other. Ours is everything
from the decoded picture to the encoded fact: turns, batches, both models, tracks. Rounds of both take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from services.detector.adapters.batcher import Batcher
from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.camera_feed import CameraFeed
from services.detector.diagnosis.keeping import Kept
from services.detector.gop_intake import GopIntake
from services.detector.model_set import ModelSet, batch_of
from services.detector.picture import Picture
from services.detector.picture_eye import Shown, new_eye
from services.detector.wiring import DEFAULT_PACKS
from shared import subjects
from shared.bus import Bus
from shared.clock import SystemClock
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.messages.base import Fact
from shared.messages.cameras import AnalysisPolicy
from shared.messages.detector import FrameAnalysed, PictureVerdict
from shared.simulator.footage_bench import bench_footage
from shared.subjects import SERVICES, CameraRef
from tests.bench.rows import RESULTS, row, say
from tests.detector.filmed import clip, filmed
from tests.e2e.live_client import Api
from tests.stack import Stack

ROUNDS = 7
BATCH_MAX = 8


def loaded() -> ModelSet:
    found = PackFolders((DEFAULT_PACKS,)).look()
    packs = [load_pack(pack.manifest, pack.weights, 0) for pack in found.whole]
    return ModelSet({pack.manifest.capability: pack for pack in packs}, missing=(), batch_max=BATCH_MAX)


def pictures_of(footage: Path, count: int) -> list[Picture]:
    """Decoded pictures, full HD."""
    fragments = filmed(clip(footage, count, (1920, 1080)), gop=1, fps=25)
    decoder, pictures = CameraDecoder(), []
    intake = GopIntake(25)
    for fragment in fragments:
        if intake.take(fragment, 0):
            pictures += decoder.decode(intake.job())
    return pictures


def bare_s(models: ModelSet, pictures: Sequence[Picture]) -> float:
    ready = [
        (pack.runner, batch_of([picture.canvas(*pack.manifest.input.size_for(picture.aspect))], pack.manifest.input))
        for picture in pictures
        for pack in (models.packs["people"], models.packs["heads"])
    ]
    began = time.perf_counter()
    for runner, batch in ready:
        runner.run(batch)
    return time.perf_counter() - began


async def ours_s(models: ModelSet, pictures: Sequence[Picture], cameras: int) -> float:
    told: list[int] = []

    def hear(fact: Fact) -> None:
        told.append(len(fact.encode()))

    batcher = Batcher(lambda: models, BATCH_MAX, 0.0, SystemClock(), hear, lambda: None, lambda differs: None)
    feeds = [
        CameraFeed(
            ref,
            AnalysisPolicy(),
            CameraDecoder(),
            new_eye(ref, AnalysisPolicy(may_repeat=True), lambda: None, Kept()),
            models.prepare,
        )
        for ref in (CameraRef("bench", f"camera-{number}") for number in range(cameras))
    ]
    began = time.perf_counter()
    place = 0
    while len(told) < len(pictures):
        # A picture of each camera waits at most: the cameras are given their next when a batch is done.
        while place < len(pictures) and place - len(told) < cameras:
            batcher.put(feeds[place % cameras], Shown(pictures[place], PictureVerdict(is_usable=True)))
            place += 1
        await batcher.run_once()
    took_s = time.perf_counter() - began
    batcher.close()
    return took_s


def decode_costs(footage: Path) -> list[dict[str, object]]:
    """CPU of one core for one camera, 1080p25 at GOPs of 1 s (and of 10 s): per cent."""
    rows = []
    films = {gop: filmed(clip(footage, 250, (1920, 1080)), gop=gop, fps=25, bit_rate=4_000_000) for gop in (25, 250)}
    for rate_hz, gop, name in ((1, 25, "IDR only, 1"), (1, 250, "1"), (5, 25, "5"), (25, 25, "25")):
        intake, decoder, count = GopIntake(rate_hz), CameraDecoder(), 0
        began = time.thread_time()
        for fragment in films[gop]:
            if intake.take(fragment, 0):
                count += len(decoder.decode(intake.job()))
        percent = 100 * (time.thread_time() - began) / 10
        conditions = {"video": "1080p25, 4 Mbit/s, H.264", "gop_s": gop / 25, "pictures": count, "seconds": 10}
        title = f"decoding a camera, {name} a second"
        rows.append(row(title, [percent], None, "% of a core", is_higher_better=False, conditions=conditions))
    return rows


async def live_delays(cameras: int, seconds: int) -> tuple[list[float], float]:
    """Captured to fact, milliseconds, with real cameras through the whole stack; pictures analysed a second."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    stack = Stack(folder / "data", demo=cameras, env={"BK_SIMULATE_CACHE": str(RESULTS / "footage")})
    stack.start()
    try:
        Api(stack.url, stack.admin_password).close()
        ports = json.loads((stack.data / "ports.json").read_text())
        secrets = Credentials.load_or_create(stack.data / "secrets.json", SERVICES)
        url = f"nats://{HOST}:{ports['nats']}"
        bus = await Bus.connect(url, name="bench", user="gateway", password=secrets.bus["gateway"])
        delays: list[float] = []

        async def hear(subject: str, data: bytes, seq: int) -> None:
            fact = FrameAnalysed.decode(data)
            delays.append((fact.hops.inferred_us - fact.hops.captured_us) / 1000)

        await asyncio.sleep(10)  # what was loaded and connected at the start is no steady state
        end = await bus.subscribe_facts(subjects.facts("detector", "frame_analysed"), hear)
        await asyncio.sleep(seconds)
        await end()
        await bus.close()
        return delays, len(delays) / seconds
    finally:
        stack.stop()
        rmtree(folder, ignore_errors=True)


async def measure(cameras: int, seconds: int) -> None:
    footage = bench_footage(RESULTS / "footage")
    models = loaded()
    device = models.packs["heads"].runner.device
    pictures = pictures_of(footage, 48)
    for picture in pictures:
        models.prepare(picture)
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(len(pictures) / bare_s(models, pictures))
        ours.append(len(pictures) / await ours_s(models, pictures, cameras))
    conditions = {"cameras": cameras, "device": device, "cores": os.cpu_count(), "batch_max": BATCH_MAX}
    rows = [row("pictures analysed", ours, bare, "1/s", is_higher_better=True, conditions=conditions)]
    rows += decode_costs(footage)
    delays, rate = await live_delays(cameras, seconds)
    quantiles = statistics.quantiles(delays, n=20)
    live = conditions | {"p95_ms": round(quantiles[-1], 1), "pictures_a_second": round(rate, 2), "seconds": seconds}
    rows.append(row("captured to fact", delays, None, "ms", is_higher_better=False, conditions=live))
    say(rows, {"ours": ours, "bare": bare, "delays_ms": delays}, "detector")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    asyncio.run(measure(options.cameras, options.seconds))


if __name__ == "__main__":
    main()
