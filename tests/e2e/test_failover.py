"""Proof 4: kill -9 of an ingest worker among two; its cameras come from the other, and the hole is in the facts."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Awaitable, Callable

import pytest

from shared import subjects
from shared.bus import Bus
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState, DesiredCamera, DesiredStream
from shared.messages.ingest import CameraCameOnline
from shared.subjects import CameraRef
from tests.e2e.plant import Plant
from tests.peers.gst import GstCamera

CAMERAS = [CameraRef("school", f"camera-{number}") for number in range(1, 7)]


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
