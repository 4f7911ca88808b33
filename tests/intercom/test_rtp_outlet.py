"""The seam of aiortc's sender: what goes in comes out at the other end, and its cry for an IDR comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest_asyncio
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.codecs import CODECS

from services.intercom.adapters.ice_addresses import bind_to
from services.intercom.adapters.rtp_outlet import H264_IDS, feed, know_h264_profiles
from services.intercom.adapters.rtp_tap import tap


class Ends:
    """Two aiortc peers on loopback: ours sends, the other has offered."""

    def __init__(self, profile: str):
        bind_to(("127.0.0.1",))
        know_h264_profiles()
        self.ours, self.theirs = RTCPeerConnection(), RTCPeerConnection()
        self.units: asyncio.Queue[tuple[Sequence[bytes], int]] = asyncio.Queue()
        self.came: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self.cries = asyncio.Event()
        self._profile = profile

    async def connect(self, renumber: tuple[int, int] | None = None) -> str:
        there = self.theirs.addTransceiver("video", direction="recvonly")
        known = RTCRtpReceiver.getCapabilities("video").codecs
        there.setCodecPreferences([one for one in known if one.parameters.get("profile-level-id") == self._profile])
        tap(there.receiver, lambda sequence, kind, payload: self.came.put_nowait((kind, payload)))
        await self.theirs.setLocalDescription(await self.theirs.createOffer())
        offer = self.theirs.localDescription.sdp
        if renumber is not None:
            offer = offer.replace(f"SAVPF {renumber[0]}", f"SAVPF {renumber[1]}").replace(
                f":{renumber[0]} ", f":{renumber[1]} "
            )
        here = self.ours.addTransceiver("video", direction="sendonly")
        feed(here.sender, self.units.get, self.cries.set)
        await self.ours.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.ours.setLocalDescription(await self.ours.createAnswer())
        answer = self.ours.localDescription.sdp
        if renumber is None:
            await self.theirs.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return answer

    async def close(self) -> None:
        await self.ours.close()
        await self.theirs.close()


@pytest_asyncio.fixture
async def ends() -> AsyncIterator[Ends]:
    made = Ends("64001f")
    yield made
    await made.close()


async def test_payloads_come_out_as_they_went_in(ends: Ends) -> None:
    answer = await ends.connect()
    assert "profile-level-id=64001f" in answer
    sent = [bytes([0x65, number % 256]) * (100 + number) for number in range(400)]
    came = []
    async with asyncio.timeout(20):
        for place in range(0, 400, 8):
            ends.units.put_nowait((sent[place : place + 8], place * 450))
            came += [(await ends.came.get())[1] for _ in range(8)]
    # What aiortc's receiver makes of a payload that is one NAL unit.
    assert came == [b"\0\0\0\1" + payload for payload in sent]


async def test_a_lost_picture_is_cried_for(ends: Ends) -> None:
    await ends.connect()
    ends.units.put_nowait(([b"\x65abc"], 0))
    async with asyncio.timeout(20):
        await ends.came.get()
        (there,) = ends.theirs.getReceivers()
        await there._send_rtcp_pli(ends.ours.getSenders()[0]._ssrc)
        await ends.cries.wait()


async def test_numbers_below_96_are_answered_as_they_were_offered(ends: Ends) -> None:
    """Chromium numbers its last codecs from 35 on; answered with another number nothing would be shown."""
    number = next(one.payloadType for one in CODECS["video"] if one.parameters.get("profile-level-id") == "64001f")
    answer = await ends.connect(renumber=(number, 41))
    assert "a=rtpmap:41 H264/90000" in answer


def test_every_profile_is_known_once() -> None:
    know_h264_profiles()
    know_h264_profiles()
    known = [one.parameters["profile-level-id"] for one in CODECS["video"] if one.mimeType == "video/H264"]
    assert sorted(known) == sorted(H264_IDS.values())
    numbers = [one.payloadType for one in CODECS["video"]]
    assert len(set(numbers)) == len(numbers)
