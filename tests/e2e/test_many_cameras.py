"""Proof 3: 31 cameras of 1080p25 at 4 Mbit/s pulled at once by one worker, none of their pictures missing."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from shared import subjects
from shared.bus import Bus
from shared.embedded.ports import HOST, free_port
from shared.embedded.process import Process, answers
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState, DesiredCamera, DesiredStream
from shared.subjects import CameraRef
from tests.e2e.plant import Plant

CAMERAS = [CameraRef("school", f"many-{number}") for number in range(1, 32)]
WATCHED_S = 6.0


async def test_31_cameras_at_once(plant: Plant, bus: Bus, tmp_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", f"--count={len(CAMERAS)}", f"--port={port}"]
    told = os.environ | {"BK_SIMULATE_CACHE": str(tmp_path / "footage")}
    simulator = Process("simulator", [*words, "--kind=bench"], tmp_path / "simulator.log", env=told)
    await simulator.start()
    try:
        await simulator.until_ready(lambda: answers(HOST, port), 90.0)  # the footage is composed first
        await plant.add_worker("only")
        desired, states = await bus.kv("cameras"), await bus.kv("camera_states")
        for number, camera in enumerate(CAMERAS, 1):
            source = DesiredStream(url=f"rtsp://{HOST}:{port}/cam/{number}", transport="tcp")
            wanted = DesiredCamera(site=camera.site, camera=camera.camera, name=camera.camera, main=source)
            await desired.put(camera.key, wanted.encode())
        async with asyncio.timeout(40):
            for camera in CAMERAS:
                while True:
                    entry = await states.get(camera.key)
                    if entry is not None and entry.value and CameraState.decode(entry.value).condition == "online":
                        break
                    await asyncio.sleep(0.1)
        heard: dict[CameraRef, list[Fragment]] = {camera: [] for camera in CAMERAS}
        for camera in CAMERAS:
            await bus.subscribe_media(subjects.media(camera, "main"), heard[camera].append)
        await asyncio.sleep(WATCHED_S)
    finally:
        await simulator.stop(5.0)
    for camera in CAMERAS:
        headers = [fragment.header for fragment in heard[camera]]
        assert len({header.run for header in headers}) == 1
        assert [header.seq for header in headers] == list(range(headers[0].seq, headers[0].seq + len(headers)))
        filmed_s = sum(header.duration_90k for header in headers) / 90_000
        assert filmed_s > WATCHED_S - 1.5
        assert sum(len(fragment.payload) for fragment in heard[camera]) * 8 / filmed_s > 3_000_000
