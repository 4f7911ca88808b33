"""Following live streams over a NATS that hangs: what was begun and could not be followed is given back."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.camera_feeds import CameraFeeds
from services.detector.camera_feed import CameraFeed
from services.detector.diagnosis.keeping import Kept
from services.detector.picture_eye import new_eye
from shared.bus import Bus, BusUnreachable
from shared.clock import FakeClock
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.subjects import CameraRef
from tests.bus.nats_server import PASSWORDS, NatsServer

COOK = CameraRef("school", "cook-1")
DESIRED = DesiredCamera(site="school", camera="cook-1", name="n", main=DesiredStream(url="rtsp://10.0.0.7/1"))


async def test_a_feed_that_cannot_be_followed_is_given_back(tmp_path: Path) -> None:
    server = NatsServer(tmp_path)
    server.start()
    bus = await Bus.connect(server.url, name="test detector", user="detector", password=PASSWORDS["detector"])
    begun: list[CameraFeed] = []
    gone: list[CameraFeed] = []

    def new_feed(desired: DesiredCamera) -> CameraFeed:
        plan = desired.analysis
        eye = new_eye(COOK, plan, lambda: None, Kept())
        begun.append(CameraFeed(COOK, plan, CameraDecoder(), eye, lambda picture: None))
        return begun[-1]

    feeds = CameraFeeds(bus, FakeClock(), new_feed, lambda feed: None, gone.append, lambda fact: None)
    feeds.keep({COOK: DESIRED})
    try:
        server.signal(signal.SIGSTOP)
        for _ in range(2):
            with pytest.raises(BusUnreachable):
                await feeds.run_once()
        assert feeds.feeds() == []
        assert len(begun) == 2
        assert gone == begun
        server.signal(signal.SIGCONT)
    finally:
        await bus.close()
        server.stop(signal.SIGKILL)
