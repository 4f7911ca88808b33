"""Proof 4: kill -9 of an ingest worker among two; its cameras come from the other, and the hole is in the facts."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from shared import subjects
from shared.bus import Bus
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process, answers
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState, DesiredCamera, DesiredStream
from shared.messages.ingest import CameraCameOnline
from shared.sealing import new_key
from shared.subjects import SERVICES, CameraRef
from tests.peers.gst import GstCamera

CAMERAS = [CameraRef("school", f"camera-{number}") for number in range(1, 7)]
PASSWORDS = {name: f"{name}-test" for name in SERVICES}


class Plant:
    """A bus and two ingest workers."""

    def __init__(self, folder: Path):
        (folder / "logs").mkdir()
        self._folder = folder
        self._key = new_key()
        self.nats = EmbeddedNats(folder, Ports(folder / "ports.json"), PASSWORDS, store_bytes_max=4 * 1024**3)
        self.workers: dict[str, Process] = {}

    async def add_worker(self, name: str) -> None:
        port = free_port()
        told = {
            "BK_NATS_URL": self.nats.url,
            "BK_NATS_USER": "ingest",
            "BK_NATS_PASSWORD": PASSWORDS["ingest"],
            "BK_HTTP_PORT": str(port),
            "BK_SECRET_KEY": self._key,
            "BK_ALLOW_LOOPBACK_CAMERAS": "true",
            "BK_WORKER_ID": name,
            "BK_MEDIA_MAX_BYTES": str(256 * 1024**2),
        }
        process = Process(
            name, [sys.executable, "-m", "services.ingest"], self._folder / f"{name}.log", env=os.environ | told
        )
        await process.start()
        await process.until_ready(lambda: answers(HOST, port), 30.0)
        self.workers[name] = process

    async def stop(self) -> None:
        for process in self.workers.values():
            await process.stop(8.0)
        await self.nats.stop()


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    made = Plant(tmp_path)
    await made.nats.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def bus(plant: Plant) -> AsyncIterator[Bus]:
    connected = await Bus.connect(plant.nats.url, name="test", user="gateway", password=PASSWORDS["gateway"])
    yield connected
    await connected.close()


async def until(is_true: Callable[[], Awaitable[bool]], limit_s: float) -> float:
    began = time.monotonic()
    while not await is_true():
        assert time.monotonic() - began < limit_s, f"not so after {limit_s} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.gstreamer
async def test_cameras_of_a_killed_worker_are_back_within_6_s(plant: Plant, bus: Bus) -> None:
    with GstCamera(width=640, height=480) as gst:
        await plant.add_worker("first")
        await plant.add_worker("second")
        desired = await bus.kv("cameras")
        for camera in CAMERAS:
            wanted = DesiredCamera(
                site=camera.site, camera=camera.camera, name=camera.camera, main=DesiredStream(url=gst.url)
            )
            await desired.put(camera.key, wanted.encode())
        states = await bus.kv("camera_states")

        async def state(camera: CameraRef) -> CameraState | None:
            entry = await states.get(camera.key)
            return CameraState.decode(entry.value) if entry is not None and entry.value is not None else None

        async def spread() -> bool:
            seen = [await state(camera) for camera in CAMERAS]
            online = [one for one in seen if one is not None and one.condition == "online"]
            return len(online) == len(CAMERAS) and len({one.worker for one in online}) == 2

        await until(spread, 30.0)
        victim = (await state(CAMERAS[0])).worker  # type: ignore[union-attr]
        theirs = [camera for camera in CAMERAS if (await state(camera)).worker == victim]  # type: ignore[union-attr]
        heard: dict[CameraRef, list[Fragment]] = {camera: [] for camera in CAMERAS}
        for camera in CAMERAS:
            await bus.subscribe_media(subjects.media(camera, "main"), heard[camera].append)
        facts: list[CameraCameOnline] = []

        async def hear(subject: str, data: bytes, seq: int) -> None:
            facts.append(CameraCameOnline.decode(data))

        await bus.subscribe_facts(subjects.facts("ingest", "camera_came_online"), hear)
        await asyncio.sleep(1.0)
        killed_us = time.time_ns() // 1000
        pid = plant.workers[victim].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        async def back() -> bool:
            return all(any(one.header.captured_us > killed_us + 500_000 for one in heard[camera]) for camera in theirs)

        took_s = await until(back, 15.0)
        print(f"{len(theirs)} cameras of the killed worker back after {took_s:.1f} s")
        assert took_s <= 6.0
        await until(lambda: _has(facts, theirs), 5.0)
        for camera in theirs:
            fact = next(one for one in facts if one.about() == camera)
            assert fact.worker != victim
            assert fact.gap_cause == "worker_lost"
            last_before = [one for one in heard[camera] if one.header.captured_us <= killed_us][-1].header
            end_us = last_before.captured_us + last_before.duration_90k * 100 // 9
            assert fact.gap_from_us is not None
            assert abs(fact.gap_from_us - end_us) < 300_000
            assert fact.gap_to_us is not None
            assert 0 < fact.gap_to_us - fact.gap_from_us < 6_500_000
        others = [camera for camera in CAMERAS if camera not in theirs]
        for camera in others:
            arrivals = [one.header.received_us for one in heard[camera]]
            assert max(later - earlier for earlier, later in itertools.pairwise(arrivals)) < 1_000_000


async def _has(facts: list[CameraCameOnline], cameras: list[CameraRef]) -> bool:
    return {fact.about() for fact in facts} >= set(cameras)
