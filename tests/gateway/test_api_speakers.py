"""How a camera is spoken to: registered, told to all, looked for when asked, shown as it was found."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from shared.messages.cameras import DesiredCamera
from shared.messages.ingest import ProbeReply
from shared.messages.speakers import SpeakerFound, SpeakerWanted
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_way_is_kept_told_and_changed(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/sites", json={"id": "site-talk", "name": "二小"})).status_code == 201
    body = {"id": "talk-1", "site": "site-talk", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}}
    made = await admin.post("/cameras", json=body)
    assert made.json() | {"talk": "auto", "talk_port": None, "talk_channel": 1, "speaker": None} == made.json()
    change = {"talk": "isapi", "talk_port": 8080, "talk_channel": 2}
    changed = await admin.patch("/cameras/talk-1", json=change)
    assert changed.json() | change == changed.json()
    bucket = await gateway.observer.kv("cameras")
    async with asyncio.timeout(5):
        while True:
            entry = await bucket.get(CameraRef("site-talk", "talk-1").key)
            desired = DesiredCamera.decode(entry.value) if entry is not None and entry.value is not None else None
            if desired is not None and desired.talk == "isapi":
                break
            await asyncio.sleep(0.02)
    assert (desired.talk_port, desired.talk_channel) == (8080, 2)
    again = await admin.patch("/cameras/talk-1", json={"talk_port": None})
    assert again.json() | {"talk": "isapi", "talk_port": None} == again.json()
    for wrong in ({"talk": "pigeon"}, {"talk_port": 0}, {"talk_channel": 0}):
        assert (await admin.patch("/cameras/talk-1", json=wrong)).status_code == 422


async def test_a_port_of_ours_is_no_cameras(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": "site-ours", "name": "n"})
    ours = int(gateway.url.rpartition(":")[2])
    body = {
        "id": "ours", "site": "site-ours", "name": "n", "main": {"url": "rtsp://127.0.0.1:9/1"},
        "talk": "dahua", "talk_port": ours,
    }  # fmt: skip
    for refused in (
        await admin.post("/cameras", json=body),
        await admin.post("/cameras/probe", json={"url": "rtsp://127.0.0.1:9/1", "talk_port": ours}),
    ):
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == "talk_port"


async def test_what_was_found_is_shown(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": "site-found", "name": "n"})
    body = {"id": "found-1", "site": "site-found", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}}
    assert (await admin.post("/cameras", json=body)).status_code == 201
    intercom = await gateway.peers.bus("intercom")
    found = SpeakerFound(way="onvif", codec="pcma", reason_code="ok", reason="Spoken to.", at_us=1_764_000_000_000_000)
    bucket = await intercom.kv("speakers")
    await bucket.put(CameraRef("site-found", "found-1").key, found.encode())
    async with asyncio.timeout(5):
        while (shown := (await admin.get("/cameras/found-1")).json()["speaker"]) is None:
            await asyncio.sleep(0.02)
    assert (shown["way"], shown["codec"], shown["reason_code"]) == ("onvif", "pcma", "ok")
    listed = (await admin.get("/cameras", params={"site": "site-found"})).json()["items"]
    assert listed[0]["speaker"] == shown
    await bucket.delete(CameraRef("site-found", "found-1").key)
    async with asyncio.timeout(5):
        while (await admin.get("/cameras/found-1")).json()["speaker"] is not None:
            await asyncio.sleep(0.02)
    await intercom.close()


async def test_a_probe_asks_the_intercom_too_and_does_without_it(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    asked: list[SpeakerWanted] = []

    async def picture(data: bytes) -> ProbeReply:
        return ProbeReply(is_ok=True, reason_code="ok", reason="Pictures came.", width=1920, height=1080)

    async def speaker(data: bytes) -> SpeakerFound:
        asked.append(SpeakerWanted.decode(data))
        return SpeakerFound(
            way="none", reason_code="no_speaker", reason="No sound toward itself.", at_us=1_764_000_000_000_000
        )

    end = await gateway.ingest.serve("ingest", {"probe": picture})
    order = {"url": "rtsp://ana:pw@10.0.0.7/1", "talk": "isapi", "talk_port": 81}
    without = (await admin.post("/cameras/probe", json=order)).json()
    assert without["is_ok"]
    assert (without["speaker"]["way"], without["speaker"]["reason_code"]) == (None, "intercom_away")
    assert without["has_backchannel"] is None
    intercom = await gateway.peers.bus("intercom")
    end_speaker = await intercom.serve("intercom", {"speaker_probe": speaker})
    found = (await admin.post("/cameras/probe", json=order)).json()
    assert (found["speaker"]["way"], found["speaker"]["reason_code"]) == ("none", "no_speaker")
    assert found["has_backchannel"] is False
    wanted = asked[0]
    assert (wanted.main.url, wanted.username, wanted.password) == ("rtsp://10.0.0.7/1", "ana", "pw")
    assert (wanted.talk, wanted.talk_port) == ("isapi", 81)
    await end()
    await end_speaker()
    await intercom.close()
