"""A browser's microphone, played by aiortc: a tone, 20 ms at a time, heard only while it is on."""

from __future__ import annotations

import asyncio
import fractions
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from av import AudioFrame

from services.intercom.adapters.ice_addresses import bind_to
from tests.intercom.lossy import BadNetwork

RATE = 48_000
SAMPLES = RATE // 50


class Tone(MediaStreamTrack):
    """Silence, and a tone while `is_on`. `turned_on_s`: when the first sounding frame was handed over, wall clock."""

    kind = "audio"

    def __init__(self, hz: float = 440.0, level: float = 0.3):
        super().__init__()
        self.is_on = False
        self.turned_on_s: float | None = None
        self._hz = hz
        self._level = level
        self._sent = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        await asyncio.sleep(max(0.0, self._began + self._sent / RATE - loop.time()))
        if self.is_on and self.turned_on_s is None:
            self.turned_on_s = time.time()
        at = np.arange(self._sent, self._sent + SAMPLES)
        wave = np.sin(2 * np.pi * self._hz * at / RATE) * 32767 * self._level * self.is_on
        # Two channels: libav makes stereo of mono 3 dB quieter, and aiortc's Opus is stereo.
        frame = AudioFrame.from_ndarray(np.repeat(wave.astype(np.int16), 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += SAMPLES
        return frame


class Talker:
    """One person with a microphone, logged in."""

    def __init__(
        self,
        url: str,
        token: str,
        codec: str = "audio/opus",
        microphone: MediaStreamTrack | None = None,
        configuration: RTCConfiguration | None = None,
        network: BadNetwork | None = None,
    ):
        bind_to(("127.0.0.1",))
        self.http = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20
        )
        self._codec = codec
        self._configuration = configuration
        self._network = network
        self.tone = Tone()
        self._microphone = microphone or self.tone
        self.told: list[dict[str, Any]] = []
        self.talk = ""
        self.peer: RTCPeerConnection | None = None

    async def offer(
        self, camera: str, picture: Callable[[MediaStreamTrack], None] | None = None, **query: str
    ) -> httpx.Response:
        """The answer of POST /cameras/{id}/talk; connected from then on where it was 201.

        Args:
            picture: wants the camera's picture and sound back, and is given their tracks.
        """
        self.peer = RTCPeerConnection(self._configuration)
        sound = self.peer.addTransceiver(self._microphone, direction="sendonly" if picture is None else "sendrecv")
        if picture is not None:
            self.peer.addTransceiver("video", direction="recvonly")
            self.peer.on("track", picture)
        known = RTCRtpSender.getCapabilities("audio")
        assert known is not None
        sound.setCodecPreferences([one for one in known.codecs if one.mimeType == self._codec])
        self._listen(self.peer)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        sdp = self.peer.localDescription.sdp
        answer = await self.http.post(
            f"/api/v1/cameras/{camera}/talk",
            params=query,
            content=self._network.offer(sdp) if self._network else sdp,
            headers={"Content-Type": "application/sdp"},
        )
        if answer.status_code == 201:
            self.talk = answer.headers["Location"]
            text = self._network.answer(answer.text) if self._network else answer.text
            await self.peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
        return answer

    def _listen(self, peer: RTCPeerConnection) -> None:
        channel: RTCDataChannel = peer.createDataChannel("talk")
        channel.on("message", lambda text: self.told.append(json.loads(text)))

    async def press(self, *, may_wait: bool = False) -> httpx.Response:
        self.tone.is_on = True
        return await self.http.patch(self.talk, json={"is_talking": True, "may_wait": may_wait})

    async def release(self) -> httpx.Response:
        self.tone.is_on = False
        self.tone.turned_on_s = None
        return await self.http.patch(self.talk, json={"is_talking": False})

    async def state(self) -> dict[str, Any]:
        return dict((await self.http.get(self.talk)).json())

    async def until(self, state: str, limit_s: float = 15.0) -> dict[str, Any]:
        began = time.monotonic()
        while (found := await self.state()).get("state") != state:
            assert time.monotonic() - began < limit_s, found
            await asyncio.sleep(0.05)
        return found

    async def close(self) -> None:
        if self.peer is not None:
            await self.peer.close()
        await self.http.aclose()
