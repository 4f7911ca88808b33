"""A camera is seen and heard by WebRTC: a real stack, cameras of GStreamer's and of our own, aiortc in the browser's
place. Chromium does the same in tests/console/test_whep_in_chromium.py."""

from __future__ import annotations

import asyncio
import os
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

from tests.e2e.live_client import Api
from tests.intercom.talker import Talker
from tests.intercom.viewer import Viewer
from tests.peers.gst import GstCamera
from tests.stack import Stack

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
    assert not heard.exists() or heard.stat().st_size == 0, "watching opened the way to the speaker"


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
    assert begun is not None
    assert begun["detail"] == {"stream": "main", "by": "whep", "purpose": "a parent called"}
    assert ended["detail"]["ending"] == "hung_up"
    assert ended["seconds"] > 1
