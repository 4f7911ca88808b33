"""First picture and picture latency in Chromium, read from the pixels: camera's write to the browser's screen.

A simulated camera (1080p25, 4 Mbit/s, 2 s a GOP) burns the number of each picture into it and remembers when it wrote
it; the console plays it in headless Chromium; the number is read back from the <video>. Once as a tile by itself (one
access unit a fragment), once as a tile among nine (fragments of 200 ms).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from shared.embedded.ports import HOST, free_port
from shared.simulator.footage_bench import bench_footage
from tests.bench.rows import RESULTS, row, say
from tests.e2e.live_client import Api
from tests.stack import Stack

USER, PASSWORD = "bench", "bench-only"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

# Reads the Gray code of shared/simulator/picture_index.py from the picture that is on the screen now. Two lines of its
# luma are copied: to draw the whole picture on a canvas takes the page's thread for longer than half a picture lasts,
# and what is measured then is that.
READER = """
() => {
  const video = document.querySelector("video");
  window.__seen = [];
  const blocks = 17, perWidth = 60;
  const onFrame = (now, frame) => {
    // expectedDisplayTime: when the compositor means to show it, never earlier than now
    const shown = performance.timeOrigin + Math.max(performance.now(), frame.expectedDisplayTime);
    video.requestVideoFrameCallback(onFrame);
    const picture = new VideoFrame(video);
    const side = picture.codedWidth / perWidth;
    const rect = { x: 0, y: 2 * Math.floor(side / 4), width: 2 * Math.ceil(side * blocks / 2), height: 2 };
    if (!/^(I420|NV12)$/.test(picture.format ?? "")) { picture.close(); return; }
    const bytes = new Uint8Array(picture.allocationSize({ rect }));
    picture.copyTo(bytes, { rect }).then(([luma]) => {
      let index = 0, last = 0, ones = 0, bits = [];
      for (let i = 0; i < blocks; i++) {
        const bit = bytes[luma.offset + Math.floor((i + 0.5) * side)] > 127 ? 1 : 0;
        ones += bit; bits.push(bit);
      }
      for (const bit of bits.slice(0, 16)) { last ^= bit; index = (index << 1) | last; }
      if (ones & 1) window.__seen.push([shown * 1000, index]);
      picture.close();
    }, () => picture.close());
  };
  video.requestVideoFrameCallback(onFrame);
}
"""


@contextmanager
def simulator(folder: Path) -> Iterator[tuple[str, int]]:
    """(address of camera 1, control port)."""
    port, control = free_port(), free_port()
    words = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", "--count=1", f"--port={port}"]
    words += [f"--file={bench_footage(RESULTS / 'footage')}", f"--user={USER}", f"--control-port={control}"]
    with (folder / "simulator.log").open("wb") as log:
        child = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"BK_SIMULATE_PASSWORD": PASSWORD})
    try:
        yield f"rtsp://{HOST}:{port}/cam/1", control
    finally:
        child.terminate()
        child.wait(10)


def written(control: int) -> list[tuple[float, int]]:
    with urllib.request.urlopen(f"http://{HOST}:{control}/cameras/1", timeout=5) as answer:
        return [(at, index) for at, index in json.load(answer)["written"]]


def first_pictures(page: Page, url: str, rounds: int) -> list[float]:
    """Milliseconds from asking for the stream to its first picture; the stream is warm, the page is loaded."""
    samples = []
    for _ in range(rounds):
        page.click('a[href="/status"]')
        page.wait_for_timeout(700)
        page.click('a[href="/live"]')
        page.wait_for_function(
            "() => Object.values(window.__bk?.tiles ?? {}).some((tile) => tile?.firstPictureMs)", timeout=15_000
        )
        samples.append(
            float(page.evaluate("() => Object.values(window.__bk.tiles).find((tile) => tile).firstPictureMs"))
        )
    return samples


@dataclass(frozen=True, slots=True)
class Shown:
    """Milliseconds from the camera's write to the screen, picture by picture; how many were dropped, of how many."""

    latency_ms: list[float]
    dropped: int
    total: int


def shown(page: Page, url: str, control: int, seconds: int) -> Shown:
    """What the tile of a page shows, after 4 s to settle.

    Drops are counted before pixels are read: reading them takes the time of the thread that shows the pictures.
    """
    page.goto(url)
    page.wait_for_selector(".tile.playing", timeout=15_000)
    page.wait_for_timeout(4000)
    before = quality(page)
    page.wait_for_timeout(seconds * 1000)
    after = quality(page)
    page.evaluate(READER)
    samples: list[float] = []
    for _ in range(max(1, seconds // 5)):
        page.wait_for_timeout(5000)
        seen = page.evaluate("() => window.__seen.splice(0)")
        at = written(control)
        for shown_us, index in seen:
            earlier = [us for us, number in at if number == index and us <= shown_us]
            if earlier:
                samples.append((shown_us - max(earlier)) / 1000)
    return Shown(samples, after[0] - before[0], after[1] - before[1])


def quality(page: Page) -> tuple[int, int]:
    told = page.evaluate(
        "() => { const q = document.querySelector('video').getVideoPlaybackQuality();"
        " return [q.droppedVideoFrames, q.totalVideoFrames]; }"
    )
    return int(told[0]), int(told[1])


def measure(rounds: int, seconds: int) -> None:
    with tempfile.TemporaryDirectory() as name, simulator(Path(name)) as (camera_url, control):
        stack = Stack(Path(name) / "data", demo=0)
        stack.start()
        try:
            api = Api(stack.url, stack.admin_password)
            api.site("school")
            api.add("bench", camera_url, transport="tcp", username=USER, password=PASSWORD)
            api.until_condition("bench", "online")
            time.sleep(3)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(stack.url)
                page.fill("#password", stack.admin_password)
                page.click("button[type=submit]")
                page.wait_for_selector("#password", state="detached", timeout=15_000)
                page.goto(f"{stack.url}/live?n=1")
                page.wait_for_selector(".tile.playing", timeout=15_000)
                firsts = first_pictures(page, stack.url, rounds)
                alone = shown(page, f"{stack.url}/live?n=1", control, seconds)
                among = shown(page, f"{stack.url}/live?n=9", control, seconds)
                version = browser.version
                browser.close()
            api.close()
        finally:
            stack.stop()
    report(firsts, alone, among, version)


def report(firsts: list[float], alone: Shown, among: Shown, version: str) -> None:
    conditions: dict[str, Any] = {
        "video": "1080p25 H.264 4 Mbit/s, GOP 2 s, without sound",
        "browser": f"Chromium {version}, headless, no GPU",
        "cores": os.cpu_count(),
        "rounds": len(firsts),
    }
    rows = [lower("first picture, warm stream, median", firsts, "ms", conditions)]
    for way, seen in ("one picture a fragment", alone), ("fragments of 200 ms", among):
        read = conditions | {"pictures_read": len(seen.latency_ms)}
        ordered = sorted(seen.latency_ms)
        rows.append(lower(f"picture latency, {way}, median", ordered, "ms", read))
        rows.append(lower(f"picture latency, {way}, p95", [ordered[int(len(ordered) * 0.95)]], "ms", read))
        rows.append(lower(f"dropped of {seen.total}, {way}", [float(seen.dropped)], "pictures", read))
    samples = {"first_picture_ms": firsts, "latency_ms": alone.latency_ms, "latency_grouped_ms": among.latency_ms}
    say(rows, samples, "live")


def lower(name: str, samples: list[float], unit: str, conditions: dict[str, Any]) -> dict[str, Any]:
    return row(name, samples, None, unit, is_higher_better=False, conditions=conditions, digits=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often the first picture is measured")
    parser.add_argument("--seconds", type=int, default=20, help="how long latency is read")
    told = parser.parse_args()
    measure(told.rounds, told.seconds)


if __name__ == "__main__":
    main()
