"""Recording plans through the API: kept, told to the bus, and refused in words where they cannot be."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from shared.messages.cameras import DesiredCamera
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALENDAR = {
    "mode": "calendar",
    "retention_days": 15,
    "windows": [{"days": [1, 2, 3, 4, 5], "start": "06:00", "end": "18:30"}],
    "time_zone": "Asia/Shanghai",
}


async def told(gateway: Gateway, camera: str, is_so: Any) -> DesiredCamera:
    bucket = await gateway.observer.kv("cameras")
    began = time.monotonic()
    while time.monotonic() - began < 10:
        entry = await bucket.get(CameraRef("planned", camera).key)
        if entry is not None and entry.value is not None:
            desired = DesiredCamera.decode(entry.value)
            if is_so(desired):
                return desired
        await asyncio.sleep(0.05)
    raise AssertionError("the bus was not told")


async def test_a_plan_is_kept_and_told(gateway: Gateway) -> None:
    async with gateway.client(await gateway.token()) as client:
        await client.post("/sites", json={"id": "planned", "name": "Planned"})
        body = {"id": "plan-1", "site": "planned", "name": "Wok", "main": {"url": "rtsp://127.0.0.1:1/a"}}
        made = await client.post("/cameras", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["recording"]["mode"] == "continuous"
        assert made.json()["recording"]["retention_days"] == 30
        changed = await client.patch("/cameras/plan-1", json={"recording": CALENDAR})
        assert changed.status_code == 200, changed.text
        assert {name: changed.json()["recording"][name] for name in CALENDAR} == CALENDAR
        desired = await told(gateway, "plan-1", lambda desired: desired.recording.mode == "calendar")
        assert desired.recording.retention_days == 15
        assert [(each.from_minute, each.to_minute) for each in desired.recording.windows] == [(360, 1110)]
        await client.patch("/sites/planned", json={"recordings_gb": 500})
        desired = await told(gateway, "plan-1", lambda desired: desired.site_budget_bytes is not None)
        assert desired.site_budget_bytes == 500 * 10**9
        await client.delete("/cameras/plan-1")
