"""Where nothing goes directly: a talk and a view through coturn alone, over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import httpx
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCIceServer
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from playwright.async_api import async_playwright

from shared.ice_servers import credential
from tests.e2e.live_client import Api
from tests.intercom.heard import heard
from tests.intercom.talker import Talker
from tests.intercom.viewer import Viewer
from tests.intercom.whep_page import FLAGS, LOOK
from tests.peers.coturn import Coturn
from tests.peers.gst import GstCamera
from tests.stack import Stack

pytestmark = [pytest.mark.gstreamer, pytest.mark.coturn]

SECRET = "shared with the TURN servers"
LOUD = 3000


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-turn-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def coturn(folder: Path) -> Iterator[Coturn]:
    with Coturn(folder, SECRET) as running:
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = str(running.ca)  # of our own aiortc, in this process
        yield running
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


@pytest.fixture(scope="module")
def stack(folder: Path, coturn: Coturn) -> Iterator[Stack]:
    env = {
        "BK_ICE_BIND": "127.0.0.1",
        "BK_ICE_SERVERS": f"stun:127.0.0.1:{coturn.port},{coturn.udp},{coturn.tcp},{coturn.tls}",
        "BK_TURN_SECRET": SECRET,
        "SSL_CERT_FILE": str(coturn.ca),
    }
    running = Stack(folder / "data", demo=0, env=env)
    running.start()
    yield running
    running.stop()
    print((folder / "data" / "logs" / "intercom.log").read_text()[-3000:])


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    logged_in = Api(stack.url, stack.admin_password)
    logged_in.site("school")
    yield logged_in
    logged_in.close()


def servers(api: Api) -> list[dict[str, Any]]:
    answer = api.http.get("/ice-servers")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return list(answer.json()["ice_servers"])


def through(api: Api, url: str) -> RTCConfiguration:
    """What a browser makes of the answer, when it may use this relay and nothing else."""
    (turn,) = [each for each in servers(api) if url in each["urls"]]
    server = RTCIceServer([url], turn["username"], turn["credential"])
    return RTCConfiguration([server], RTCIceTransportPolicy.RELAY)


def test_credentials_are_of_whom_they_are_and_end_soon(stack: Stack, api: Api, coturn: Coturn) -> None:
    stun, turn = servers(api)
    assert stun == {"urls": [f"stun:127.0.0.1:{coturn.port}"], "username": None, "credential": None}
    assert turn["urls"] == [coturn.udp, coturn.tcp, coturn.tls]
    ends, _, name = turn["username"].partition(":")
    assert name == "admin"
    assert 590 <= int(ends) - time.time() <= 601
    assert turn["credential"] == credential(SECRET.encode(), turn["username"])
    stranger = httpx.get(f"{stack.url}/api/v1/ice-servers", trust_env=False)
    assert stranger.status_code == 401


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_a_talk_goes_through_the_relay_alone(
    stack: Stack, api: Api, coturn: Coturn, folder: Path, way: str
) -> None:
    file = folder / f"{way}.heard"
    with (
        GstCamera(backchannel="pcmu", audio="pcmu", heard=str(file)) as gst,
        api.camera(f"cook-{way}", gst.url) as camera,
    ):
        api.until_condition(camera, "online")
        configuration = through(api, getattr(coturn, way))
        li = Talker(stack.url, api.token, configuration=configuration)
        opened = await li.offer(camera, prepare="true")
        assert opened.status_code == 201, opened.text
        assert li.peer is not None
        kinds = [line.split()[7] for line in li.peer.localDescription.sdp.splitlines() if "a=candidate" in line]
        assert set(kinds) == {"relay"}, "the browser offers nothing but its relay"
        assert " typ relay" in opened.text, "the intercom has one too"
        links = [link for link in opened.headers.get_list("link") if 'rel="ice-server"' in link]
        assert len(links) == 4
        await li.until("ready")
        pressed_s = time.time()
        assert (await li.press()).status_code == 200
        async with asyncio.timeout(15):
            while not any(np.abs(one.samples).max() > LOUD for one in heard(file) if one.at_s > pressed_s):
                await asyncio.sleep(0.02)
        assert (await li.release()).status_code == 200
        await li.close()
        if way == "udp":
            viewer = Viewer(stack.url, api.token, configuration)
            assert (await viewer.offer(camera)).status_code == 201
            await viewer.until_pictures(25)
            await viewer.close()


@pytest.mark.chromium
async def test_chromium_looks_through_the_relay_alone(stack: Stack, api: Api) -> None:
    with GstCamera() as gst, api.camera("plain", gst.url) as camera:
        api.until_condition(camera, "online")
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = await chromium.new_page()
            await page.goto(f"{stack.url}/login")
            told = [{name: value for name, value in each.items() if value} for each in servers(api)]
            configuration = {"iceServers": told, "iceTransportPolicy": "relay"}
            seen = await page.evaluate(LOOK, [api.token, camera, configuration])
            print({name: round(value) for name, value in seen.items()})
            assert (seen["width"], seen["height"]) == (640, 360)
            await page.evaluate("() => window.__peer.close()")
            await chromium.close()
