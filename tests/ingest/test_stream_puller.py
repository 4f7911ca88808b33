"""One connection of one stream: the watch over its pictures."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from services.ingest.adapters.stream_puller import StreamPuller
from services.ingest.conditions import STARTING, CameraFrozen, Finding
from services.ingest.fleet import StreamRef
from shared.clock import FakeClock
from shared.media.formats import StreamFormat
from shared.subjects import CameraRef


class SilentSource:
    """Connects and sends nothing; takes its time to go, as a socket does."""

    async def run(self, sink: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)

    def set_immediate(self, is_immediate: bool) -> None: ...


class Findings:
    def __init__(self) -> None:
        self.found_list: list[Finding] = []

    def found(self, stream: StreamRef, finding: Finding) -> None:
        self.found_list.append(finding)

    def run_began(self, stream: StreamRef, run: str, fmt: StreamFormat, why: str) -> None: ...


async def test_a_frozen_camera_is_let_go_once_however_often_it_is_looked_at() -> None:
    clock, findings = FakeClock(), Findings()
    normaliser = SimpleNamespace(
        figures=SimpleNamespace(pictures=0, lost_packets=0), watch=lambda on: None, finish=lambda: None
    )
    puller = StreamPuller(
        StreamRef(CameraRef("school", "wok"), "main"),
        SilentSource,
        lambda _: normaliser,  # type: ignore[arg-type,return-value]
        findings,
        clock,
        frozen_after_s=3.5,
        first_picture_limit_s=10.0,
    )
    connection = asyncio.create_task(puller.run_once())
    await asyncio.sleep(0)
    await clock.advance(9.9)
    puller.tick()
    await asyncio.sleep(0.01)
    assert not connection.done()
    await clock.advance(0.2)
    puller.tick()
    await asyncio.sleep(0.01)  # the limit has expired; the source is still going
    puller.tick()
    with pytest.raises(CameraFrozen):
        await connection
    assert findings.found_list[0] == STARTING
    assert [finding.reason_code for finding in findings.found_list[1:]] == ["frozen"]
    puller.tick()
