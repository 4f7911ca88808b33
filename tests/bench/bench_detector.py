"""What analysis costs: our batches beside the same models called in a bare loop; decoding at each rate; captured to fact.

The bare loop calls the two default models on inputs that are ready: on a CPU sessions of onnxruntime of its own, one
picture after the other; on a GPU the loaded networks, in batches as large as ours, one after the other. Ours is everything
from the decoded picture to the encoded fact: turns, batches, all models, tracks. Rounds of both take turns. Where there is a
GPU, the same for each size of batch, and with decoding on the device. Every row says which device it ran on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import onnxruntime

from services.detector.adapters.batcher import Batcher
from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.devices import Device, devices
from services.detector.adapters.gpu_decoding import GpuDecoding
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import FoundPack, PackFolders
from services.detector.camera_feed import CameraFeed, Seen
from services.detector.diagnosis.keeping import Kept
from services.detector.gop_intake import GopIntake
from services.detector.loaded_pack import batch_of
from services.detector.model_set import ModelSet
from services.detector.picture import Picture, in_memory
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
GPU_BATCHES = (1, 2, 4, 8, 16, 32, 64)
DECODED_HZ = (1, 5, 25)
PICTURES = 48


def found_packs() -> list[FoundPack]:
    return PackFolders((DEFAULT_PACKS,)).look().whole


def loaded(device: Device, batch_max: int) -> ModelSet:
    packs = [load_pack(pack.manifest, pack.weights, 0, device) for pack in found_packs()]
    return ModelSet({pack.manifest.capability: pack for pack in packs}, missing=(), batch_max=batch_max)


def pictures_of(footage: Path, count: int, decoder: CameraDecoder) -> list[Picture]:
    """Decoded pictures, full HD."""
    pictures: list[Picture] = []
    intake = GopIntake(25)
    for fragment in filmed(clip(footage, count, (1920, 1080)), gop=1, fps=25):
        if intake.take(fragment, 0):
            pictures += decoder.decode(intake.job())
    return pictures


def bare_loop(models: ModelSet, pictures: Sequence[Picture], device: Device, batch: int) -> Callable[[], None]:
    """People and heads of all the pictures, and nothing else: no turns, no attributes, no boxes, no facts."""
    work: list[Callable[[], object]] = []
    for capability in ("people", "heads"):
        pack = models.packs[capability]
        size = pack.manifest.input.size_for(pictures[0].aspect)
        canvases = [picture.canvas(*size) for picture in pictures]
        if device.is_gpu:
            parts = [canvases[at : at + batch] for at in range(0, len(canvases), batch)]
            work += [lambda part=part, pack=pack: pack.runner.begin(part)() for part in parts]  # type: ignore[misc]
            continue
        session = _session(next(one for one in found_packs() if one.manifest.capability == capability))
        names = list(pack.manifest.outputs)
        for canvas in canvases:
            given = {pack.manifest.input.name: batch_of([in_memory(canvas)], pack.manifest.input)}
            work.append(lambda session=session, names=names, given=given: session.run(names, given))  # type: ignore[misc]

    def run() -> None:
        for one in work:
            one()

    return run


def _session(pack: FoundPack) -> Any:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(pack.weights), options)


def feeds_of(cameras: int, models: ModelSet) -> list[CameraFeed]:
    plan = AnalysisPolicy(may_repeat=True)
    return [
        CameraFeed(ref, plan, CameraDecoder(), new_eye(ref, plan, lambda: None, Kept()), models.prepare)
        for ref in (CameraRef("bench", f"camera-{number}") for number in range(cameras))
    ]


async def ours(models: ModelSet, pictures: Sequence[Picture], cameras: int, batch_max: int, beside: int) -> None:
    """Every picture through the batcher; a picture of each camera waits at most."""
    told: list[int] = []
    news = asyncio.Event()

    def hear(fact: Fact) -> None:
        told.append(len(fact.encode()))
        news.set()

    batcher = Batcher(
        lambda: models, batch_max, 0.0, SystemClock(), hear, lambda: None, lambda differs: None,
        lambda site, picture, look: look, beside,
    )  # fmt: skip
    feeds = feeds_of(cameras, models)

    async def for_ever() -> None:
        while True:
            await batcher.run_once()

    tasks = [asyncio.create_task(for_ever()) for _ in range(beside)]
    place = 0
    while len(told) < len(pictures):
        # The cameras are given their next when a batch is done.
        while place < len(pictures) and place - len(told) < cameras:
            shown = Shown(pictures[place], PictureVerdict(is_usable=True))
            batcher.put(feeds[place % cameras], Seen(deque([shown])))
            place += 1
        news.clear()
        await news.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    batcher.close()


def rate(count: int, work: Callable[[], None]) -> tuple[float, float]:
    """Pictures a second, and cores of CPU that it took."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    took_s = time.perf_counter() - began
    return count / took_s, (time.process_time() - cpu) / took_s


def analysed(device: Device, footage: Path, cameras: int, batch_max: int, *, on_device: bool) -> dict[str, Any]:
    """One row: ours beside the bare models on one device."""
    models = loaded(device, batch_max)
    decoder = CameraDecoder(GpuDecoding(1, device.number) if on_device else None)
    pictures = pictures_of(footage, PICTURES, decoder)
    for picture in pictures:
        models.prepare(picture)
    # On a GPU a batch has to be filled, and two are on their way at once.
    beside, cameras = (2, max(cameras, 3 * batch_max)) if device.is_gpu else (1, cameras)
    many = list(pictures) * (20 if device.is_gpu else 1)
    bare = bare_loop(models, many, device, batch_max)
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "cores": [], "bare_cores": []}
    for _ in range(ROUNDS):
        for name, work in (
            ("bare", bare),
            ("ours", lambda: asyncio.run(ours(models, many, cameras, batch_max, beside))),
        ):
            found, cores = rate(len(many), work)
            rates[name].append(found)
            rates["cores" if name == "ours" else "bare_cores"].append(cores)
    conditions = {
        "cameras": cameras, "device": device.title, "cores": os.cpu_count(), "batch_max": batch_max,
        "decoded_on": "the device" if on_device else "the CPU",
        "cpu_cores": round(statistics.median(rates["cores"]), 2),
        "bare_cpu_cores": round(statistics.median(rates["bare_cores"]), 2),
    }  # fmt: skip
    return row("pictures analysed", rates["ours"], rates["bare"], "1/s", is_higher_better=True, conditions=conditions)


def decode_costs(footage: Path) -> list[dict[str, Any]]:
    """CPU of one core for one camera, 1080p25 at GOPs of 1 s (and of 10 s): per cent."""
    rows = []
    films = {gop: filmed(clip(footage, 250, (1920, 1080)), gop=gop, fps=25, bit_rate=4_000_000) for gop in (25, 250)}
    for rate_hz, gop, name in ((1, 25, "IDR only, 1"), (1, 250, "1"), (5, 25, "5"), (25, 25, "25")):
        intake, decoder, count = GopIntake(rate_hz), CameraDecoder(), 0
        began = time.thread_time()
        for fragment in films[gop]:
            if intake.take(fragment, 0):
                count += len(list(decoder.decode(intake.job())))
        percent = 100 * (time.thread_time() - began) / 10
        conditions = {
            "video": "1080p25, 4 Mbit/s, H.264", "gop_s": gop / 25, "pictures": count, "seconds": 10, "device": "cpu",
        }  # fmt: skip
        title = f"decoding a camera, {name} a second"
        rows.append(row(title, [percent], None, "% of a core", is_higher_better=False, conditions=conditions))
    return rows


def decoded_together(footage: Path, device: Device, cameras: int, rate_hz: float, *, on_device: bool) -> dict[str, Any]:
    """So many cameras as fast as it goes, a thread each, and a small picture of each picture brought to memory.

    Per cent of a core that one of them takes at that rate; `at_once` says how many it would be in real time.
    """
    film = filmed(clip(footage, 250, (1920, 1080)), gop=25, fps=25, bit_rate=4_000_000)
    gpu = GpuDecoding(cameras, device.number) if on_device else None
    ready, counts = threading.Barrier(cameras + 1), []

    def one() -> None:
        decoder, count = CameraDecoder(gpu), 0
        first = GopIntake(rate_hz)
        if first.take(film[0], 0):
            list(decoder.decode(first.job()))  # what is made at the start is not counted
        ready.wait()
        intake = GopIntake(rate_hz)
        for fragment in film:
            if intake.take(fragment, 0):
                for picture in decoder.decode(intake.job()):
                    picture.planes.small(64, 36)
                    count += 1
        counts.append(count)
        decoder.close()

    threads = [threading.Thread(target=one) for _ in range(cameras)]
    for thread in threads:
        thread.start()
    ready.wait()
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    conditions = {
        "cameras": cameras, "rate_hz": rate_hz, "pictures": sum(counts), "at_once": round(cameras * 10 / took_s),
        "video": "1080p25, 4 Mbit/s, H.264, GOPs of 1 s", "device": device.title if on_device else "cpu",
        "cores": os.cpu_count(),
    }  # fmt: skip
    share = 100 * cpu_s / cameras / 10
    return row("decoding cameras together", [share], None, "% of a core", is_higher_better=False, conditions=conditions)


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


def measure(cameras: int, seconds: int) -> None:
    footage = bench_footage(RESULTS / "footage")
    (device, *_) = devices()
    rows = [analysed(device, footage, cameras, BATCH_MAX, on_device=False)]
    if device.is_gpu:
        rows += [analysed(device, footage, cameras, size, on_device=True) for size in GPU_BATCHES]
        rows.append(analysed(devices("cpu")[0], footage, cameras, BATCH_MAX, on_device=False))
        rows += [decoded_together(footage, device, 8, rate_hz, on_device=False) for rate_hz in DECODED_HZ]
        rows += [
            decoded_together(footage, device, many, rate_hz, on_device=True)
            for many in (8, 32, 128)
            for rate_hz in DECODED_HZ
        ]
    rows += decode_costs(footage)
    delays, per_second = asyncio.run(live_delays(cameras, seconds))
    live = {
        "cameras": cameras, "device": device.title, "cores": os.cpu_count(), "seconds": seconds,
        "p95_ms": round(statistics.quantiles(delays, n=20)[-1], 1), "pictures_a_second": round(per_second, 2),
    }  # fmt: skip
    rows.append(row("captured to fact", delays, None, "ms", is_higher_better=False, conditions=live))
    say(rows, {"delays_ms": delays}, "detector")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    measure(options.cameras, options.seconds)


if __name__ == "__main__":
    main()
