"""What recording one camera costs the recorder, hashed and indexed in S3, beside ffmpeg segmenting to disk.

The whole product runs (`bk up`) on simulated cameras (1080p25, 4 Mbit/s H.264, RTSP over TCP); afterwards one `ffmpeg
-c copy -f segment` a camera pulls the same cameras. The recorder receives from NATS what ingest pulls, so ffmpeg's
figure holds the pulling too: ingest's is measured beside.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.bench.bench_ingest import PASSWORD, USER, simulator
from tests.bench.process_cost import cost_of, resident_mb
from tests.bench.rows import row, say
from tests.e2e.live_client import Api
from tests.stack import Stack

WINDOWS = 3
SETTLE_S = 45.0  # two segments: every stream has found its pace


async def measure(cameras: int, seconds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with simulator(cameras, 1, folder) as (urls, _):
            ours = await asyncio.to_thread(_ours, folder, urls, seconds)
            theirs = await _ffmpeg(folder, urls, seconds)
    _report(cameras, seconds, ours, theirs)


def _ours(folder: Path, urls: list[str], seconds: int) -> dict[str, Any]:
    stack = Stack(folder / "data", demo=0)
    stack.start()
    try:
        pids = {name: stack.pid_of(name) for name in ("recorder", "ingest")}
        servers = {name: stack.pid_of(name) for name in ("nats-server", "weed")}
        base_mb = resident_mb(pids["recorder"])
        api = Api(stack.url, stack.admin_password)
        api.site("school")
        for number, url in enumerate(urls, 1):
            api.add(f"camera-{number}", url, transport="tcp", username=USER, password=PASSWORD)
        time.sleep(SETTLE_S)
        samples: dict[str, list[float]] = {name: [] for name in (*pids, *servers)}
        peak_mb = 0.0
        stored_mbps: list[float] = []
        for _ in range(WINDOWS):
            bytes_before, began = _stored_bytes(pids["recorder"]), time.monotonic()
            before = {name: cost_of([pid]) for name, pid in (pids | servers).items()}
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(0.25)
                peak_mb = max(peak_mb, resident_mb(pids["recorder"]))
            for name, pid in (pids | servers).items():
                samples[name].append(cost_of([pid]).percent_since(before[name]))
            took_s = time.monotonic() - began
            stored_mbps.append((_stored_bytes(pids["recorder"]) - bytes_before) * 8 / 1e6 / took_s)
        api.close()
        return samples | {"peak_mb": peak_mb - base_mb, "stored_mbps": stored_mbps}
    finally:
        stack.stop()


def _stored_bytes(pid: int) -> float:
    """Of segments that are in S3 and in the index, as the recorder counts them."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    port = next(each.split("=", 1)[1] for each in environment if each.startswith("BK_HTTP_PORT="))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith("bk_recorder_bytes_total ")), 0.0)


async def _ffmpeg(folder: Path, urls: list[str], seconds: int) -> list[float]:
    processes = [
        await asyncio.create_subprocess_exec(
            "ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url.replace("//", f"//{USER}:{PASSWORD}@"),
            "-c", "copy", "-f", "segment", "-segment_time", "20", "-reset_timestamps", "1",
            str(folder / f"{number}-%05d.mp4"),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )
        for number, url in enumerate(urls)
    ]  # fmt: skip
    try:
        await asyncio.sleep(8.0 + len(urls) * 0.05)
        pids = [process.pid for process in processes]
        samples = []
        for _ in range(WINDOWS):
            before = cost_of(pids)
            await asyncio.sleep(seconds)
            samples.append(cost_of(pids).percent_since(before))
        return samples
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*(process.wait() for process in processes))


def _report(cameras: int, seconds: int, ours: dict[str, Any], theirs: list[float]) -> None:
    conditions = {
        "cameras": cameras,
        "video": "1080p25 H.264 4 Mbit/s, TCP",
        "windows": f"{WINDOWS} x {seconds} s",
        "cores": os.cpu_count(),
        "peer": "ffmpeg -c copy -f segment -segment_time 20 to disk, a process a camera, pulling included",
    }

    def a_camera(samples: list[float]) -> list[float]:
        return [value / cameras for value in samples]

    def lower(name: str, samples: list[float], peer: list[float] | None, unit: str) -> dict[str, Any]:
        return row(name, samples, peer, unit, is_higher_better=False, conditions=conditions)

    peer = a_camera(theirs)
    rows = [
        lower("recorder CPU per camera", a_camera(ours["recorder"]), peer, "% of a core"),
        lower("ingest CPU per camera, beside it", a_camera(ours["ingest"]), None, "% of a core"),
        lower("nats-server CPU per camera, beside it", a_camera(ours["nats-server"]), None, "% of a core"),
        lower("S3 server CPU per camera, beside it", a_camera(ours["weed"]), None, "% of a core"),
        lower("recorder memory above its base, most", [ours["peak_mb"]], None, "MB"),
        row(
            "stored in S3 and indexed", ours["stored_mbps"], None, "Mbit/s", is_higher_better=True,
            conditions=conditions, digits=1,
        ),
    ]  # fmt: skip
    say(rows, {"ours": ours, "peer_percent": theirs}, "recorder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--seconds", type=int, default=20, help="length of each of three windows")
    told = parser.parse_args()
    asyncio.run(measure(told.cameras, told.seconds))


if __name__ == "__main__":
    main()
