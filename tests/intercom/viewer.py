"""A browser that looks, played by aiortc: it decodes what comes and remembers when."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from services.intercom.adapters.ice_addresses import bind_to
from services.intercom.adapters.rtp_outlet import know_h264_profiles


@dataclass
class Seen:
    """What came: sizes and times of pictures, loudest sample of the sound."""

    pictures: list[tuple[float, int, int]] = field(default_factory=list)
    peak: int = 0
    sounds: int = 0


class Viewer:
    """One person who looks, logged in."""

    def __init__(self, url: str, token: str, configuration: RTCConfiguration | None = None):
        bind_to(("127.0.0.1",))
        know_h264_profiles()
        self.http = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20
        )
        self.seen = Seen()
        self.view = ""
        self.etag = ""
        self.peer = RTCPeerConnection(configuration or RTCConfiguration(iceServers=[]))
        self._reading: set[asyncio.Task[None]] = set()
        self.peer.on("track", self.on_track)

    async def offer(self, camera: str, sound: bool = True, **query: str) -> httpx.Response:
        """The answer of POST /cameras/{id}/whep; connected from then on where it was 201."""
        self.peer.addTransceiver("video", direction="recvonly")
        if sound:
            self.peer.addTransceiver("audio", direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await self.http.post(
            f"/api/v1/cameras/{camera}/whep",
            params=query,
            content=self.peer.localDescription.sdp,
            headers={"Content-Type": "application/sdp"},
        )
        if answer.status_code == 201:
            self.view, self.etag = answer.headers["Location"], answer.headers["ETag"]
            await self.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def state(self) -> dict[str, Any]:
        return dict((await self.http.get(self.view)).json())

    async def until_pictures(self, count: int, limit_s: float = 20.0) -> None:
        async with asyncio.timeout(limit_s):
            while len(self.seen.pictures) < count:
                await asyncio.sleep(0.02)

    async def until_heard(self, peak: int, limit_s: float = 20.0) -> None:
        async with asyncio.timeout(limit_s):
            while self.seen.peak < peak:
                await asyncio.sleep(0.02)

    async def until_state(self, state: str, limit_s: float = 20.0) -> dict[str, Any]:
        began = time.monotonic()
        while (found := await self.state()).get("state") != state:
            assert time.monotonic() - began < limit_s, found
            await asyncio.sleep(0.1)
        return found

    async def close(self) -> None:
        for task in self._reading:
            task.cancel()
        await self.peer.close()
        await self.http.aclose()

    def on_track(self, track: MediaStreamTrack) -> None:
        self._reading.add(asyncio.create_task(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.seen.pictures.append((time.time(), frame.width, frame.height))
            elif isinstance(frame, AudioFrame):
                self.seen.sounds += 1
                self.seen.peak = max(self.seen.peak, int(np.abs(frame.to_ndarray().astype(int)).max()))
