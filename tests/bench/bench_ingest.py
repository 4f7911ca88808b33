"""What one camera costs ingest while publishing to NATS, beside ffmpeg pulling the same cameras to nowhere.

Both pull the same simulated cameras (1080p25, 4 Mbit/s H.264, RTSP over TCP with Digest) one after the other in one
run, once with whole pictures a write and once with every picture in 15 pieces, as networks deliver. What a single
camera costs differs by a third from one minute and one process to the next, for both: a single one is measured in nine
turns, each with processes of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import secrets
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.bus import Bus
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process, answers
from shared.messages.cameras import CameraState, DesiredCamera, DesiredStream
from shared.sealing import Sealer, decode_key, new_key
from shared.simulator.footage_bench import bench_footage
from shared.subjects import SERVICES, CameraRef
from tests.bench.process_cost import cost_of, private_mb, resident_mb
from tests.bench.rows import RESULTS, row, say

WINDOWS, WINDOWS_OF_A_TURN = 3, 1
TURNS = 9
USER, PASSWORD = "bench", "bench-only"
ONLINE_LIMIT_S = 120.0
SETTLE_S = 6.0


@dataclass(slots=True)
class Measured:
    """Samples of one way of pulling, a value a window."""

    cpu_percent: list[float] = field(default_factory=list)
    nats_percent: list[float] = field(default_factory=list)
    base_percent: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    received_mbps: float = 0.0
    lost_packets: float = 0.0

    def add(self, turn: Measured) -> None:
        """Another turn of the same."""
        self.cpu_percent += turn.cpu_percent
        self.nats_percent += turn.nats_percent
        self.memory_mb += turn.memory_mb
        self.lost_packets += turn.lost_packets


@contextlib.asynccontextmanager
async def simulator(count: int, pieces: int, folder: Path) -> AsyncIterator[tuple[list[str], int]]:
    """The cameras' addresses (without password) and the simulator's process id."""
    port = free_port()
    argv = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", f"--count={count}", f"--port={port}"]
    argv += [f"--file={bench_footage(RESULTS / 'footage')}", f"--user={USER}", f"--pieces={pieces}"]
    process = Process("simulator", argv, folder / "simulator.log", env=os.environ | {"BK_SIMULATE_PASSWORD": PASSWORD})
    await process.start()
    try:
        await process.until_ready(lambda: answers(HOST, port), 60.0)
        assert process.pid is not None
        yield [f"rtsp://{HOST}:{port}/cam/{number}" for number in range(1, count + 1)], process.pid
    finally:
        await process.stop(5.0)


class Bench:
    """One nats-server for all rounds, an ingest process for each."""

    def __init__(self, folder: Path, seconds: int):
        self._folder = folder
        self._seconds = seconds
        self._passwords = {name: secrets.token_urlsafe(12) for name in SERVICES}
        self._key = new_key()
        self._nats = EmbeddedNats(folder, Ports(folder / "ports.json"), self._passwords, store_bytes_max=20 * 1024**3)
        self._bus: Bus

    async def __aenter__(self) -> Bench:
        (self._folder / "logs").mkdir(exist_ok=True)
        await self._nats.start()
        self._bus = await Bus.connect(self._nats.url, name="bench", user="gateway", password=self._passwords["gateway"])
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._bus.close()
        await self._nats.stop()

    async def ours(self, urls: list[str], windows: int) -> Measured:
        """Ingest pulling `urls`; its base is the same process before it has cameras."""
        port = free_port()
        process = Process(
            "ingest",
            [sys.executable, "-m", "services.ingest"],
            self._folder / "ingest.log",
            env=self._environment(port),
        )
        await process.start()
        try:
            await process.until_ready(lambda: answers(HOST, port), 30.0)
            assert process.pid is not None
            assert self._nats.process.pid is not None
            await asyncio.sleep(3.0)
            base_mb, idle = resident_mb(process.pid), cost_of([process.pid])
            await asyncio.sleep(self._seconds)
            base_percent = cost_of([process.pid]).percent_since(idle)
            cameras = await self._desire(urls)
            await self._until_online(cameras)
            await asyncio.sleep(SETTLE_S)
            measured = Measured(base_percent=base_percent)
            bytes_before, began = await _metrics(port), asyncio.get_running_loop().time()
            for _ in range(windows):
                before, nats_before = cost_of([process.pid]), cost_of([self._nats.process.pid])
                await asyncio.sleep(self._seconds)
                measured.cpu_percent.append(cost_of([process.pid]).percent_since(before))
                measured.nats_percent.append(cost_of([self._nats.process.pid]).percent_since(nats_before))
            bytes_after = await _metrics(port)
            took_s = asyncio.get_running_loop().time() - began
            key = "bk_ingest_bytes_total"
            measured.received_mbps = (bytes_after[key] - bytes_before[key]) * 8 / 1e6 / took_s
            measured.lost_packets = bytes_after.get("bk_ingest_lost_packets_total", 0.0)
            measured.memory_mb.append(resident_mb(process.pid) - base_mb)
            return measured
        finally:
            await self._forget(urls)
            await process.stop(8.0)

    async def ffmpeg(self, urls: list[str], windows: int) -> Measured:
        """One `ffmpeg -c copy -f null -` a camera."""
        processes = [
            await asyncio.create_subprocess_exec(
                "ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url.replace("//", f"//{USER}:{PASSWORD}@"),
                "-c", "copy", "-f", "null", "-",
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )
            for url in urls
        ]  # fmt: skip
        try:
            await asyncio.sleep(SETTLE_S + len(urls) * 0.05)
            pids = [process.pid for process in processes]
            measured = Measured()
            for _ in range(windows):
                before = cost_of(pids)
                await asyncio.sleep(self._seconds)
                measured.cpu_percent.append(cost_of(pids).percent_since(before))
            measured.memory_mb.append(sum(private_mb(pid) for pid in pids))
            dead = [process.pid for process in processes if process.returncode is not None]
            if dead:
                raise SystemExit(f"{len(dead)} ffmpeg processes ended early: the comparison would be void")
            return measured
        finally:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await asyncio.gather(*(process.wait() for process in processes))

    def _environment(self, port: int) -> dict[str, str]:
        return os.environ | {
            "BK_NATS_URL": self._nats.url,
            "BK_NATS_USER": "ingest",
            "BK_NATS_PASSWORD": self._passwords["ingest"],
            "BK_HTTP_PORT": str(port),
            "BK_SECRET_KEY": self._key,
            "BK_ALLOW_LOOPBACK_CAMERAS": "true",
            "BK_MEDIA_MAX_BYTES": str(4 * 1024**3),
        }

    async def _desire(self, urls: list[str]) -> list[CameraRef]:
        bucket = await self._bus.kv("cameras")
        sealer = Sealer([decode_key(self._key)])
        cameras = []
        for number, url in enumerate(urls, 1):
            camera = CameraRef("bench", f"camera-{number}")
            desired = DesiredCamera(
                site=camera.site,
                camera=camera.camera,
                name=camera.camera,
                main=DesiredStream(url=url, transport="tcp"),
                username=USER,
                sealed_password=sealer.seal(PASSWORD, f"camera:{camera}"),
            )
            await bucket.put(camera.key, desired.encode())
            cameras.append(camera)
        return cameras

    async def _forget(self, urls: list[str]) -> None:
        bucket = await self._bus.kv("cameras")
        for number in range(1, len(urls) + 1):
            await bucket.delete(CameraRef("bench", f"camera-{number}").key)

    async def _until_online(self, cameras: list[CameraRef]) -> None:
        bucket = await self._bus.kv("camera_states")
        missing = set(cameras)
        try:
            async with asyncio.timeout(ONLINE_LIMIT_S):
                while missing:
                    for camera in list(missing):
                        entry = await bucket.get(camera.key)
                        if entry is not None and entry.value is not None:
                            state = CameraState.decode(entry.value)
                            if state.condition == "online":
                                missing.discard(camera)
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise SystemExit(f"{len(missing)} of {len(cameras)} cameras did not come online") from None


async def _metrics(port: int) -> dict[str, float]:
    def fetch() -> str:
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    text = await asyncio.to_thread(fetch)
    return {name: float(value) for name, value in re.findall(r"^(\w+) ([\d.e+]+)$", text, re.MULTILINE)}


async def measure(counts: list[int], seconds: int, pieces: list[int], has_peer: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Bench(folder, seconds) as bench:
            for count in counts:
                for piece in pieces:
                    async with simulator(count, piece, folder) as (urls, _):
                        turns, windows = (TURNS, WINDOWS_OF_A_TURN) if count == 1 else (1, WINDOWS)
                        ours = await bench.ours(urls, windows)
                        theirs = await bench.ffmpeg(urls, windows) if has_peer else None
                        for _ in range(turns - 1):
                            ours.add(await bench.ours(urls, windows))
                            if theirs is not None:
                                theirs.add(await bench.ffmpeg(urls, windows))
                    _report(count, piece, seconds, ours, theirs)


def _report(count: int, pieces: int, seconds: int, ours: Measured, theirs: Measured | None) -> None:
    conditions: dict[str, Any] = {
        "cameras": count,
        "pieces_per_picture": pieces,
        "video": "1080p25 H.264 4 Mbit/s, TCP",
        "windows": f"{len(ours.cpu_percent)} x {seconds} s",
        "received_mbps": round(ours.received_mbps, 1),
        "lost_packets": ours.lost_packets,
        "process_without_cameras_percent": round(ours.base_percent, 3),
        "cores": os.cpu_count(),
        "python": sys.version,  # how it was built counts: README, "What it costs"
        "peer": "ffmpeg -c copy -f null, a process a camera",
    }
    shape = f"{count} cameras, {'whole pictures' if pieces == 1 else f'{pieces} pieces a picture'}"
    rows = [
        row(
            f"ingest CPU per camera, {shape}",
            [value / count for value in ours.cpu_percent],
            None if theirs is None else [value / count for value in theirs.cpu_percent],
            "% of a core",
            is_higher_better=False,
            conditions=conditions,
        ),
        row(
            f"nats-server CPU per camera, {shape}",
            [value / count for value in ours.nats_percent],
            None,
            "% of a core",
            is_higher_better=False,
            conditions=conditions,
        ),
        row(
            f"ingest memory per camera above the base, {shape}",
            [value / count for value in ours.memory_mb],
            None if theirs is None else [value / count for value in theirs.memory_mb],
            "MB",
            is_higher_better=False,
            conditions=conditions,
            digits=2,
        ),
    ]
    samples = {
        "ours_cpu_percent": ours.cpu_percent,
        "nats_percent": ours.nats_percent,
        "peer_cpu_percent": None if theirs is None else theirs.cpu_percent,
    }
    say(rows, samples, "ingest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", default="31", help="how many; several separated by commas")
    parser.add_argument("--seconds", type=int, default=20, help="length of each window")
    parser.add_argument("--pieces", default="1,15", help="writes per picture; several separated by commas")
    parser.add_argument("--no-peer", action="store_true", help="only ours")
    told = parser.parse_args()
    counts = [int(part) for part in told.cameras.split(",")]
    pieces = [int(part) for part in told.pieces.split(",")]
    asyncio.run(measure(counts, told.seconds, pieces, not told.no_peer))


if __name__ == "__main__":
    main()
