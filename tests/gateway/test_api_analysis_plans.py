"""Analysis plans through the API: kept, told to the bus, and refused in words where they cannot be."""

from __future__ import annotations

import pytest

from tests.gateway.running_gateway import Gateway
from tests.gateway.test_api_recording_plans import told

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAN = {
    "rate_hz": 2.0,
    "working": [{"days": [1, 2, 3, 4, 5], "start": "05:30", "end": "19:00"}],
    "zones": [{"id": "wok", "purpose": "cooking", "polygon": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}],
    "masks": [{"id": "window", "purpose": "street", "polygon": [[0, 0], [0.2, 0], [0, 0.3]]}],
    "may_repeat": True,
    "view_accepted_at": "2026-11-24T08:00:00Z",
}


async def test_a_plan_is_kept_and_told(gateway: Gateway) -> None:
    async with gateway.client(await gateway.token()) as client:
        await client.post("/sites", json={"id": "planned", "name": "Planned"})
        body = {"id": "look-1", "site": "planned", "name": "Wok", "main": {"url": "rtsp://127.0.0.1:1/a"}}
        made = await client.post("/cameras", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["analysis"]["rate_hz"] == 1.0
        changed = await client.patch("/cameras/look-1", json={"analysis": PLAN})
        assert changed.status_code == 200, changed.text
        assert {name: changed.json()["analysis"][name] for name in PLAN} == PLAN
        desired = (await told(gateway, "look-1", lambda desired: desired.analysis.may_repeat)).analysis
        assert desired.working[0].from_minute == 330
        assert desired.zones[0].polygon[2] == (0.5, 0.9)
        assert desired.view_accepted_us == 1_795_507_200_000_000
        await client.delete("/cameras/look-1")
