"""A camera is seen and heard by WebRTC: a real stack, GStreamer's cameras, aiortc and Chromium as who looks."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.e2e.live_client import Api
from tests.e2e.second_intercom import another_intercom, worker_of
from tests.intercom.heard import heard
from tests.intercom.talker import Talker
from tests.intercom.viewer import Viewer
from tests.intercom.whep_page import FLAGS, LISTEN, LOOK, STATS
from tests.peers.gst import GstCamera
from tests.stack import Stack

pytestmark = pytest.mark.gstreamer

PASSWORD = "long enough for all"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = Path(mkdtemp(prefix="bk-whep-"))
    folder.chmod(0o755)
    running = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1", "BK_VIEWS_MAX": "3"})
    running.start()
    api = Api(running.url, running.admin_password)
    api.site("school")
    for name, roles in (("li", ["supervisor"]), ("wang", ["viewer"])):
        made = api.http.post("/accounts", json={"name": name, "password": PASSWORD, "roles": roles})
        assert made.status_code == 201, made.text
    api.close()
    yield running
    running.stop()
    print((folder / "data" / "logs" / "intercom.log").read_text()[-3000:])
    rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def camera(stack: Stack) -> Iterator[str]:
    """One that is seen and heard, and whose speaker says so if anybody opens it."""
    heard = stack.data.parent / "cook.heard"
    with GstCamera(backchannel="pcmu", audio="aac", heard=str(heard), width=640, height=480) as gst:
        api = Api(stack.url, stack.admin_password)
        with api.camera("cook", gst.url):
            api.until_condition("cook", "online")
            yield "cook"
        api.close()


def login(stack: Stack, name: str = "li") -> str:
    answer = httpx.post(
        f"{stack.url}/api/v1/sessions", json={"name": name, "password": PASSWORD}, trust_env=False, timeout=20
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@pytest_asyncio.fixture
async def viewer(stack: Stack) -> AsyncIterator[Viewer]:
    li = Viewer(stack.url, login(stack))
    yield li
    await li.close()


def audit(stack: Stack, camera: str) -> list[dict[str, Any]]:
    api = Api(stack.url, stack.admin_password)
    answer = api.http.get("/audit", params={"camera": camera, "limit": 50})
    api.close()
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def until_recorded(stack: Stack, camera: str, **wanted: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            for row in audit(stack, camera):
                if row["action"] == "live_view_ended" and wanted.items() <= row["detail"].items():
                    return row
            await asyncio.sleep(0.3)


async def test_the_picture_comes_as_it_is_and_the_sound_with_it(stack: Stack, camera: str, viewer: Viewer) -> None:
    began_s = time.time()
    opened = await viewer.offer(camera, purpose="a parent called")
    assert opened.status_code == 201, opened.text
    assert opened.headers["content-type"].startswith("application/sdp")
    assert "a=sendonly" in opened.text
    await viewer.until_pictures(1)
    print(f"first picture {1000 * (viewer.seen.pictures[0][0] - began_s):.0f} ms after the request")
    await viewer.until_pictures(50)
    assert {(width, height) for _, width, height in viewer.seen.pictures} == {(640, 480)}
    await viewer.until_heard(1000)
    status = await viewer.until_state("playing")
    assert (status["width"], status["height"], status["has_sound"], status["shed"]) == (640, 480, True, 0)
    assert (await viewer.http.delete(viewer.view)).status_code == 204
    assert (await viewer.until_state("ended"))["ending"] == "hung_up"
    begun, ended = None, await until_recorded(stack, camera, purpose="a parent called")
    for row in audit(stack, camera):
        begun = row if row["action"] == "live_view" and row["detail"].get("purpose") else begun
    # Whether it has a speaker was looked for when it was registered; nothing was ever played to it.
    file = stack.data.parent / "cook.heard"
    assert not file.exists() or not heard(file), "watching played to the speaker"
    assert begun is not None
    assert begun["detail"] == {"stream": "main", "by": "whep", "purpose": "a parent called"}
    assert ended["detail"]["ending"] == "hung_up"
    assert ended["seconds"] > 1


def metric(stack: Stack, name: str) -> float:
    """Of the intercom of this stack."""
    environment = Path(f"/proc/{stack.pid_of('intercom')}/environ").read_bytes().decode().split("\0")
    port = next(each.partition("=")[2] for each in environment if each.startswith("BK_HTTP_PORT="))
    page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return float(next(line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"{name} ")))


async def test_many_viewers_are_one_subscription_and_too_many_are_refused(stack: Stack, camera: str) -> None:
    viewers = [Viewer(stack.url, login(stack, name)) for name in ("li", "wang", "wang", "wang")]
    for each in viewers[:3]:
        assert (await each.offer(camera)).status_code == 201
    await asyncio.gather(*(each.until_pictures(5) for each in viewers[:3]))
    assert metric(stack, "bk_intercom_views") == 3
    assert metric(stack, "bk_intercom_feeds") == 1
    refused = await viewers[3].offer(camera)
    assert (refused.status_code, refused.json()["code"]) == (503, "intercom_full"), refused.text
    stranger = Viewer(stack.url, login(stack, "wang"))
    assert (await stranger.http.get(viewers[0].view)).status_code == 404, "nobody reaches another person's view"
    assert (await stranger.http.delete(viewers[0].view)).status_code == 404
    for each in (*viewers, stranger):
        await each.close()
    # A browser that closes says so; its views are over and on record.
    async with asyncio.timeout(20):
        while metric(stack, "bk_intercom_views") > 0 or metric(stack, "bk_intercom_feeds") > 0:
            await asyncio.sleep(0.1)
    await until_recorded(stack, camera, ending="browser_gone")


async def test_who_is_logged_out_sees_no_more(stack: Stack, camera: str) -> None:
    wang = Viewer(stack.url, login(stack, "wang"))
    assert (await wang.offer(camera)).status_code == 201
    await wang.until_pictures(3)
    assert (await wang.http.delete("/api/v1/sessions/current")).status_code == 204
    await until_recorded(stack, camera, ending="login_ended")
    # What is on its way is still decoded, on a busy machine later; then nothing comes any more.
    async with asyncio.timeout(4):
        count = -1
        while count != len(wang.seen.pictures):
            count = len(wang.seen.pictures)
            await asyncio.sleep(1)
    await wang.close()


async def test_candidates_may_come_later_and_ice_is_not_restarted(stack: Stack, camera: str, viewer: Viewer) -> None:
    assert (await viewer.offer(camera)).status_code == 201
    ufrag = next(line for line in viewer.peer.localDescription.sdp.splitlines() if line.startswith("a=ice-ufrag:"))
    candidate = "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=candidate:2 1 tcp 1 x 9 typ host\r\n"
    fragment = f"{ufrag}\r\na=ice-pwd:{'p' * 24}\r\nm=video 9 RTP/AVP 0\r\na=mid:0\r\n{candidate}"
    sent = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": viewer.etag}
    for headers, body, status in (
        (sent, fragment, 204),
        (sent | {"If-Match": '"another"'}, fragment, 412),
        ({"Content-Type": sent["Content-Type"]}, fragment, 428),
        (sent | {"If-Match": "*"}, fragment, 422),
        (sent, fragment.replace(ufrag, "a=ice-ufrag:anew"), 422),
        (sent, "a=mid:0\r\n", 400),
        (sent | {"Content-Type": "application/json"}, "{}", 415),
    ):
        answer = await viewer.http.patch(viewer.view, content=body, headers=headers)
        assert answer.status_code == status, (headers, answer.text)
        assert "etag" not in answer.headers
    await viewer.until_pictures(5)


async def test_what_webrtc_cannot_carry_is_refused_by_name(stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    with (
        GstCamera(codec="h265") as modern,
        GstCamera(b_frames=2, profile="main") as reordered,
        api.camera("modern", modern.url),
        api.camera("reordered", reordered.url),
        api.camera("away", "rtsp://127.0.0.1:9/none"),
    ):
        api.until_condition("modern", "online")
        api.until_condition("reordered", "online")
        for camera, status, code in (
            ("modern", 406, "not_h264"),
            ("reordered", 406, "reordered_pictures"),
            ("away", 409, "no_picture"),
            ("none", 404, "no_such_camera"),
        ):
            li = Viewer(stack.url, login(stack))
            refused = await li.offer(camera)
            assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
            print(refused.json()["detail"])
            await li.close()
    api.close()


async def test_a_camera_that_comes_back_otherwise_goes_on_in_the_same_view(stack: Stack, viewer: Viewer) -> None:
    api = Api(stack.url, stack.admin_password)
    with GstCamera(width=640, height=480) as gst, api.camera("changes", gst.url):
        api.until_condition("changes", "online")
        assert (await viewer.offer("changes")).status_code == 201
        await viewer.until_pictures(5)
        gst.kill()
        with GstCamera(width=800, height=600, port=gst.port):
            async with asyncio.timeout(40):
                while viewer.seen.pictures[-1][1:] != (800, 600):
                    await asyncio.sleep(0.1)
        assert (await viewer.state())["state"] == "playing"
    ended = await viewer.until_state("ended")
    assert ended["ending"] == "camera_gone"
    api.close()


async def test_a_talk_may_bring_picture_and_sound_back(stack: Stack, camera: str, viewer: Viewer) -> None:
    """One connection: the microphone's section carries the camera's sound back, a second one its picture."""
    li = Talker(stack.url, login(stack))
    answer = await li.offer(camera, picture=viewer.on_track, prepare="true")
    assert answer.status_code == 201, answer.text
    await viewer.until_pictures(10)
    await viewer.until_heard(1000)
    await li.until("ready")
    assert (await li.press()).status_code == 200
    assert (await li.release()).json()["packets"] >= 0
    fragment = "a=ice-ufrag:none\r\na=ice-pwd:none\r\na=mid:0\r\n"
    headers = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"none"'}
    assert (await li.http.patch(li.talk, content=fragment, headers=headers)).status_code == 412
    assert (await li.http.delete(li.talk)).status_code == 204
    await li.close()
    rows = [row for row in audit(stack, camera) if row["action"] == "talk_opened"]
    assert rows[0]["detail"]["looks"] == "yes"


@pytest.mark.chromium
async def test_chromium_shows_and_sounds_it(stack: Stack, camera: str) -> None:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await chromium.new_page()
        await page.goto(f"{stack.url}/login")
        seen = await page.evaluate(LOOK, [login(stack), camera])
        print({name: round(value) for name, value in seen.items()})
        assert (seen["width"], seen["height"]) == (640, 480)
        at_s = "() => document.querySelector('video').currentTime"
        began_s = await page.evaluate(at_s)
        await page.wait_for_function(
            f"() => document.querySelector('video').currentTime > {began_s + 1.5}", timeout=15_000
        )
        async with asyncio.timeout(15):
            while await page.evaluate(LISTEN) < 0.05:
                await asyncio.sleep(0.1)
        stats = await page.evaluate(STATS)
        assert stats["framesDecoded"] >= 25
        assert stats["packetsLost"] == 0
        assert stats["framesDropped"] <= 2
        await page.evaluate("() => window.__peer.close()")
        await until_recorded(stack, camera, ending="browser_gone")
        await chromium.close()


async def prepared(stack: Stack, camera: str) -> Talker:
    # Not in the loop: whoever speaks there meanwhile would fall silent.
    talker = Talker(stack.url, await asyncio.to_thread(login, stack))
    answer = await talker.offer(camera, prepare="true")
    assert answer.status_code == 201, answer.text
    return talker


async def test_two_workers_hold_what_is_theirs_and_one_that_ends_lets_who_speaks_finish(
    stack: Stack, camera: str
) -> None:
    api = Api(stack.url, stack.admin_password)
    with another_intercom(stack) as second:
        talkers: list[Talker] = []
        while [worker_of(each) for each in talkers].count("second") < 2 or len({*map(worker_of, talkers)}) < 2:
            assert len(talkers) < 30, "the queue group asks one worker alone"
            talkers.append(await prepared(stack, camera))
        of_second = [each for each in talkers if worker_of(each) == "second"]
        of_first = next(each for each in talkers if worker_of(each) != "second")
        # One port serves all talks of the second worker, and not one port those of the first.
        ports = {re.search(r" (\d+) typ host", each.peer.remoteDescription.sdp)[1] for each in of_second if each.peer}
        assert len(ports) == 1
        (intercom,) = [each for each in api.http.get("/status").json()["services"] if each["name"] == "intercom"]
        assert intercom["workers"] == 2
        for each in (of_first, of_second[0]):
            await each.until("ready")
            assert (await each.press()).status_code == 200, "asked of the worker that holds it"
            assert (await each.state())["state"] == "talking"
            assert (await each.release()).status_code == 200
        assert (await of_first.http.delete(of_first.talk)).status_code == 204
        speaks, idle = of_second[:2]
        await speaks.until("ready")
        assert (await speaks.press()).status_code == 200
        second.send_signal(signal.SIGTERM)
        assert (await idle.until("ended"))["ending"] == "draining"
        assert (await speaks.state())["state"] == "talking", "who speaks may finish"
        for _ in range(4):
            talkers.append(await prepared(stack, camera))
            assert worker_of(talkers[-1]) != "second", "nothing new is opened there"
        status = await speaks.state()
        assert status["state"] == "talking", status
        assert status["packets"] > 0
        assert (await speaks.release()).status_code == 200
        async with asyncio.timeout(10):
            while second.poll() is None:
                await asyncio.sleep(0.05)
        assert second.returncode == 0
        assert (await speaks.http.get(speaks.talk)).status_code == 404
        assert speaks.told[-1]["ending"] == "draining", "the browser was told why"
        for each in talkers:
            await each.close()
    api.close()
