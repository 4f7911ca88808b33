"""Somebody who speaks to many kitchens: a microphone played by aiortc, or an announcement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from tests.intercom.talker import Talker


class Broadcaster(Talker):
    """One person, logged in. `receipts`: by camera, as the data channel told them."""

    id = ""

    @property
    def receipts(self) -> dict[str, dict[str, Any]]:
        return {one["camera"]: one for word in self.told for one in word["receipts"]}

    async def speak(self, to: dict[str, Any], **more: Any) -> httpx.Response:
        """POST /broadcasts with a microphone; connected from then on where it was 201."""
        self.peer = RTCPeerConnection()
        sound = self.peer.addTransceiver(self.tone, direction="sendonly")
        known = RTCRtpSender.getCapabilities("audio")
        assert known is not None
        sound.setCodecPreferences([one for one in known.codecs if one.mimeType == self._codec])
        self._listen(self.peer)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await self.post(to, offer=self.peer.localDescription.sdp, **more)
        if answer.status_code == 201:
            await self.peer.setRemoteDescription(RTCSessionDescription(answer.json()["answer"], "answer"))
        return answer

    async def post(self, to: dict[str, Any], **more: Any) -> httpx.Response:
        answer = await self.http.post("/api/v1/broadcasts", json={"to": to, **more})
        if answer.status_code == 201:
            self.id = answer.json()["id"]
            self.talk = answer.headers["Location"]
        return answer

    async def press(self, *, may_wait: bool = False) -> httpx.Response:
        self.tone.is_on = True
        return await self.http.patch(self.talk, json={"is_speaking": True})

    async def release(self) -> httpx.Response:
        self.tone.is_on = False
        return await self.http.patch(self.talk, json={"is_speaking": False})

    async def until_receipts(
        self, is_so: Callable[[dict[str, dict[str, Any]]], bool], limit_s: float = 20.0
    ) -> dict[str, dict[str, Any]]:
        """The receipts by camera, once they are so."""
        began = time.monotonic()
        while not is_so(found := {one["camera"]: one for one in (await self.state())["receipts"]}):
            assert time.monotonic() - began < limit_s, found
            await asyncio.sleep(0.05)
        return found
