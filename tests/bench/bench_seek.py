"""Seeking in a day of recordings, in a real browser: is it the right picture, and how soon is it there?

24 hours of three cameras are made fast (a picture a second, H.264, IDR each 2 s, a clock burned into each picture as
bright and dark cells), fragmented, cut into segments and entered as the recorder does it; one camera has a hole of ten
minutes. Chromium opens the console's playback page and is sent to random moments; the clock is read back from the
picture. The time is from asking for a moment to its picture on the screen: playlist, init segment, GOP, decoding.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.sync_api import Page, sync_playwright

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.segment import Gap, StreamRef
from services.recorder.segmenter import Cut, Segmenter, StoredFragment
from shared.media.access_unit import AccessUnit
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import Fragmenter
from shared.media.video_format import video_format
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from tests.bench.proof_recorder import Installation
from tests.bench.rows import row, say
from tests.e2e.live_client import Api
from tests.stack import Stack

CAMERAS = ("clock-1", "clock-2", "clock-3")
DAY_S = 24 * 3600
PER_S = 1
GOP_S = 2
SIZE = (320, 180)
# 18 bits of the second, 2 of the camera; 16 pixels each
CELLS = 20
HOLE_S = (40_000, 40_600)  # of the first camera
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

READ = """() => {
  const video = document.querySelector('.playback video');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  let bits = 0;
  for (let cell = 0; cell < 20; cell += 1) {
    const data = context.getImageData(cell * 16 + 8, 90, 1, 1).data;
    bits = bits * 2 + (data[1] > 128 ? 1 : 0);
  }
  return bits;
}"""


def pictures(camera: int, hours: range) -> Iterator[tuple[int, bytes]]:
    """(second of the day, access unit in Annex B) of some hours, an IDR each GOP."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, PER_S)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": f"keyint={PER_S * GOP_S}:scenecut=0",
    }
    plane = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
    first = hours.start * 3600 * PER_S
    for place in range(first, hours.stop * 3600 * PER_S):
        code = camera << 18 | place
        for cell in range(CELLS):
            plane[: SIZE[1], cell * 16 : cell * 16 + 16] = 220 if code >> (CELLS - 1 - cell) & 1 else 30
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts = place - first
        for packet in encoder.encode(frame):
            yield place, bytes(packet)


def nal_units(data: bytes) -> list[bytes]:
    """Between start codes of three or four bytes."""
    found = [part.rstrip(b"\0") for part in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")]
    return [part for part in found if part]


def fragments(camera: int, hours: range, begins_us: int) -> list[Fragment]:
    """As ingest would have published them."""
    made: list[Fragment] = []
    fragmenter: Fragmenter | None = None
    for place, data in pictures(camera, hours):
        units = nal_units(data)
        sets = tuple(unit for unit in units if unit[0] & 31 in (7, 8))
        if fragmenter is None:
            run = f"{camera:08x}{hours.start:08x}"
            fragmenter = Fragmenter(StreamFormat(video_format("h264", sets)), run, 90_000 * GOP_S)
        slices = [unit for unit in units if unit[0] & 31 in (1, 5)]
        parts = [piece for unit in slices for piece in (len(unit).to_bytes(4, "big"), unit)]
        at_us = begins_us + place * 1_000_000 // PER_S
        is_idr = slices[0][0] & 31 == 5
        unit = AccessUnit(parts, sum(map(len, parts)), place * 90_000 // PER_S, is_idr, at_us)
        made += fragmenter.push_video(unit, at_us)
    assert fragmenter is not None
    return [*made, *fragmenter.flush()]


async def fill(there: Installation, begins_us: int) -> int:
    """Store the day; returns how many segments that are."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            (camera, loop.run_in_executor(pool, fragments, camera, range(hour, hour + 6), begins_us))
            for camera in range(len(CAMERAS))
            for hour in range(0, 24, 6)
        ]
        counts = await asyncio.gather(
            *(
                _store_in_turn(there, camera, [job for of, job in jobs if of == camera], begins_us)
                for camera in range(3)
            )
        )
    return sum(counts)


async def _store_in_turn(
    there: Installation, camera: int, jobs: Sequence[asyncio.Future[list[Fragment]]], begins_us: int
) -> int:
    of = StreamRef(CameraRef("school", CAMERAS[camera]), "main")
    return sum([await _store(there, of, await job, begins_us) for job in jobs])


async def _store(there: Installation, of: StreamRef, made: list[Fragment], begins_us: int) -> int:
    hole = [begins_us + each * 1_000_000 for each in HOLE_S] if of.camera.camera == CAMERAS[0] else [0, 0]
    segmenter = Segmenter(of, 20.0)
    cuts: list[Cut] = []
    for number, fragment in enumerate(made):
        if not hole[0] <= fragment.header.captured_us < hole[1]:
            cut = segmenter.take(StoredFragment(number, fragment))
            cuts += [cut] if cut is not None else []
    last = segmenter.close()
    cuts += [last] if last is not None else []
    await asyncio.gather(*(_put(there.objects, cut) for cut in cuts))
    head = await there.index.head(of)
    for cut in cuts:
        is_behind = head is not None and cut.segment.starts_us - head.ends_us > 1_000_000
        gap = Gap(head.ends_us, cut.segment.starts_us, "port_closed") if head is not None and is_behind else None
        head = await there.index.append(cut.segment, 0, gap, head)
    return len(cuts)


async def _put(objects: ObjectStore, cut: Cut) -> None:
    await objects.put(cut.segment.object_name, b"".join(cut.parts), "video/mp4")


def seek_all(stack: Stack, begins_ms: float, seeks: int, seed: int) -> dict[str, Any]:
    """Milliseconds of each seek, and the seeks that showed something else."""
    chance = random.Random(seed)
    took: list[float] = []
    wrong: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = chromium.new_page(base_url=stack.url, viewport={"width": 1280, "height": 800})
        page.goto("/login?next=/playback")
        page.fill("#password", stack.admin_password)
        page.click("button[type=submit]")
        page.wait_for_selector(".playback .tile")
        for camera, name in enumerate(CAMERAS):
            page.goto(f"/playback?cameras={name}&at={begins_ms + 1000:.0f}")
            _shown(page, name, begins_ms + 1000)
            for _ in range(seeks // len(CAMERAS) + (camera < seeks % len(CAMERAS))):
                second = chance.uniform(10, DAY_S - 10)
                page.evaluate("ms => window.__bkPlayback.seek(ms)", begins_ms + second * 1000)
                wanted_s = HOLE_S[1] if camera == 0 and HOLE_S[0] <= second < HOLE_S[1] else second
                took.append(_shown(page, name, begins_ms + wanted_s * 1000))
                code = page.evaluate(READ)
                if code != (camera << 18 | int(wanted_s * PER_S)):
                    wrong.append(f"{name} at {second:.3f} s shows {code & 0x3FFFF} of camera {code >> 18}")
        timeline = Api(stack.url, stack.admin_password)
        chromium.close()
    gaps = _gaps(timeline, begins_ms)
    timeline.close()
    return {"took": took, "wrong": wrong, "gaps": gaps}


def _gaps(api: Api, begins_ms: float) -> list[Any]:
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begins_ms / 1000))
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begins_ms / 1000 + DAY_S))
    answer = api.http.get(f"/cameras/{CAMERAS[0]}/timeline", params={"start": start, "end": end})
    return list(answer.json()["gaps"])


def _shown(page: Page, camera: str, at_ms: float) -> float:
    deadline = time.monotonic() + 20
    while True:
        told = page.evaluate("camera => window.__bkRecorded?.[camera] ?? null", camera)
        is_there = told and told["phase"] == "ready" and told["firstFrameMs"] is not None
        if is_there and abs(told["atMs"] - at_ms) < 1000:
            return float(told["firstFrameMs"])
        assert time.monotonic() < deadline, (camera, at_ms, told)
        page.wait_for_timeout(20)


def measure(seeks: int, seed: int) -> None:
    # Yesterday, from a whole hour on; behind the hour that goes on now nothing is recorded.
    begins_s = (int(time.time()) // 3600 - 30) * 3600
    with tempfile.TemporaryDirectory() as name:
        stack = Stack(Path(name) / "data", demo=0)
        stack.start()
        try:
            api = Api(stack.url, stack.admin_password)
            api.site("school")
            for camera in CAMERAS:
                api.add(camera, "rtsp://127.0.0.1:9/none")
            api.close()
            began = time.monotonic()
            segments = asyncio.run(_fill(stack, begins_s * 1_000_000))
            filled_s = time.monotonic() - began
            found = seek_all(stack, begins_s * 1000, seeks, seed)
        finally:
            stack.stop()
    took = found["took"]
    conditions = {
        "recorded": f"24 h x {len(CAMERAS)} cameras, {segments} segments, made in {filled_s:.0f} s",
        "seeks": len(took),
        "seed": seed,
        "wrong_pictures": len(found["wrong"]),
        "gaps_on_the_timeline": [f"{gap['start']} to {gap['end']}: {gap['cause']}" for gap in found["gaps"]],
        "browser": "Chromium, playback page of the console",
    }
    p95 = [statistics.quantiles(took, n=20)[-1]]
    rows = [
        row("seek to first picture, median", took, None, "ms", is_higher_better=False, conditions=conditions, digits=1),
        row("seek to first picture, p95", p95, None, "ms", is_higher_better=False, conditions=conditions, digits=1),
    ]
    say(rows, found, "seek")
    for line in found["wrong"][:20]:
        print("wrong:", line)


async def _fill(stack: Stack, begins_us: int) -> int:
    there = Installation(stack.data)
    assert isinstance(there.index, PostgresIndex)
    return await fill(there, begins_us)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    measure(chosen.seeks, chosen.seed)


if __name__ == "__main__":
    main()
