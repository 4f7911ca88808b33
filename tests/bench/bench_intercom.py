"""From a press to the first sound, from mouth to camera, and what a talk costs: GStreamer's ONVIF camera stamps sound.

The whole product (HTTP, bus, floor in KV, WebRTC, RTSP) runs on this machine with the browsers' place taken by aiortc
and by Chromium. A press is timed from the click, before anything is asked, to when the camera has the first packet
that sounds. Mouth to camera is read from chirps: from when a sample is said (a microphone hands a frame over when its
last sample was said) to when the camera may play it. In the same run the floor: aiortc to aiortc, its stock jitter
buffer in between, no product.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import MediaStreamError

from tests.bench.browser_talk import BrowserTalk
from tests.bench.process_cost import cost_of
from tests.bench.rows import row, say
from tests.e2e.live_client import Api
from tests.intercom.chirps import Chirps, CodedChirps
from tests.intercom.heard import Ear, Heard
from tests.intercom.lossy import BadNetwork
from tests.intercom.packets import Packets
from tests.intercom.talker import Talker
from tests.peers.gst import GstCamera
from tests.stack import Stack

LOUD = 3000
LIMIT_S = 10.0
USER, PASSWORD = "bench", "bench-only"
# The camera encodes a picture for each of its sessions: a small one, for it is not what is measured.
# Nor is what its program does between two packets: it draws nothing itself.
PICTURE = {"width": 512, "height": 160, "fps": 25, "bitrate_kbps": 200, "plain": True}
PARTS = ("press", "browser", "latency", "cost")
WAYS = {"Opus": "audio/opus", "PCMU passed through": "audio/PCMU"}


class Bench:
    """A stack, a camera with a speaker, registered as often as there are talks at once."""

    def __init__(self, stack: Stack, file: Path, token: str):
        self.stack = stack
        self.ear = Ear(file)
        self.token = token

    def talker(
        self, codec: str, microphone: MediaStreamTrack | None = None, network: BadNetwork | None = None
    ) -> Talker:
        return Talker(self.stack.url, self.token, codec, microphone, network=network)

    async def first_loud_s(self, since_s: float) -> float:
        """When the camera had the first packet that sounds."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for one in self.ear.new():
                    if one.at_s >= since_s and np.abs(one.samples).max() > LOUD:
                        return one.at_s
                await asyncio.sleep(0.002)

    async def click(self, press: Callable[[], Awaitable[httpx.Response]], expected: int) -> float:
        """Milliseconds from the click to the first sound; the click comes at any moment of a packet."""
        await asyncio.sleep(random.random() * 0.1)
        self.ear.new()
        clicked_s = time.time()
        asked = asyncio.ensure_future(press())
        heard_s = await self.first_loud_s(clicked_s)
        answer = await asked
        assert answer.status_code == expected, answer.text
        return 1000 * (heard_s - clicked_s)

    def intercom_cost(self) -> Any:
        return cost_of([self.stack.pid_of("intercom")])


@contextmanager
def bench(talks: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="bk-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = folder / "heard"
        with GstCamera(backchannel="pcmu", heard=str(file), user=USER, password=PASSWORD, **PICTURE) as camera:
            # A press may last as long as a proof does.
            stack = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1", "BK_TALK_MAX_S": "3600"})
            stack.start()
            try:
                api = Api(stack.url, stack.admin_password)
                api.site("school")
                for number in range(talks):
                    api.add(f"cook-{number}", camera.url, username=USER, password=PASSWORD, transport="tcp")
                api.until_condition("cook-0", "online")
                yield Bench(stack, file, api.token)
                api.close()
            finally:
                stack.stop()


async def cold(on: Bench, codec: str, rounds: int) -> list[float]:
    """Nothing is open: connect the browser, open the camera, take the floor, speak."""
    samples = []
    for _ in range(rounds):
        li = on.talker(codec)
        li.tone.is_on = True
        samples.append(await on.click(lambda li=li: li.offer("cook-0"), 201))
        assert (await li.http.delete(li.talk)).status_code == 204
        await li.close()
    return samples


async def prepared(on: Bench, codec: str, rounds: int, presses: int) -> list[float]:
    """The camera was chosen: a press, a release, until the camera is paused, and again."""
    samples = []
    for _ in range(rounds):
        li = on.talker(codec)
        li.tone.is_on = True
        assert (await li.offer("cook-0", prepare="true")).status_code == 201
        await li.until("ready")
        await asyncio.sleep(0.5)
        for _ in range(presses):
            samples.append(await on.click(li.press, 200))
            await asyncio.sleep(0.3)
            await li.http.patch(li.talk, json={"is_talking": False})
            await asyncio.sleep(1.0)
        assert (await li.http.delete(li.talk)).status_code == 204
        await li.close()
    return samples


async def mouth_to_camera(on: Bench, codec: str, seconds: float, chirps: Chirps | None = None) -> list[float]:
    """Milliseconds, a chirp each."""
    chirps = chirps or Chirps()
    li = on.talker(codec, chirps)
    assert (await li.offer("cook-0", prepare="true")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    await asyncio.sleep(2.0)
    on.ear.new()
    await asyncio.sleep(seconds)
    packets = on.ear.new()
    assert (await li.http.delete(li.talk)).status_code == 204
    await li.close()
    return [1000 * one.delay_s for one in chirps.found_in(packets, 8000)]


async def stock(codec: str, seconds: float) -> list[float]:
    """Milliseconds from mouth to an aiortc peer that takes sound the way aiortc has it."""
    chirps, here, there = Chirps(), RTCPeerConnection(), RTCPeerConnection()
    heard: list[Heard] = []
    rate = 48_000 if codec == "audio/opus" else 8000

    async def listen(track: MediaStreamTrack) -> None:
        while True:
            try:
                frame: Any = await track.recv()
            except MediaStreamError:
                return
            at_s, samples = time.time(), frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            heard.append(Heard(at_s, samples[:, 0]))

    listening: list[asyncio.Task[None]] = []
    there.on("track", lambda track: listening.append(asyncio.ensure_future(listen(track))))
    sound = here.addTransceiver(chirps, direction="sendonly")
    known = RTCRtpSender.getCapabilities("audio")
    assert known is not None
    sound.setCodecPreferences([one for one in known.codecs if one.mimeType == codec])
    await here.setLocalDescription(await here.createOffer())
    await there.setRemoteDescription(here.localDescription)
    await there.setLocalDescription(await there.createAnswer())
    await here.setRemoteDescription(there.localDescription)
    await asyncio.sleep(2.0)
    heard.clear()
    await asyncio.sleep(seconds)
    await here.close()
    await there.close()
    await asyncio.gather(*listening)
    return [1000 * one.delay_s for one in chirps.found_in(heard, rate)]


@asynccontextmanager
async def talking(on: Bench, codec: str, talks: int) -> AsyncIterator[None]:
    """So many talks at once, each to a camera of its own; what they send was encoded before."""
    async with AsyncExitStack() as ends:
        for number in range(talks):
            li = on.talker(codec, Packets(codec))
            ends.push_async_callback(li.close)
            assert (await li.offer(f"cook-{number}", prepare="true")).status_code == 201
            await li.until("ready")
            assert (await li.press()).status_code == 200
        yield


async def cost(on: Bench, codec: str, talks: int, windows: int, seconds: float) -> list[float]:
    """Percent of a core a talk, over what the intercom takes without any."""
    samples = []
    for _ in range(windows):
        before = on.intercom_cost()
        await asyncio.sleep(seconds)
        idle = on.intercom_cost().percent_since(before)
        async with talking(on, codec, talks):
            await asyncio.sleep(2.0)
            before = on.intercom_cost()
            await asyncio.sleep(seconds)
            busy = on.intercom_cost().percent_since(before)
        samples.append((busy - idle) / talks)
        await asyncio.sleep(1.0)
    return samples


class Report:
    """Rows and samples of a run."""

    def __init__(self) -> None:
        self._conditions = {"cores": os.cpu_count(), "camera": "GStreamer 1.22 ONVIF, PCMU, RTSP over TCP, Digest"}
        self.rows: list[dict[str, Any]] = []
        self.samples: dict[str, Any] = {}

    def add(self, name: str, unit: str, ours: Sequence[float], peer: Sequence[float] = (), **more: Any) -> None:
        """Median, and of times the 95th percentile."""
        self.samples[name] = {"ours": list(ours), "peer": list(peer)}
        conditions = self._conditions | {"samples": len(ours)} | more
        for word, of in [("median", list), *([("p95", _p95)] if unit == "ms" else [])]:
            digits, is_higher_better = (0, True) if unit == "talks" else (1, False)
            self.rows.append(
                row(
                    f"{name}, {word}",
                    of(ours),
                    of(peer) if peer else None,
                    unit,
                    is_higher_better=is_higher_better,
                    conditions=conditions,
                    digits=digits,
                )
            )


async def measure(on: Bench, told: argparse.Namespace) -> None:
    report = Report()
    wanted = PARTS if told.what == "all" else (told.what,)
    opus = "Opus"
    if "press" in wanted:
        report.add(f"press to first sound, cold, {opus}", "ms", await cold(on, WAYS[opus], told.clicks))
        for way, codec in WAYS.items():
            report.add(
                f"press to first sound, prepared, {way}", "ms", await prepared(on, codec, -(-told.clicks // 3), 3)
            )
    if "browser" in wanted:
        async with BrowserTalk.opened(on.stack.url, on.token) as page:
            for name, is_prepared in (("cold", False), ("prepared", True)):
                clicks = [await page.click(on, is_prepared) for _ in range(told.clicks)]
                report.add(f"press to first sound, {name}, Chromium {page.version}", "ms", clicks)
    if "latency" in wanted:
        for way, codec in WAYS.items():
            ours, floor = await mouth_to_camera(on, codec, told.seconds), await stock(codec, told.seconds)
            report.add(f"mouth to camera, {way}", "ms", ours, floor, peer_is="aiortc to aiortc, stock jitter buffer")
        coded = await mouth_to_camera(on, "audio/PCMU", told.seconds, CodedChirps())
        report.add("mouth to camera, PCMU encoded at once, as browsers do", "ms", coded)
    if "cost" in wanted:
        for way, codec in WAYS.items():
            each = await cost(on, codec, told.talks, 3, told.seconds / 8)
            report.add(f"CPU a talk, {way}", "% of a core", each, talks=told.talks)
            report.add(f"talks a core, {way}", "talks", [100 / one for one in each], talks=told.talks)
    say(report.rows, report.samples, "intercom")


def _p95(samples: Sequence[float]) -> list[float]:
    return [float(np.percentile(samples, 95))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long latency and CPU are read")
    parser.add_argument("--talks", type=int, default=6, help="talks at once, for CPU")
    parser.add_argument("--what", choices=("all", *PARTS), default="all")
    told = parser.parse_args()
    with bench(told.talks) as on:
        asyncio.run(measure(on, told))


if __name__ == "__main__":
    main()
