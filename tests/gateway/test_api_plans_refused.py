"""Plans of a camera that cannot be: refused, with the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = [[0, 0], [1, 1]]
OUTSIDE = [[0, 0], [1, 1], [2, 0]]


@pytest.mark.parametrize(
    ("part", "plan", "field"),
    [
        ("recording", {"retention_days": 6}, "recording.retention_days"),
        ("recording", {"mode": "calendar"}, "recording"),
        ("recording", {"mode": "sometimes"}, "recording.mode"),
        ("recording", {"time_zone": "Mars/Olympus"}, "recording.time_zone"),
        ("recording", {"stream": "sub"}, "recording.stream"),
        (
            "recording",
            {"mode": "calendar", "windows": [{"days": [8], "start": "06:00", "end": "18:00"}]},
            "recording.windows.0.days.0",
        ),
        (
            "recording",
            {"mode": "calendar", "windows": [{"days": [1], "start": "24:00", "end": "18:00"}]},
            "recording.windows.0.start",
        ),
        ("analysis", {"rate_hz": 0}, "analysis.rate_hz"),
        ("analysis", {"rate_hz": 26}, "analysis.rate_hz"),
        ("analysis", {"stream": "sub"}, "analysis.stream"),
        ("analysis", {"zones": [{"id": "a", "purpose": "x", "polygon": LINE}]}, "analysis.zones.0.polygon"),
        ("analysis", {"masks": [{"id": "a", "purpose": "x", "polygon": OUTSIDE}]}, "analysis.masks.0.polygon.2.0"),
        ("analysis", {"time_zone": "Mars/Olympus"}, "analysis.time_zone"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_field(
    gateway: Gateway, part: str, plan: dict[str, Any], field: str
) -> None:
    async with gateway.client(await gateway.token()) as client:
        await client.post("/sites", json={"id": "planned", "name": "Planned"})
        camera = {"id": "plan-2", "site": "planned", "name": "Wok", "main": {"url": "rtsp://127.0.0.1:1/a"}}
        answer = await client.post("/cameras", json=camera | {part: plan})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
