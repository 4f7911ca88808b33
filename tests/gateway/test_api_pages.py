"""Still pictures, status, and what a browser gets that just opens the address."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from services.gateway.openapi import contract_text
from shared.subjects import CameraRef
from tests.gateway.pictures import GOP, Pictures
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def browser(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client:
        yield client


async def register(admin: httpx.AsyncClient, camera: str) -> CameraRef:
    await admin.post("/sites", json={"id": "page-site", "name": "n"})
    body = {"id": camera, "site": "page-site", "name": camera, "main": {"url": "rtsp://10.0.0.9/1"}}
    assert (await admin.post("/cameras", json=body)).status_code == 201
    return CameraRef("page-site", camera)


async def test_a_still_picture_is_the_newest_idr(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "still-1")
    pictures = Pictures(gateway, camera)
    await pictures.publish(GOP + 3)
    answer = await admin.get("/cameras/still-1/snapshot.jpg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Captured-Us"] == str(pictures.sent[GOP].header.captured_us)
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (160, 120)
    # The encoder was given a picture whose brightness is twice its number.
    brightness = picture.convert("L").getpixel((80, 60))
    assert isinstance(brightness, int)
    assert abs(brightness - 2 * GOP) < 8
    small = await admin.get("/cameras/still-1/snapshot.jpg", params={"width": 80})
    assert Image.open(io.BytesIO(small.content)).size == (80, 60)
    token = (await admin.post("/media-tokens", json={"camera": "still-1", "verb": "snapshot"})).json()["token"]
    async with gateway.client() as anonymous:
        assert (await anonymous.get(f"/cameras/still-1/snapshot.jpg?token={token}")).content == answer.content
    actions = [row["action"] for row in (await admin.get("/audit", params={"camera": "still-1"})).json()["items"]]
    assert actions == ["snapshot", "snapshot", "snapshot", "camera_added"]


async def test_a_camera_that_is_away_says_why(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "still-2")
    nothing = await admin.get("/cameras/still-2/snapshot.jpg")
    assert (nothing.status_code, nothing.json()["code"]) == (503, "no_picture")
    await Pictures(gateway, camera).say(gateway, "unreachable", "No route to 10.0.0.9.")
    async with asyncio.timeout(5):
        while (await admin.get("/cameras/still-2")).json()["state"]["condition"] != "unreachable":
            await asyncio.sleep(0.02)
    away = (await admin.get("/cameras/still-2/snapshot.jpg")).json()
    assert away["code"] == "camera_unreachable"
    assert "No route to 10.0.0.9." in away["detail"]


async def test_status_shows_six_services_and_every_camera(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "status-1")
    await Pictures(gateway, camera).say(gateway, "online")
    async with asyncio.timeout(5):
        while True:
            status = (await admin.get("/status")).json()
            found = next(each for each in status["cameras"] if each["id"] == "status-1")
            if found["state"] == "online":
                break
    services = {each["name"]: each for each in status["services"]}
    assert list(services) == ["ingest", "detector", "alerting", "recorder", "intercom", "gateway"]
    assert services["gateway"]["state"] == "up"
    assert "live_view" in services["gateway"]["capabilities"]
    assert services["gateway"]["workers"] == 1
    assert services["detector"]["state"] == "down"


async def test_without_a_built_console_an_honest_page(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert "not built" in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_console_and_its_own_addresses(gateway: Gateway, browser: httpx.AsyncClient) -> None:
    dist = gateway.folder / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>the console")
    (dist / "assets" / "app-1a2b.js").write_text("1")
    try:
        for address in ("/", "/live", "/live/cook-1"):
            page = await browser.get(address)
            assert (page.text, page.headers["Cache-Control"]) == ("<!doctype html>the console", "no-cache")
        script = await browser.get("/assets/app-1a2b.js")
        assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert (await browser.get("/assets/gone.js")).status_code == 404
        for address in ("/../admin-password", "/%2e%2e/admin-password", "/assets/..%2f..%2fadmin-password"):
            assert gateway.admin_password not in (await browser.get(address)).text
        nothing = await browser.get("/api/v1/nothing")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    finally:
        (dist / "index.html").unlink()


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None), ("", None)],
)
async def test_what_the_build_pressed_is_sent_to_whoever_takes_it(
    gateway: Gateway, browser: httpx.AsyncClient, accepts: str, encoding: str | None
) -> None:
    assets = gateway.folder / "dist" / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    made = {None: b"let it = 1;", "gzip": gzip.compress(b"let it = 1;"), "br": b"pressed by brotli"}
    for suffix, of in (("", None), (".gz", "gzip"), (".br", "br")):
        (assets / f"pressed-1a2b.js{suffix}").write_bytes(made[of])
    async with browser.stream("GET", "/assets/pressed-1a2b.js", headers={"Accept-Encoding": accepts}) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])
    assert (sent, answer.headers.get("Content-Encoding")) == (made[encoding], encoding)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"
    part = await browser.get("/assets/pressed-1a2b.js", headers={"Range": "bytes=0-2", "Accept-Encoding": "gzip"})
    assert (part.status_code, part.content) == (206, b"let"), "a part of the file itself"


async def test_the_contract_is_open_to_everybody(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/api/v1/openapi.json")
    assert (answer.text, answer.headers["Content-Type"]) == (contract_text(), "application/json")
