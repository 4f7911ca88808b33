"""One voice in many kitchens: a real stack, GStreamer's and simulated cameras, dead and busy ones among them."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.e2e.live_client import Api
from tests.e2e.sim_fleet import PASSWORD, USER, SimFleet, frozen_camera, sim_fleet
from tests.intercom.broadcaster import Broadcaster
from tests.intercom.heard import frequency, heard, sound
from tests.intercom.talker import Talker
from tests.peers.gst import GstCamera
from tests.stack import Stack

LOUD = 3000
LIVE = ("gst-u", "gst-a", "sim-1", "sim-2", "sim-3")
PER_HOUR = 2


class District:
    """A stack and its cameras."""

    def __init__(self, stack: Stack, fleet: SimFleet, folder: Path, schedule: str):
        self.schedule = schedule
        self.stack = stack
        self.fleet = fleet
        self.folder = folder

    def person(self, kind: type[Talker], name: str = "li") -> Any:
        api = Api(self.stack.url, self.stack.admin_password)
        answer = api.http.post("/sessions", json={"name": name, "password": "long enough for all"})
        api.close()
        assert answer.status_code == 201, answer.text
        return kind(self.stack.url, answer.json()["token"])

    def broadcaster(self, name: str = "li") -> Broadcaster:
        made: Broadcaster = self.person(Broadcaster, name)
        return made

    def tones_since(self, at_s: float) -> dict[str, float]:
        """The frequency that each live camera heard since then."""
        found = {}
        for name in ("gst-u", "gst-a"):
            said = sound([one for one in heard(self.folder / f"{name}.heard") if one.at_s >= at_s])
            found[name] = frequency(said) if len(said) > 2000 else 0.0
        for number in (1, 2, 3):
            octets = sum(one["octets"] for one in self.fleet.speeches(number) if one["began_us"] >= at_s * 1e6)
            said = self.fleet.heard(number)[-octets:].astype(float) if octets else np.zeros(0)
            found[f"sim-{number}"] = frequency(said) if len(said) > 2000 else 0.0
        return found


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-broadcast-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def district(folder: Path) -> Iterator[District]:
    env = {
        "BK_ICE_BIND": "127.0.0.1",
        "BK_CONNECT_TIMEOUT_S": "2",
        "BK_BROADCAST_RETRY_S": "3",
        "BK_ANNOUNCEMENTS_PER_HOUR": str(PER_HOUR),
    }
    with ExitStack() as open_things:
        fleet = open_things.enter_context(sim_fleet(folder, 4, "--one-talker"))
        frozen = open_things.enter_context(frozen_camera())
        gst = {
            name: open_things.enter_context(
                GstCamera(backchannel=law, heard=str(folder / f"{name}.heard"), user=USER, password=PASSWORD)
            )
            for name, law in (("gst-u", "pcmu"), ("gst-a", "pcma"))
        }
        deaf = open_things.enter_context(GstCamera())
        stack = Stack(folder / "data", demo=0, env=env)
        stack.start()
        open_things.callback(lambda: print((folder / "data" / "logs" / "intercom.log").read_text()[-4000:]))
        open_things.callback(stack.stop)
        api = Api(stack.url, stack.admin_password)
        api.site("school")
        for name, roles in (("li", ["supervisor"]), ("wang", ["supervisor"]), ("guest", ["viewer"])):
            body = {"name": name, "password": "long enough for all", "roles": roles}
            assert api.http.post("/accounts", json=body).status_code == 201
        quiet = {"recording": {"mode": "off"}, "analysis": {"is_enabled": False}}
        login = {"username": USER, "password": PASSWORD}
        api.add("gst-u", gst["gst-u"].url, **login, **quiet)
        api.add("gst-a", gst["gst-a"].url, transport="tcp", **login, **quiet)
        for number in (1, 2, 3):
            api.add(f"sim-{number}", fleet.url(number), **login, **quiet)
        api.add("frozen", frozen, **quiet)
        api.add("closed", "rtsp://127.0.0.1:9/none", **quiet)
        api.add("deaf", deaf.url, **quiet)
        api.add("locked", fleet.url(3), username=USER, password="wrong", **quiet)
        api.http.post("/sites", json={"id": "annex", "name": "annex", "kind": "school"})
        api.add("bell", fleet.url(4), site="annex", **login, **quiet)
        district = District(stack, fleet, folder, ring_soon(api))
        api.close()
        yield district


def ring_soon(api: Api) -> str:
    """An announcement that is due at the next minute but for the first seconds of it; returns its schedule."""
    made = api.http.post("/announcements", json={"name": "bell", "text": "Wash your hands.", "language": "en"})
    assert made.status_code == 201, made.text
    due = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(seconds=65)
    body = {
        "announcement": made.json()["id"],
        "to": {"sites": ["annex"]},
        "days": [1, 2, 3, 4, 5, 6, 7],
        "times": [due.strftime("%H:%M")],
    }
    answer = api.http.post("/announcement-schedules", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["next_at"] is not None
    assert api.http.delete(f"/announcements/{made.json()['id']}").json()["code"] == "announcement_scheduled"
    return str(answer.json()["id"])


async def test_one_microphone_is_heard_in_every_kitchen_that_can_hear(district: District) -> None:
    li = district.broadcaster()
    opened = await li.speak({"sites": ["school"]}, prepare=True, priority="order", reason="floors are wet")
    assert opened.status_code == 201, opened.text
    receipts = await li.until_receipts(lambda found: all(one["state"] != "waiting" for one in found.values()))
    assert {name: one["state"] for name, one in receipts.items() if name in LIVE} == dict.fromkeys(LIVE, "accepted")
    reasons = {name: one["reason"] for name, one in receipts.items() if name not in LIVE}
    assert reasons == {
        "frozen": "camera_unreachable",
        "closed": "camera_unreachable",
        "deaf": "no_backchannel",
        "locked": "wrong_password",
    }
    assert all(one["detail"] for name, one in receipts.items() if name not in LIVE)
    pressed_s = time.time()
    pressed = await li.press()
    assert pressed.status_code == 200, pressed.text
    print(f"a press of five cameras and four dead ones took {1000 * (time.time() - pressed_s):.0f} ms")
    await li.until_receipts(lambda found: all(found[name]["state"] == "heard" for name in LIVE))
    released = (await li.release()).json()
    assert released["state"] == "ready"
    receipts = {one["camera"]: one for one in released["receipts"]}
    began = [receipts[name]["began_at"] for name in LIVE]
    assert None not in began
    print("begun", {name: receipts[name]["late_ms"] for name in LIVE})
    assert {receipts[name]["codec"] for name in LIVE} == {"pcmu", "pcma"}
    tones = district.tones_since(pressed_s)
    assert tones == pytest.approx(dict.fromkeys(LIVE, 440.0), abs=6), tones
    assert all(receipts[name]["attempts"] == 1 for name in LIVE)
    await asyncio.sleep(0.3)
    before = district.fleet.told()[1]["heard"]["packets"]
    await asyncio.sleep(0.4)
    assert district.fleet.told()[1]["heard"]["packets"] == before, "nothing after the release"
    told, asked = li.receipts, receipts
    assert {name: one["state"] for name, one in told.items()} == {name: one["state"] for name, one in asked.items()}
    assert (await district.broadcaster("wang").http.patch(li.talk, json={"is_speaking": True})).status_code == 404
    assert (await li.http.delete(li.talk)).status_code == 204
    ended = await li.until("ended")
    assert (ended["ending"], ended["counts"]) == ("hung_up", {"heard": 5, "failed": 4})
    await until_written(li, li.id, lambda past: past["ended_at"] is not None)
    listed = (await li.http.get("/api/v1/broadcasts", params={"camera": "sim-2"})).json()["items"]
    assert [(one["id"], one["reason"], one["receipts"]) for one in listed] == [(li.id, "floors are wet", [])]
    assert (await li.http.get("/api/v1/broadcasts", params={"camera": "nowhere"})).json()["items"] == []
    await li.close()
    api = Api(district.stack.url, district.stack.admin_password)
    deeds = [one for one in api.http.get("/audit").json()["items"] if one["who"] == "li"]
    api.close()
    actions = [one["action"] for one in deeds][::-1]
    assert actions == ["log_in", "broadcast_opened", "broadcast_pressed", "broadcast_released", "broadcast_ended"]
    deeds.pop()
    assert set(deeds[-1]["detail"]["to"].split(",")) == {*LIVE, "frozen", "closed", "deaf", "locked"}
    assert deeds[-1]["detail"]["reason"] == "floors are wet"


async def until_written(who: Talker, id: str, is_so: Any, limit_s: float = 10.0) -> dict[str, Any]:
    async with asyncio.timeout(limit_s):
        while True:
            listed = (await who.http.get("/api/v1/broadcasts")).json()["items"]
            found = [one for one in listed if one["id"] == id]
            if found and is_so(found[0]):
                return dict(found[0])
            await asyncio.sleep(0.1)


async def test_who_speaks_as_urgently_keeps_the_floor_and_the_camera_comes_later(district: District) -> None:
    wang, li = district.person(Talker, "wang"), district.broadcaster()
    assert (await wang.offer("sim-1", prepare="true")).status_code == 201
    await wang.until("ready")
    assert (await wang.press()).status_code == 200
    li.tone._hz = 660.0
    li.tone.is_on = True
    began_s = time.time()
    assert (await li.speak({"cameras": ["sim-1", "sim-2", "gst-a"]})).status_code == 201
    receipts = await li.until_receipts(
        lambda found: found["sim-2"]["state"] == "heard" and found["sim-1"]["state"] == "failed"
    )
    assert (receipts["sim-1"]["reason"], receipts["sim-1"]["holder"]) == ("floor_taken", "wang")
    assert "wang is speaking" in receipts["sim-1"]["detail"]
    await wang.release()
    await wang.http.delete(wang.talk)
    await li.until_receipts(lambda found: found["sim-1"]["state"] == "heard")
    await asyncio.sleep(1.0)
    ended = (await li.release()).json()
    receipts = {one["camera"]: one for one in ended["receipts"]}
    assert receipts["sim-1"]["attempts"] > 1
    assert receipts["sim-1"]["late_ms"] > receipts["sim-2"]["late_ms"]
    tones = district.tones_since(began_s)
    assert tones["sim-2"] == pytest.approx(660, abs=8)
    await wang.close()
    await li.http.delete(li.talk)
    await li.close()


async def test_an_emergency_takes_the_floor_of_a_talk_even_where_the_camera_holds_one_session(
    district: District,
) -> None:
    wang, li = district.person(Talker, "wang"), district.broadcaster()
    assert (await wang.offer("sim-1", prepare="true")).status_code == 201
    await wang.until("ready")
    assert (await wang.press()).status_code == 200
    li.tone.is_on = True
    assert (await li.speak({"cameras": ["sim-1", "sim-2"]}, priority="emergency", reason="gas")).status_code == 201
    lost = await wang.until("ready", 5)
    assert lost["holder"] == "li"
    await li.until_receipts(lambda found: all(one["state"] == "heard" for one in found.values()))
    await li.http.delete(li.talk)
    await li.close()
    await wang.http.delete(wang.talk)
    await wang.close()


async def test_a_text_a_file_and_a_limit(district: District) -> None:
    li = district.broadcaster()
    http = li.http
    preview = await http.post("/api/v1/announcements/preview", json={"text": "请戴好口罩。"})
    assert preview.status_code == 200, preview.text
    assert preview.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(preview.content)) as reader:
        assert (reader.getnchannels(), reader.getframerate()) == (1, 16_000)
        assert 0.8 < reader.getnframes() / 16_000 < 5
    text = await http.post("/api/v1/announcements", json={"name": "口罩", "text": "请戴好口罩。", "language": "zh-CN"})
    assert text.status_code == 201, text.text
    assert text.json()["voice"] == "espeak-ng"
    assert text.json()["loudness_lufs"] == pytest.approx(-16, abs=1)
    file = await http.post("/api/v1/announcements/files", params={"name": "tone"}, content=tone_wav(1000.0, 2.0))
    assert file.status_code == 201, file.text
    id = file.json()["id"]
    assert (file.json()["kind"], file.json()["duration_s"]) == ("file", pytest.approx(2.0, abs=0.1))
    sound_of_it = await http.get(f"/api/v1/announcements/{id}/sound", headers={"Range": "bytes=0-3"})
    assert (sound_of_it.status_code, sound_of_it.content) == (206, b"RIFF")
    listed = (await http.get("/api/v1/announcements")).json()["items"]
    assert [one["id"] for one in listed][:2] == [id, text.json()["id"]]
    for disguised in (b"#EXTM3U\nfile:///etc/passwd\n", b"\x89PNG\r\n\x1a\n" + bytes(99), b"RIFF\0\0\0\0WAVEjunk" * 9):
        refused = await http.post("/api/v1/announcements/files", params={"name": "x"}, content=disguised)
        assert (refused.status_code, refused.json()["code"]) == (422, "not_a_sound"), refused.text
    began_s = time.time()
    assert (await li.post({"cameras": [*LIVE, "closed"]}, announcement=id, priority="routine")).status_code == 201
    ended = await li.until("ended", 30)
    assert ended["ending"] == "finished"
    receipts = {one["camera"]: one for one in ended["receipts"]}
    assert {receipts[name]["state"] for name in LIVE} <= {"heard", "played"}, receipts
    assert {receipts[name]["packets"] for name in LIVE} == {100}, "all of it, from its beginning"
    assert receipts["closed"]["reason"] == "camera_unreachable"
    assert receipts["closed"]["attempts"] > 1, "it was tried again while it lasted"
    tones = district.tones_since(began_s)
    assert tones == pytest.approx(dict.fromkeys(LIVE, 1000.0), abs=10), tones
    for _ in range(PER_HOUR - 1):
        assert (
            await li.post({"cameras": ["sim-1"]}, text="Wash your hands before you begin.", language="en")
        ).status_code == 201
        await li.until("ended", 30)
    spared = await li.post({"cameras": ["sim-1"]}, announcement=id)
    assert [(one["state"], one["reason"]) for one in spared.json()["receipts"]] == [("skipped", "too_often")]
    urgent = await li.post({"cameras": ["sim-1"]}, announcement=id, priority="emergency")
    assert urgent.json()["receipts"][0]["state"] == "waiting"
    await li.until("ended", 30)
    for gone in (id, text.json()["id"]):
        assert (await http.delete(f"/api/v1/announcements/{gone}")).status_code == 204
    assert (await li.post({"cameras": ["sim-1"]}, announcement=id)).status_code == 404
    await li.close()


def tone_wav(hz: float, seconds: float, rate: int = 44_100) -> bytes:
    """Stereo, faint on one side."""
    wave_at = np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    data = np.stack([wave_at * 2000, wave_at * 200], axis=1).astype("<i2").tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(data)
    return file.getvalue()


async def test_what_cannot_be_said_says_why(district: District) -> None:
    li, guest = district.broadcaster(), district.broadcaster("guest")
    assert (await guest.post({"all": True}, text="no")).status_code == 403
    for body, status in (
        ({"to": {"cameras": ["no-such"]}, "text": "x"}, 404),
        ({"to": {"sites": ["no-such"]}, "text": "x"}, 404),
        ({"to": {}, "text": "x"}, 422),
        ({"to": {"all": True}}, 422),
        ({"to": {"all": True}, "text": "x", "offer": "v=0"}, 422),
        ({"to": {"all": True}, "offer": "v=0\r\nm=audio nonsense"}, 422),
        ({"to": {"all": True}, "text": "。"}, 422),
        ({"to": {"all": True}, "announcement": "ann-000000000000"}, 404),
    ):
        answer = await li.http.post("/api/v1/broadcasts", json=body)
        assert answer.status_code == status, (body, answer.text)
    assert (await li.http.get("/api/v1/broadcasts/nonsense")).status_code == 404
    assert (await li.http.get("/api/v1/broadcasts/x.0123456789abcdef")).status_code == 404
    await li.close()
    await guest.close()


async def test_what_is_scheduled_is_played_when_it_is_due(district: District) -> None:
    li = district.broadcaster()
    found: dict[str, Any] = {}
    async with asyncio.timeout(120):
        while found.get("outcome") is None:
            found = (await li.http.get("/api/v1/announcement-schedules")).json()["items"][0]
            await asyncio.sleep(0.2)
        li.talk = f"/api/v1/broadcasts/{found['broadcast']}"
        assert (found["id"], found["outcome"]) == (district.schedule, "played")
        ended = await li.until("ended", 30)
    assert [(one["camera"], one["state"]) for one in ended["receipts"]] in ([("bell", "heard")], [("bell", "played")])
    assert ended["reason"] == f"schedule {district.schedule}"
    due_s = datetime.fromisoformat(found["last_at"]).timestamp()
    (speech,) = district.fleet.speeches(4)
    print(f"rang {1000 * (speech['began_us'] / 1e6 - due_s):.0f} ms after its time")
    assert (await li.http.delete(f"/api/v1/announcement-schedules/{district.schedule}")).status_code == 204
    assert (await li.http.get("/api/v1/announcement-schedules")).json()["items"] == []
    await li.close()


async def test_a_killed_worker_frees_the_kitchens_and_is_named(district: District) -> None:
    li, wang = district.broadcaster(), district.person(Talker, "wang")
    li.tone.is_on = True
    assert (await li.speak({"cameras": ["sim-2", "sim-3"]}, priority="order")).status_code == 201
    await li.until_receipts(lambda found: all(one["state"] in ("playing", "heard") for one in found.values()))
    await until_written(li, li.id, lambda past: past["state"] == "speaking")
    os.kill(district.stack.pid_of("intercom"), signal.SIGKILL)
    killed_s = time.time()
    async with asyncio.timeout(30):
        while (await wang.offer("sim-2", prepare="true")).status_code != 201:
            await asyncio.sleep(0.1)
        while (await wang.press()).status_code != 200:
            await asyncio.sleep(0.1)
    print(f"floor free {time.time() - killed_s:.1f} s after the worker was killed")
    past = await until_written(li, li.id, lambda past: past["state"] == "ended", 20)
    assert past["ending"] == "worker_lost"
    one = (await li.http.get(f"/api/v1/broadcasts/{li.id}")).json()
    assert (one["ending"], len(one["receipts"])) == ("worker_lost", 2)
    await wang.http.delete(wang.talk)
    await wang.close()
    await li.close()
