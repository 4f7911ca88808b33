"""What publishing fragments costs the publisher's process, beside nats-py's own publish_async; JSON lines.

Both are paced as ingest is: a turn every 40 ms gives what cameras had to say meanwhile to the bus at once.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvloop
from nats.aio.client import Client

from shared import subjects
from shared.bus import Bus
from shared.bus.streams import MEDIA, Limits
from shared.media.fragment import Fragment, FragmentHeader
from tests.bench.rows import row, say
from tests.bus.nats_server import PASSWORDS, NatsServer

CAMERAS = 31
TICK_S = 0.04
ROUNDS = 3
INFLIGHT = 256  # unacknowledged messages that publish_async may have, as a careful user of it would allow


@dataclass(frozen=True)
class Load:
    name: str
    per_second: int
    size_bytes: int


LOADS = (Load("publish_155x100kB", 155, 100_000), Load("publish_775x20kB", 775, 20_000))
SUBJECTS = [subjects.media(subjects.CameraRef("bench", f"camera-{number}"), "main") for number in range(CAMERAS)]

PublishTurn = Callable[[list[tuple[str, Fragment]]], Awaitable[None]]


def _fragments(load: Load) -> list[Fragment]:
    payload = os.urandom(load.size_bytes)
    return [
        Fragment(
            FragmentHeader(
                f"{number:016x}", 0, 0, 18_000, 1_700_000_000_000_000, 1_700_000_000_000_000,
                False, 0, "avc1.640028,mp4a.40.2", "0" * 64,
            ),
            payload,
        )
        for number in range(CAMERAS)
    ]  # fmt: skip


async def _paced_cpu_us(load: Load, seconds: float, publish: PublishTurn) -> float:
    """CPU of this process per message, microseconds, its own pacing taken off."""
    fragments = _fragments(load)
    sent = 0
    began = time.monotonic()
    cpu = time.process_time()
    while (elapsed := time.monotonic() - began) < seconds:
        due = int(elapsed * load.per_second)
        await publish([(SUBJECTS[n % CAMERAS], fragments[n % CAMERAS]) for n in range(sent, due)])
        sent = due
        await asyncio.sleep(TICK_S)
    return (time.process_time() - cpu) / sent * 1e6


async def _ours(server: NatsServer, load: Load, seconds: float) -> float:
    bus = await Bus.connect(server.url, name="bench", user="ingest", password=PASSWORDS["ingest"])
    await bus.ensure_stream(MEDIA, Limits(600, 1 << 30))
    publisher = await bus.media_publisher(lambda *gap: None, 256 << 20)

    async def publish(turn: list[tuple[str, Fragment]]) -> None:
        for subject, fragment in turn:
            publisher.publish(subject, fragment)

    cpu_us = await _paced_cpu_us(load, seconds, publish)
    async with asyncio.timeout(5):
        while not publisher.is_settled:
            await asyncio.sleep(0.05)
    await bus.close()
    return cpu_us


async def _nats_py(server: NatsServer, load: Load, seconds: float) -> float:
    client = Client()
    await client.connect(server.url, user="ingest", password=PASSWORDS["ingest"], inbox_prefix="_INBOX_ingest")
    js = client.jetstream(publish_async_max_pending=INFLIGHT)

    async def publish(turn: list[tuple[str, Fragment]]) -> None:
        for subject, fragment in turn:
            header = fragment.header
            headers = {
                "Bk-Run": header.run,
                "Bk-Seq": str(header.seq),
                "Bk-Pts": str(header.pts_90k),
                "Bk-Dur": str(header.duration_90k),
                "Bk-Cap": str(header.captured_us),
                "Bk-Rcv": str(header.received_us),
                "Bk-Idr": "0",
                "Bk-Init": "0",
                "Bk-Codecs": header.codecs,
                "Bk-Sha256": header.sha256,
            }
            await js.publish_async(subject, fragment.payload, headers=headers)

    cpu_us = await _paced_cpu_us(load, seconds, publish)
    await js.publish_async_completed()
    await client.close()
    return cpu_us


async def _idle(server: NatsServer, load: Load, seconds: float) -> float:
    async def publish(turn: list[tuple[str, Fragment]]) -> None:
        """Only the pacing."""

    return await _paced_cpu_us(load, seconds, publish)


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder))
        server.start()
        try:
            for load in LOADS:
                _measure(server, load, seconds)
        finally:
            server.stop()


def _measure(server: NatsServer, load: Load, seconds: float) -> None:
    samples: dict[str, list[float]] = {"ours": [], "nats_py": [], "pacing": []}
    for _ in range(ROUNDS):
        for name, measure in (("pacing", _idle), ("ours", _ours), ("nats_py", _nats_py)):
            samples[name].append(uvloop.run(measure(server, load, seconds)))
    pacing = statistics.median(samples["pacing"])
    conditions = {
        "per_second": load.per_second,
        "size_bytes": load.size_bytes,
        "subjects": CAMERAS,
        "turn_ms": TICK_S * 1000,
        "what": "CPU of the publisher's process, its pacing taken off; uvloop, JetStream on file, acknowledged",
        "peer": "nats-py publish_async",
    }
    ours, peer = ([sample - pacing for sample in samples[name]] for name in ("ours", "nats_py"))
    unit = "us of CPU per message"
    say([row(load.name, ours, peer, unit, is_higher_better=False, conditions=conditions, digits=1)], samples, "publish")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4)
