"""A press is heard in the kitchen: a real stack, GStreamer's ONVIF camera, aiortc in the browser's place."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from tests.e2e.killed_talk import kill_who_speaks
from tests.e2e.live_client import Api
from tests.intercom.heard import Heard, frequency, heard, sound
from tests.intercom.talker import Talker
from tests.peers.gst import GstCamera
from tests.peers.told import played_last, told, until_torn_down
from tests.stack import Stack

LOUD = 3000
# Longer than a camera takes to report twice that it hears nothing.
TALK_MAX_S = 24


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-talk-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    running = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1", "BK_TALK_MAX_S": str(TALK_MAX_S)})
    running.start()
    api = Api(running.url, running.admin_password)
    api.site("school")
    for name, roles in (("li", ["supervisor"]), ("wang", ["supervisor"]), ("guest", ["viewer"])):
        made = api.http.post("/accounts", json={"name": name, "password": "long enough for all", "roles": roles})
        assert made.status_code == 201, made.text
    api.close()
    yield running
    running.stop()
    print((folder / "data" / "logs" / "intercom.log").read_text()[-3000:])


class Kitchen:
    """A camera with a speaker, registered."""

    def __init__(self, stack: Stack, camera: GstCamera, id: str, file: Path):
        self.stack = stack
        self.camera = camera
        self.id = id
        self.file = file
        self.told = file.with_suffix(".told")

    def heard_since(self, at_s: float) -> list[Heard]:
        return [one for one in heard(self.file) if one.at_s >= at_s]

    async def until_loud(self, since_s: float, limit_s: float = 8.0) -> float:
        """When the first loud packet since then was heard."""
        async with asyncio.timeout(limit_s):
            while True:
                for one in self.heard_since(since_s):
                    if np.abs(one.samples).max() > LOUD:
                        return one.at_s
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def kitchen(stack: Stack, folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Kitchen]:
    options = getattr(request, "param", {})
    id = f"cook-{time.monotonic_ns() % 1_000_000}"
    file = folder / f"{id}.heard"
    peculiar = {name: options[name] for name in ("audio", "deaf", "sessions") if name in options}
    with GstCamera(
        backchannel=options.get("law", "pcmu"), heard=str(file), told=str(file.with_suffix(".told")),
        user="admin", password="secret", **peculiar,
    ) as camera:  # fmt: skip
        api = Api(stack.url, stack.admin_password)
        more = {"transport": options.get("transport", "auto")}
        api.add(id, camera.url, username="admin", password="secret", **more)
        yield Kitchen(stack, camera, id, file)
        api.remove(id)
        api.close()


def talker(stack: Stack, name: str = "li", codec: str = "audio/opus") -> Talker:
    api = Api(stack.url, stack.admin_password)
    answer = api.http.post("/sessions", json={"name": name, "password": "long enough for all"})
    api.close()
    assert answer.status_code == 201, answer.text
    return Talker(stack.url, answer.json()["token"], codec)


@pytest.mark.parametrize(
    ("kitchen", "codec"),
    [
        ({"law": "pcmu"}, "audio/opus"),
        ({"law": "pcma"}, "audio/opus"),
        ({"law": "pcmu", "transport": "udp"}, "audio/PCMU"),
        ({"law": "pcma"}, "audio/PCMU"),
    ],
    indirect=["kitchen"],
)
async def test_a_press_is_heard_and_a_release_is_silence(kitchen: Kitchen, codec: str) -> None:
    li = talker(kitchen.stack, codec=codec)
    opened = await li.offer(kitchen.id, prepare="true")
    assert opened.status_code == 201, opened.text
    assert opened.headers["content-type"].startswith("application/sdp")
    await li.until("ready")
    await asyncio.sleep(0.5)
    assert kitchen.heard_since(0) == [], "nothing is played before a press"
    pressed_s = time.time()
    assert (await li.press()).status_code == 200
    first_s = await kitchen.until_loud(pressed_s)
    print(f"press to first sound: {1000 * (first_s - pressed_s):.0f} ms")
    await asyncio.sleep(2.0)
    status = (await li.release()).json()
    assert status["state"] == "ready"
    assert status["packets"] == pytest.approx(100, abs=25)
    said = kitchen.heard_since(first_s)
    assert frequency(sound(said)[800:-800]) == pytest.approx(440, abs=4)
    level = np.abs(sound(said)[800:-800]).max()
    assert 0.3 * 32767 * 0.7 < level < 0.3 * 32767 * 1.3, "as loud as it was said, and not clipped"
    await asyncio.sleep(0.3)
    count = len(kitchen.heard_since(0))
    await asyncio.sleep(0.5)
    assert len(kitchen.heard_since(0)) == count, "nothing after the release"
    again_s = time.time()
    assert (await li.press()).status_code == 200
    print(f"second press: {1000 * (await kitchen.until_loud(again_s) - again_s):.0f} ms")
    ended = await li.http.delete(li.talk)
    assert ended.status_code == 204
    assert (await li.state())["ending"] == "hung_up"
    await li.close()


async def test_a_talk_that_is_not_prepared_begins_to_speak_by_itself(kitchen: Kitchen) -> None:
    li = talker(kitchen.stack)
    li.tone.is_on = True
    began_s = time.time()
    assert (await li.offer(kitchen.id)).status_code == 201
    first_s = await kitchen.until_loud(began_s)
    print(f"cold press to first sound: {1000 * (first_s - began_s):.0f} ms")
    await li.until("talking")
    assert li.told[-1]["state"] == "talking", "the browser is told over the data channel"
    await li.close()
    ended = await li_ended(kitchen, li)
    assert ended in ("browser_gone", "browser_silent")
    until_torn_down(kitchen.told, played_last(kitchen.told))


async def test_who_is_logged_out_does_not_go_on_speaking(kitchen: Kitchen) -> None:
    api = Api(kitchen.stack.url, kitchen.stack.admin_password)
    account = {"name": "zhao", "password": "long enough for all", "roles": ["supervisor"]}
    assert api.http.post("/accounts", json=account).status_code == 201
    zhao = talker(kitchen.stack, "zhao")
    assert (await zhao.offer(kitchen.id, prepare="true")).status_code == 201
    await zhao.until("ready")
    pressed_s = time.time()
    assert (await zhao.press()).status_code == 200
    await kitchen.until_loud(pressed_s)
    assert api.http.patch("/accounts/zhao", json={"is_enabled": False}).status_code == 200
    off_s = time.time()
    async with asyncio.timeout(8):
        while kitchen.heard_since(time.time() - 0.5):
            await asyncio.sleep(0.05)
    print(f"silent {1000 * (time.time() - 0.5 - off_s):.0f} ms after the account was switched off")
    deeds = api.http.get("/audit", params={"who": "zhao"}).json()["items"]
    assert [deed["detail"]["why"] for deed in deeds if deed["action"] == "talk_ended"] == ["logged out"]
    await zhao.close()
    api.close()


async def li_ended(kitchen: Kitchen, gone: Talker) -> str:
    """How a talk ended, asked with another connection of the same person."""
    again = talker(kitchen.stack)
    again.talk = gone.talk
    ended = await again.until("ended")
    await again.close()
    return str(ended["ending"])


async def test_one_speaks_at_a_time_and_an_emergency_goes_first(kitchen: Kitchen) -> None:
    li, wang, again = talker(kitchen.stack), talker(kitchen.stack, "wang"), talker(kitchen.stack, "wang")
    assert (await li.offer(kitchen.id, prepare="true")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    assert (await wang.offer(kitchen.id, prepare="true")).status_code == 201
    refused = await wang.press()
    assert (refused.status_code, refused.json()["code"]) == (409, "floor_taken"), refused.text
    assert "li is speaking" in refused.json()["detail"]
    assert (await again.offer(kitchen.id, prepare="true", priority="emergency")).status_code == 201
    took_s = time.time()
    again.tone._hz = 880.0
    assert (await again.press()).status_code == 200
    lost = await li.until("ready", 5)
    print(f"the floor was lost after {1000 * (time.time() - took_s):.0f} ms")
    assert lost["holder"] == "wang"
    await kitchen.until_loud(time.time() + 0.2)
    await asyncio.sleep(0.5)
    assert frequency(sound(kitchen.heard_since(time.time() - 0.4))) == pytest.approx(880, abs=10)
    await again.release()
    free_s = time.time()
    async with asyncio.timeout(5):
        while (await li.state())["holder"] is not None:
            await asyncio.sleep(0.02)
    print(f"the floor was known to be free after {1000 * (time.time() - free_s):.0f} ms")
    for one in (li, wang, again):
        await one.close()


@pytest.mark.parametrize("is_frozen", [False, True])
async def test_a_worker_that_dies_frees_the_floor_and_the_camera(kitchen: Kitchen, is_frozen: bool) -> None:
    def of(name: str) -> Talker:
        return talker(kitchen.stack, name)

    found = await kill_who_speaks(kitchen.stack, of, kitchen.id, kitchen.file, kitchen.told, is_frozen=is_frozen)
    print(found)
    assert found.reason == "no_such_talk"
    # Who is dead says nothing to the camera: where its connection stands somebody else ends the session.
    assert found.camera == ("teardown" if is_frozen else "pipeline over")


async def test_who_waits_knows_the_place_and_speaks_when_it_is_free(kitchen: Kitchen) -> None:
    li, wang, urgent = talker(kitchen.stack), talker(kitchen.stack, "wang"), talker(kitchen.stack, "wang")
    assert (await li.offer(kitchen.id, prepare="true", priority="order")).status_code == 201
    assert (await wang.offer(kitchen.id, prepare="true")).status_code == 201
    assert (await urgent.offer(kitchen.id, prepare="true", priority="order")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    waits = (await wang.press(may_wait=True)).json()
    assert (waits["state"], waits["queue_position"], waits["holder"]) == ("waiting", 1, "li")
    waits = (await urgent.press(may_wait=True)).json()
    assert (waits["state"], waits["queue_position"]) == ("waiting", 1), "an order goes before routine"
    async with asyncio.timeout(5):
        while wang.told[-1].get("queue_position") != 2:
            await asyncio.sleep(0.02)
    assert (await wang.release()).json()["state"] == "ready", "left the queue"
    assert (await li.release()).status_code == 200
    await urgent.until("talking", 5)
    assert urgent.told[-1]["state"] == "talking"
    assert (await wang.state())["queue_position"] is None
    for one in (li, wang, urgent):
        await one.close()


@pytest.mark.parametrize("kitchen", [{"deaf": 1}], indirect=True)
async def test_a_camera_that_accepts_and_stays_silent_is_opened_anew(kitchen: Kitchen) -> None:
    li = talker(kitchen.stack)
    assert (await li.offer(kitchen.id, prepare="true")).status_code == 201
    await li.until("ready")
    pressed_s = time.time()
    assert (await li.press()).status_code == 200
    await kitchen.until_loud(pressed_s, 20.0)
    assert [one.what for one in told(kitchen.told)].count("play") == 2
    await li.close()


@pytest.mark.parametrize("kitchen", [{"deaf": 9}], indirect=True)
async def test_a_camera_that_stays_silent_is_named_and_a_press_that_nobody_ends_is_ended(kitchen: Kitchen) -> None:
    li = talker(kitchen.stack)
    assert (await li.offer(kitchen.id, prepare="true")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    ended = await li.until("ended", TALK_MAX_S + 15)
    assert ended["ending"] == "time_limit"
    named = [one for one in li.told if one.get("is_heard") is False]
    assert named, "said while it was pressed"
    assert "restart it" in named[0]["detail"]
    assert [one.what for one in told(kitchen.told)].count("play") == 2, "opened anew once and no more"
    assert (await li.press()).status_code == 409
    await li.close()


@pytest.mark.parametrize("kitchen", [{"sessions": 1}], indirect=True)
async def test_a_camera_whose_sessions_are_used_up_is_busy_and_may_be_pressed_again(kitchen: Kitchen) -> None:
    api = Api(kitchen.stack.url, kitchen.stack.admin_password)
    api.until_condition(kitchen.id, "online")  # what is watched has the camera's one session
    api.close()
    li = talker(kitchen.stack)
    assert (await li.offer(kitchen.id, prepare="true")).status_code == 201
    await li.until("ready")
    for _ in range(2):
        refused = await li.press()
        assert (refused.status_code, refused.json()["code"]) == (409, "camera_busy"), refused.text
        assert "close one" in refused.json()["detail"]
    assert (await li.state())["state"] == "ready"
    await li.close()


async def test_what_cannot_be_spoken_to_says_why(stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    li = talker(stack)
    with GstCamera(audio="pcmu") as deaf, api.camera("deaf", deaf.url):
        assert (await li.offer("deaf", prepare="true")).status_code == 201
        ended = await li.until("ended")
        assert ended["ending"] == "no_backchannel", ended
        assert ended["detail"]
    with api.camera("gone", "rtsp://127.0.0.1:9/none"):
        other = talker(stack)
        assert (await other.offer("gone", prepare="true")).status_code == 201
        assert (await other.until("ended"))["ending"] == "camera_unreachable"
        await other.close()
    with (
        GstCamera(backchannel="pcmu", user="admin", password="right") as camera,
        api.camera("locked", camera.url, username="admin", password="wrong"),
    ):
        other = talker(stack)
        assert (await other.offer("locked", prepare="true")).status_code == 201
        assert (await other.until("ended"))["ending"] == "camera_refused"
        await other.close()
    assert (await li.offer("no-such-camera")).status_code == 404
    for body in ("", "v=0", "v=0\r\nm=audio nonsense", "v=0\r\n" + "a=x\r\n" * 100):
        answer = await li.http.post("/api/v1/cameras/deaf/talk", content=body)
        assert answer.status_code in (404, 422), answer.text
    guest = talker(stack, "guest")
    assert (await guest.http.post("/api/v1/cameras/deaf/talk", content="v=0")).status_code == 403
    await guest.close()
    await li.close()
    api.close()


async def test_an_emergency_room_lets_a_guest_see_and_speak_until_it_does_not(kitchen: Kitchen) -> None:
    api = Api(kitchen.stack.url, kitchen.stack.admin_password)
    viewer = talker(kitchen.stack, "guest")
    with api.camera("outside", "rtsp://127.0.0.1:9/none"):
        wanted = {"title": "Gas smell", "cameras": [kitchen.id]}
        assert (await viewer.http.post("/api/v1/rooms", json=wanted)).status_code == 403
        assert api.http.post("/rooms", json=wanted | {"cameras": ["no-such"]}).status_code == 404
        opened = api.http.post("/rooms", json=wanted)
        assert opened.status_code == 201, opened.text
        room = opened.json()["id"]
        assert [one["who"] for one in opened.json()["people"]] == ["admin"]
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        invitation = {"name": "Fire brigade", "verbs": ["view", "talk"], "priority": "order", "until": until}
        invited = api.http.post(f"/rooms/{room}/guests", json=invitation).json()
        brigade = Talker(kitchen.stack.url, invited["token"])
        name = f"Fire brigade (guest {invited['id']})"
        joined = await brigade.http.post(f"/api/v1/rooms/{room}/join")
        assert joined.status_code == 200, joined.text
        assert joined.json()["guests"] == [], "who else is invited is none of a guest's business"
        assert (await brigade.http.get("/api/v1/cameras")).status_code == 403
        assert (await brigade.offer("outside")).status_code == 404, "not a camera of the room"
        assert (await brigade.offer(kitchen.id, priority="emergency")).status_code == 403
        looks = await brigade.http.post(f"/api/v1/cameras/{kitchen.id}/whep", content="v=0")
        assert looks.status_code == 422, "may look; that was no offer"
        assert (await brigade.offer(kitchen.id, prepare="true", priority="order")).status_code == 201
        await brigade.until("ready")
        pressed_s = time.time()
        assert (await brigade.press()).status_code == 200
        await kitchen.until_loud(pressed_s)
        order = {"kind": "order", "text": "Close the gas valve", "camera": kitchen.id}
        assert api.http.post(f"/rooms/{room}/notes", json=order).status_code == 201
        assert api.http.get(f"/rooms/{room}").json()["floors"][0]["talker"] == name
        assert api.http.delete(f"/rooms/{room}/guests/{invited['id']}").status_code == 204
        async with asyncio.timeout(10):
            while brigade.told[-1]["state"] != "ended":
                await asyncio.sleep(0.05)
        assert brigade.told[-1]["ending"] == "no_longer_allowed"
        out = await brigade.http.get(f"/api/v1/rooms/{room}")
        assert (out.status_code, out.json()["code"]) == (401, "guest_over")
        assert api.http.post(f"/rooms/{room}/close").status_code == 200
        assert api.http.post(f"/rooms/{room}/notes", json=order).status_code == 409
        async with asyncio.timeout(10):
            while "talk_ended" not in dict(kinds := timeline(api, room)):
                await asyncio.sleep(0.1)
    # What ends because somebody is put out is entered a moment later, perhaps behind the closing.
    assert sorted(kinds) == sorted([
        ("opened", "admin"), ("joined", "admin"), ("guest_invited", "admin"), ("joined", name), ("talk_started", name),
        ("order", "admin"), ("guest_revoked", "admin"), ("talk_ended", name), ("closed", "admin"),
    ])  # fmt: skip
    await brigade.close()
    await viewer.close()
    api.close()


def timeline(api: Api, room: str) -> list[tuple[str, str]]:
    return [(one["kind"], one["who"]) for one in api.http.get(f"/rooms/{room}").json()["timeline"]]


@pytest.mark.parametrize("kitchen", [{"audio": "aac"}], indirect=True)
async def test_both_directions_of_a_talk_are_on_record(kitchen: Kitchen) -> None:
    """The camera's microphone has 440 Hz, the talker says 880."""
    api = Api(kitchen.stack.url, kitchen.stack.admin_password)
    api.until_condition(kitchen.id, "online")
    li = talker(kitchen.stack)
    li.tone._hz = 880.0
    assert (await li.offer(kitchen.id, prepare="true")).status_code == 201
    await li.until("ready")
    pressed_s = time.time()
    assert (await li.press()).status_code == 200
    await kitchen.until_loud(pressed_s)
    await asyncio.sleep(2.0)
    assert (await li.release()).status_code == 200
    assert (await li.http.delete(li.talk)).status_code == 204
    async with asyncio.timeout(30):
        while not (found := api.http.get("/talks", params={"camera": kitchen.id}).json()["items"]):
            await asyncio.sleep(0.1)
    record = found[0]
    assert (record["talker"], record["presses"], record["ending"]) == ("li", 1, "released")
    assert record["has_sound"]
    assert record["has_microphone"]
    assert record["spoken_s"] == pytest.approx(2.1, abs=1.0)
    sealed = api.http.get(f"/talks/{record['id']}/sound").content
    assert (sha256(sealed).hexdigest(), len(sealed)) == (record["sha256"], record["size_bytes"])
    listened = api.http.get(f"/talks/{record['id']}/sound", params={"form": "wav"})
    assert listened.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(listened.content)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).astype(np.float64)
    assert channels == 2
    assert hertz(samples[:, 0], rate) == pytest.approx(880, abs=10), "left: the talker"
    assert hertz(samples[:, 1], rate) == pytest.approx(440, abs=10), "right: the kitchen"
    some = api.http.get(f"/talks/{record['id']}/sound", params={"form": "wav"}, headers={"Range": "bytes=0-3"})
    assert (some.status_code, some.content) == (206, b"RIFF")
    assert "talk_heard" in [row["action"] for row in api.http.get("/audit").json()["items"]]
    await li.close()
    api.close()


def hertz(samples: NDArray[np.float64], rate: int) -> float:
    """The strongest frequency of the middle half."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum) * rate / len(middle))
