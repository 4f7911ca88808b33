"""What a supervisor does with recordings, in a real browser: find, play, step, cut, fetch."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import mkdtemp
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.recorded_pictures import picture_times_ms
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

CAMERA = "demo-1"
# Both in one moment, whatever the page waits for between two questions.
APART_MS = "([one, other]) => window.__bkRecorded[one].atMs - window.__bkRecorded[other].atMs"
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Two demo cameras of one kitchen, recorded in segments of 4 s for half a minute."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    footage = Path("~/.cache/bright-kitchen/footage").expanduser()
    env = {"BK_SEGMENT_S": "4", "BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(footage))}
    running = Stack(folder / "data", demo=2, env=env)
    running.start()
    api = Api(running.url, running.admin_password)
    until(lambda: stored_segments(api) >= 9, 120)
    api.close()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


def stored_segments(api: Api) -> int:
    return min((int(one["segments"]) for one in api.http.get("/storage").json()["items"]), default=0)


def until(is_so: Callable[[], bool], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def figures(page: Page, camera: str = CAMERA) -> dict[str, Any]:
    found = page.evaluate("camera => window.__bkRecorded?.[camera] ?? null", camera)
    return dict(found or {})


def until_shown(page: Page, at_ms: float | None = None, camera: str = CAMERA) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while True:
        now = figures(page, camera)
        is_there = now.get("phase") == "ready" and now.get("firstFrameMs") is not None
        if is_there and (at_ms is None or abs(now["atMs"] - at_ms) < 100):
            return now
        assert time.monotonic() < deadline, now
        page.wait_for_timeout(50)


@pytest.fixture
def playback(page: Page, stack: Stack) -> Page:
    return opened(page, "admin", stack.admin_password)


def opened(page: Page, name: str, password: str) -> Page:
    """Playback as somebody sees it, half a minute back."""
    page.goto("/login?next=/playback")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button[type=submit]")
    page.wait_for_selector(".playback .tile", timeout=30_000)
    begins_ms = (time.time() - 25) * 1000
    page.goto(f"/playback?cameras={CAMERA}&at={begins_ms:.0f}")
    until_shown(page, begins_ms)
    return page


def picture(page: Page) -> list[int]:
    """What the video shows, as 16 x 9 brightnesses."""
    return list(
        page.evaluate(
            """() => {
              const video = document.querySelector('.playback video');
              const canvas = document.createElement('canvas');
              [canvas.width, canvas.height] = [16, 9];
              const context = canvas.getContext('2d');
              context.drawImage(video, 0, 0, 16, 9);
              const data = context.getImageData(0, 0, 16, 9).data;
              return [...Array(144).keys()].map((place) => data[place * 4 + 1]);
            }"""
        )
    )


def test_a_moment_is_shown_and_plays_at_every_speed(playback: Page) -> None:
    assert max(picture(playback)) > 40, "a black picture is no picture"
    begins = figures(playback)["atMs"]
    playback.keyboard.press(" ")
    playback.wait_for_timeout(2000)
    played_ms = figures(playback)["atMs"] - begins
    assert 500 < played_ms < 3500
    playback.click("button:has-text('4×')")
    before = figures(playback)["atMs"]
    playback.wait_for_timeout(2000)
    assert figures(playback)["atMs"] - before > 2500, "how fast exactly is the bench's to say: others use the machine"
    quality = playback.evaluate("document.querySelector('.playback video').getVideoPlaybackQuality().totalVideoFrames")
    assert quality > 50
    playback.keyboard.press(" ")
    playback.wait_for_timeout(250)  # until the player has stopped
    paused = figures(playback)["atMs"]
    playback.wait_for_timeout(500)
    assert figures(playback)["atMs"] == pytest.approx(paused, abs=50)


def test_one_picture_on_and_back(playback: Page, stack: Stack) -> None:
    begins = figures(playback)["atMs"]
    pictures = []
    for _ in range(6):
        step(playback, ".")
        pictures.append(figures(playback)["atMs"])
    api = Api(stack.url, stack.admin_password)
    # From as far back as the page's own list: a player counts on from a list's first picture.
    filmed = picture_times_ms(api, CAMERA, (begins - 60_000) // 600_000 * 600_000, begins + 3000)
    api.close()
    # 25 a second; a camera on a busy machine takes one of them late, or leaves it out.
    assert median(later - one for one, later in pairwise(filmed)) == pytest.approx(40, abs=2)
    shown = max(place for place, at in enumerate(filmed) if at <= begins + 0.5)
    spans = list(pairwise(filmed))[shown + 1 : shown + 7]
    # Somewhere inside each picture, since an edge may round to the one before; each of them, and none left out.
    assert len(spans) == 6
    assert all(one - 0.5 <= at < later for at, (one, later) in zip(pictures, spans, strict=True)), (pictures, spans)
    for _ in range(3):
        step(playback, ",")
    assert figures(playback)["atMs"] == pytest.approx(pictures[2], abs=2)


def step(page: Page, key: str) -> None:
    """One picture, and until it is shown."""
    before = figures(page)["atMs"]
    page.keyboard.press(key)
    deadline = time.monotonic() + 10
    while figures(page)["atMs"] == before or page.evaluate("document.querySelector('.playback video').seeking"):
        assert time.monotonic() < deadline, "the picture did not change"
        page.wait_for_timeout(30)


def test_scrubbing_by_the_timeline_and_by_keys(playback: Page) -> None:
    begins = figures(playback)["atMs"]
    playback.keyboard.press("ArrowRight")
    until_shown(playback, begins + 10_000)
    playback.keyboard.press("ArrowLeft")
    until_shown(playback, begins)
    for _ in range(13):  # 86,400 s halved: the shortest there is
        playback.click("[aria-label='Zoom in']")
    box = playback.locator(".timeline").bounding_box()
    assert box is not None
    share = float(playback.evaluate("parseFloat(document.querySelector('.timeline .cursor').style.left)")) / 100
    playback.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    playback.wait_for_selector(".hover .thumbnail, .hover small")
    playback.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 30)
    playback.wait_for_timeout(300)
    shown = until_shown(playback)
    assert shown["atMs"] - begins == pytest.approx((0.6 - share) * 20_000, abs=600), "20 s across"


def test_two_cameras_keep_step(playback: Page) -> None:
    playback.click(".chips button:nth-child(2)")
    playback.wait_for_selector(".tile:nth-child(2)")
    until_shown(playback, camera="demo-2")
    playback.keyboard.press(" ")
    apart = []
    for _ in range(20):
        playback.wait_for_timeout(200)
        apart.append(abs(playback.evaluate(APART_MS, [CAMERA, "demo-2"])))
    assert median(apart) < 150, apart
    assert apart[-1] < 150, apart
    playback.keyboard.press(" ")


def test_a_clip_is_made_followed_fetched_and_accepted_by_ffprobe(playback: Page, tmp_path: Path) -> None:
    begins = figures(playback)["atMs"]
    playback.keyboard.press("i")
    playback.keyboard.press("ArrowRight")
    until_shown(playback, begins + 10_000)
    playback.keyboard.press("o")
    assert playback.inner_text(".select .muted") == "10 s selected"
    playback.click("text=Make a clip")
    playback.wait_for_selector(".exports li.ready a", timeout=30_000)
    with playback.expect_download() as download:
        playback.click(".exports li.ready a")
    path = tmp_path / "clip.mp4"
    download.value.save_as(path)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "format=duration:stream=codec_name", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stderr == ""
    assert float(json.loads(told.stdout)["format"]["duration"]) == pytest.approx(10, abs=0.1)
    playback.click(".exports li.ready button")
    expect(playback.locator(".el-message-box")).to_contain_text("cannot be brought back")
    playback.click(".el-message-box__btns button:has-text('Cancel')")
    expect(playback.locator(".exports li.ready")).to_have_count(1)
    playback.route("**/api/v1/clips/*", lambda route: route.abort())
    removes(playback)
    expect(playback.locator(".exports [role=alert]")).to_contain_text("server cannot be reached")
    playback.unroute("**/api/v1/clips/*")
    removes(playback)
    playback.wait_for_selector(".exports li", state="detached")


def removes(page: Page) -> None:
    page.click(".exports li.ready button")
    page.click(".el-message-box__btns .el-button--primary")
    expect(page.locator(".el-message-box")).to_be_hidden()


def test_who_is_of_one_school_follows_and_fetches_their_clip(page: Page, stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    site = api.http.get(f"/cameras/{CAMERA}").json()["site"]
    account = {"name": "of-one", "password": PASSWORD, "roles": ["supervisor"], "sites": [site]}
    assert api.http.post("/accounts", json=account).status_code == 201
    api.close()
    begins = figures(opened(page, "of-one", PASSWORD))["atMs"]
    page.keyboard.press("i")
    page.keyboard.press("ArrowRight")
    until_shown(page, begins + 10_000)
    page.keyboard.press("o")
    page.click("text=Make a clip")
    page.wait_for_selector(".exports li.ready a", timeout=30_000)
    with page.expect_download() as download:
        page.click(".exports li.ready a")
    assert download.value.path().stat().st_size > 100_000


def test_evidence_is_sealed_with_a_reason(playback: Page) -> None:
    playback.keyboard.press("i")
    playback.click("text=Seal as evidence…")
    assert playback.is_disabled("button:has-text('Seal'):not([aria-expanded])")
    playback.fill(".reason", "A complaint of this morning")
    playback.click("button[type=submit]")
    playback.wait_for_selector(".exports li.sealed a", timeout=60_000)
    assert "A complaint of this morning" in playback.inner_text(".exports li.sealed")


def test_a_snapshot_is_saved(playback: Page, tmp_path: Path) -> None:
    with playback.expect_download() as download:
        playback.click("button:has-text('Snapshot')")
    download.value.save_as(tmp_path / "still.jpg")
    assert (tmp_path / "still.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert download.value.suggested_filename.startswith("demo-1-2")


def test_a_time_without_a_recording_says_so(playback: Page) -> None:
    playback.goto("/playback?cameras=demo-1&at=1700000000000")
    playback.wait_for_selector(".tile.nothing")
    assert "Nothing was recorded then." in playback.inner_text(".tile.nothing")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_it_fits_the_screen(playback: Page, width: int) -> None:
    playback.set_viewport_size({"width": width, "height": 900})
    playback.wait_for_timeout(400)
    if folder := os.environ.get("BK_SCREENSHOTS"):
        playback.keyboard.press("i")
        playback.keyboard.press("ArrowRight")
        playback.wait_for_timeout(1500)
        playback.keyboard.press("o")
        playback.wait_for_timeout(300)
        playback.screenshot(path=f"{folder}/playback-{width}.png")
    assert playback.evaluate("document.documentElement.scrollWidth") <= width
    assert playback.is_visible(".timeline")
