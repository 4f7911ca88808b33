"""What a supervisor sees on the wall: moving pictures, none dropped, the truth when a camera is lost."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from services.gateway.totp import STEP_S, code_at, of_text
from shared.embedded.ports import HOST, free_port
from tests.console.conftest import PASSWORD, USER
from tests.console.footage import film
from tests.console.test_watch_page import LIMIT_MS, Detector
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

WATCHED, WATCHED_SITE = "wall-0-0", "wall-0"
WALL_PASSWORD = "long enough for all"
VIEWS = ("hygiene", "processing", "dishes", "storage")

PLACE = """(camera) => {
  const video = document.querySelector(`.tile[data-camera="${camera}"] video`);
  const quality = video.getVideoPlaybackQuality();
  return { time: video.currentTime, total: quality.totalVideoFrames, dropped: quality.droppedVideoFrames };
}"""


def place(page: Page, camera: str) -> dict[str, float]:
    told: dict[str, float] = page.evaluate(PLACE, camera)
    return told


def plays(page: Page, camera: str, seconds: float = 3.0) -> dict[str, float]:
    """How far it came meanwhile."""
    page.wait_for_selector(f'.tile.playing[data-camera="{camera}"]', timeout=30_000)
    page.wait_for_timeout(1500)
    before = place(page, camera)
    page.wait_for_timeout(seconds * 1000)
    after = place(page, camera)
    return {name: after[name] - before[name] for name in before}


def test_pictures_move(logged_in: Page) -> None:
    """How many are dropped, and how late they are, is the bench's to say: here the machine does other things too."""
    moved = plays(logged_in, "demo-1", 5.0)
    expect(logged_in.locator('.tile[data-camera="demo-1"] .water-mark text').first).to_contain_text("admin")
    assert moved["time"] == pytest.approx(5.0, abs=1.5)
    assert moved["total"] - moved["dropped"] > 5 * 25 * 0.5


SENT = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .filter((one) => ['script', 'link', 'css', 'navigation'].includes(one.initiatorType))
  .reduce((sum, one) => sum + one.transferSize, 0)"""


def test_the_first_load_is_small(page: Page, stack: Stack) -> None:
    """What a browser that has nothing yet fetches until pictures move, as it comes over the network."""
    page.goto("/login?next=/live")
    page.fill("#password", stack.admin_password)
    page.click("button[type=submit]")
    page.wait_for_selector(".tile.playing", timeout=30_000)
    sent = page.evaluate(SENT)
    print(f"{sent / 1000:.0f} kB until pictures move")
    assert 20_000 < sent < 300_000


def test_a_wrong_password_is_said_in_words(page: Page) -> None:
    page.goto("/login")
    page.fill("#password", "not-it")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    assert page.url.endswith("/login")


def test_a_first_password_is_changed_and_a_code_is_asked_for(page: Page, stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    first, second = "for the first time", "chosen by herself"
    account = {"name": "newcomer", "password": first, "roles": ["viewer"], "must_change_password": True}
    assert api.http.post("/accounts", json=account).status_code == 201
    api.close()
    page.goto("/login")
    page.fill("#name", "newcomer")
    page.fill("#password", first)
    page.click("button[type=submit]")
    page.fill("#new-password", first)
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("another password")
    page.goto("/live")
    expect(page).to_have_url(re.compile("/login"))
    page.fill("#name", "newcomer")
    page.fill("#password", first)
    page.click("button[type=submit]")
    page.fill("#new-password", second)
    page.click("button[type=submit]")
    expect(page).to_have_url(re.compile("//[^/]+/live$"))
    own = Api(stack.url, second, name="newcomer")
    begun = own.http.post("/me/second-factor", json={"password": second}).json()
    secret, step = of_text(begun["secret"]), int(time.time()) // STEP_S
    confirmed = own.http.post("/me/second-factor/confirmation", json={"code": code_at(secret, step)})
    assert confirmed.status_code == 200, confirmed.text
    page.context.clear_cookies()
    page.goto("/login")
    page.fill("#name", "newcomer")
    page.fill("#password", second)
    page.click("button[type=submit]")
    page.fill("#code", code_at(secret, step))
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("used already")
    page.fill("#code", confirmed.json()["recovery_codes"][0])
    page.click("button[type=submit]")
    expect(page).to_have_url(re.compile("//[^/]+/live$"))


def test_both_languages_and_the_choice_stays(logged_in: Page) -> None:
    expect(logged_in.get_by_role("link", name="Live")).to_be_visible()
    logged_in.get_by_role("button", name=re.compile("中文|English")).first.click()
    expect(logged_in.get_by_role("link", name="实时")).to_be_visible()
    logged_in.reload()
    expect(logged_in.get_by_role("link", name="实时")).to_be_visible()
    assert logged_in.evaluate("document.documentElement.lang") == "zh-CN"


def test_a_list_that_cannot_be_read_is_said_and_views_are_chosen(
    logged_in: Page, stack: Stack, browser: Browser, shots: Path
) -> None:
    page = logged_in
    page.get_by_role("link", name="Schools", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Schools")
    page.context.set_offline(True)
    page.get_by_role("link", name="Live", exact=True).click()
    expect(page.locator(".live [role=alert]")).to_contain_text("The list of cameras cannot be read")
    expect(page.locator(".live .waiting")).to_have_count(0)
    page.screenshot(path=shots / "live-failed-1280.png")
    page.context.set_offline(False)
    page.locator(".live .retry").click()
    page.wait_for_selector(".tile.playing", timeout=30_000)
    api = Api(stack.url, stack.admin_password)
    kinds = {one["id"]: one["purpose"] for one in api.http.get("/cameras?limit=200").json()["items"]}
    one, none = kinds["demo-1"], next(kind for kind in VIEWS if kind not in kinds.values())
    view = page.get_by_label("Kind of view")
    view.select_option(one)
    page.wait_for_url(f"**view={one}*")
    expect(page.locator(".wall .tile")).to_have_count(min(4, list(kinds.values()).count(one)))
    assert {kinds[camera] for camera in shown_tiles(page)} == {one}
    view.select_option(none)
    expect(page.locator(".empty")).to_contain_text("No camera with this kind of view")
    for width, height in ((390, 844), (1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=shots / f"live-views-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".empty button").click()
    page.wait_for_selector(".tile.playing", timeout=30_000)
    # Who may not register cameras is not led to where they are.
    assert api.http.post("/sites", json={"id": "bare", "name": "Bare"}).status_code == 201
    account = {"name": "looker", "password": WALL_PASSWORD, "roles": ["viewer"]}
    assert api.http.post("/accounts", json=account).status_code == 201
    page.goto("/live?site=bare")
    expect(page.locator(".empty a")).to_have_count(1)
    context = browser.new_context(base_url=stack.url)
    looker = context.new_page()
    looker.goto("/login?next=/live")
    looker.fill("#name", "looker")
    looker.fill("#password", WALL_PASSWORD)
    looker.click("button[type=submit]")
    looker.wait_for_selector(".live .bar")
    for path in ("/live?site=bare", "/playback?site=bare"):
        looker.goto(path)
        expect(looker.locator(".empty")).to_be_visible()
        expect(looker.locator(".empty a")).to_have_count(0)
    context.close()
    assert api.http.delete("/sites/bare").status_code == 204
    api.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_every_page_fits_the_screen(logged_in: Page, width: int, tmp_path: Path) -> None:
    logged_in.set_viewport_size({"width": width, "height": 844 if width == 390 else 1080})
    for path in ("/live", "/cameras", "/sites", "/status"):
        logged_in.goto(path)
        if path == "/live":
            logged_in.wait_for_selector(".tile.playing", timeout=30_000)
        else:
            # Not until the network is idle: news come for as long as the page is open.
            expect(logged_in.locator("main h1")).to_be_visible()
            expect(logged_in.locator("main .el-skeleton, main [aria-busy=true]")).to_have_count(0)
        shot = tmp_path / f"{width}{path.replace('/', '-')}.png"
        logged_in.screenshot(path=shot)
        overflow = logged_in.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{path} is {overflow} px wider than the screen: {shot}"


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_camera_is_added_after_a_probe_and_plays(
    logged_in: Page, stack: Stack, camera_of: Callable[..., Any], tmp_path: Path, b_frames: int
) -> None:
    name = f"Probe {b_frames}"
    camera = f"probe-{b_frames}"
    with camera_of(film(tmp_path / "film.mp4", b_frames=b_frames)) as url:
        logged_in.goto("/cameras")
        logged_in.get_by_role("button", name="Add a camera").first.click()
        logged_in.get_by_label("Address", exact=True).fill(url)
        logged_in.get_by_label("User name").fill(USER)
        logged_in.get_by_label("Password", exact=True).fill("wrong")
        logged_in.get_by_role("button", name="Probe").click()
        expect(logged_in.locator(".found.bad")).to_be_visible(timeout=20_000)
        logged_in.get_by_label("Password", exact=True).fill(PASSWORD)
        logged_in.get_by_role("button", name="Probe").click()
        expect(logged_in.locator(".found.ok")).to_contain_text("640×360", timeout=20_000)
        logged_in.get_by_label("Name", exact=True).fill(name)
        logged_in.get_by_label("Id", exact=True).fill(camera)
        logged_in.get_by_role("button", name="Save").click()
        expect(logged_in.get_by_text(name).first).to_be_visible()
        logged_in.goto("/live?n=4")
        moved = plays(logged_in, camera)
        Api(stack.url, stack.admin_password).remove(camera)
    assert moved["time"] == pytest.approx(3.0, abs=1.2)
    assert moved["total"] > 3 * 25 * 0.5


def test_a_lost_camera_is_covered_and_comes_back(
    logged_in: Page, stack: Stack, camera_of: Callable[..., Any], tmp_path: Path
) -> None:
    api = Api(stack.url, stack.admin_password)
    site = api.http.get("/sites").json()["items"][0]["id"]
    port = free_port()
    file = film(tmp_path / "film.mp4", b_frames=0)
    tile = '.tile[data-camera="lost-one"]'
    with camera_of(file, port) as url:
        api.add("lost-one", url, site=site, username=USER, password=PASSWORD)
        logged_in.goto("/live?n=4")
        logged_in.wait_for_selector(f"{tile}.playing", timeout=30_000)
    expect(logged_in.locator(f"{tile} .cover")).to_be_visible(timeout=8_000)
    assert logged_in.locator(f"{tile} video").is_hidden(), "an old picture must not look live"
    with camera_of(file, port):
        logged_in.wait_for_selector(f"{tile}.playing:not(.trouble)", timeout=40_000)
        assert plays(logged_in, "lost-one")["total"] > 3 * 25 * 0.5
    api.remove("lost-one")
    api.close()


@pytest.fixture(scope="module")
def kitchens(stack: Stack) -> Iterator[Api]:
    """Five cameras of three schools beside the demo's two, one school without any, one whose camera is away."""
    api = Api(stack.url, stack.admin_password)
    names = {"wall-0": "东方幼儿园", "wall-1": "第二小学", "wall-2": "Riverside", "wall-3": "新建学校"}
    for site, name in names.items():
        assert api.http.post("/sites", json={"id": site, "name": name}).status_code == 201
    cameras = [f"{site}-{number}" for site in ("wall-0", "wall-1") for number in range(2)]
    for at, camera in enumerate(cameras):
        url = stack.demo_url(at % 2 + 1)
        plan = {"is_enabled": False}
        api.add(camera, url, site=camera[:6], username="demo", password=stack.demo_password, analysis=plan)
    api.add("wall-2-0", f"rtsp://{HOST}:{free_port()}/none", site="wall-2", analysis={"is_enabled": False})
    for camera in cameras:
        api.until_condition(camera, "online", 60)
    api.until_condition("wall-2-0", "unreachable", 60)
    yield api
    for camera in [*cameras, "wall-2-0"]:
        api.remove(camera)
    for site in names:
        api.http.delete(f"/sites/{site}")
    api.close()


@pytest.fixture(scope="module")
def detector(stack: Stack, kitchens: Api) -> Iterator[Detector]:
    """Says what a camera shows that our own detector does not look at. Heard: alerting has the camera."""
    rules = kitchens.http.get("/rules").json()["items"]
    (rule,) = (one["rule"] for one in rules if one["rule"]["rule"] == "rodent")
    # Each time is another incident.
    quick = rule | {"over_after_s": 3.0, "reopen_s": 0.0}
    assert kitchens.http.put("/rules/rodent", json=quick).status_code == 200
    saying = Detector(stack)
    deadline = time.monotonic() + 90
    while not kitchens.http.get(f"/alerts?camera={WATCHED}").json()["items"]:
        assert time.monotonic() < deadline, "alerting judges nothing"
        saying.bare_head(WATCHED, WATCHED_SITE)
        time.sleep(2)
    judge(kitchens, "unclear")
    yield saying
    saying.close()
    kitchens.http.put("/rules/rodent", json=rule)


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are left to be looked at."""
    folder = Path(os.environ.get("BK_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def judge(api: Api, verdict: str) -> None:
    """All that wait."""
    for one in api.http.get("/alerts?verdict=none").json()["items"]:
        api.http.post(f"/alerts/{one['id']}/review", json={"verdict": verdict})


def shown_tiles(page: Page) -> list[str]:
    told: list[str] = page.locator(".wall .tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.camera)")
    return told


@pytest.mark.usefixtures("kitchens")
def test_a_patrol_turns_pages_and_the_layout_stays(logged_in: Page, shots: Path) -> None:
    logged_in.goto("/live")
    tour = logged_in.locator(".tour")
    tour.get_by_role("combobox").select_option("10")
    first = shown_tiles(logged_in)
    assert len(first) == 4
    logged_in.keyboard.press("p")
    expect(tour).to_have_attribute("data-phase", "runs")
    expect(logged_in.locator(".pager")).to_contain_text("2 of 2", timeout=20_000)
    assert not set(first) & set(shown_tiles(logged_in))
    expect(logged_in.locator(".pager")).to_contain_text("1 of 2", timeout=20_000)
    logged_in.keyboard.press("p")
    expect(tour).to_have_attribute("data-phase", "paused")
    logged_in.screenshot(path=shots / "live-tour.png")
    # By drag and by keyboard, and it is so after a reload.
    tile = '.tile[data-camera="{}"]'
    logged_in.drag_and_drop(tile.format(first[0]), tile.format(first[2]))
    moved = [first[1], first[2], first[0], first[3]]
    assert shown_tiles(logged_in) == moved
    logged_in.locator(tile.format(first[3])).focus()
    logged_in.keyboard.press("Shift+ArrowLeft")
    expect(logged_in.locator(tile.format(first[3]))).to_be_focused()
    moved = [first[1], first[2], first[3], first[0]]
    assert shown_tiles(logged_in) == moved
    logged_in.reload()
    logged_in.wait_for_selector(".tile.playing", timeout=30_000)
    assert shown_tiles(logged_in) == moved
    logged_in.get_by_role("button", name="25", exact=True).click()
    logged_in.goto("/live")
    expect(logged_in.locator(".wall .tile")).to_have_count(7)
    logged_in.screenshot(path=shots / "live-25.png")


@pytest.mark.usefixtures("kitchens")
def test_a_patrol_waits_where_an_alert_comes(logged_in: Page, detector: Detector, shots: Path) -> None:
    logged_in.goto("/live?n=9")
    logged_in.wait_for_selector('.tile.playing[data-camera="wall-0-0"]', timeout=30_000)
    logged_in.keyboard.press("p")
    expect(logged_in.locator(".tour")).to_have_attribute("data-phase", "runs")
    detector.rodent(WATCHED, WATCHED_SITE)
    expect(logged_in.locator(".tour")).to_have_attribute("data-phase", "alert", timeout=LIMIT_MS)
    expect(logged_in.locator(".note")).to_be_visible()
    expect(logged_in.locator(f'.tile.has-alert[data-camera="{WATCHED}"]')).to_be_visible()
    logged_in.screenshot(path=shots / "live-alert.png")
    logged_in.keyboard.press("p")
    expect(logged_in.locator(".tour")).to_have_attribute("data-phase", "runs")
    expect(logged_in.locator(".note")).to_have_count(0)


def test_the_wall_screen_of_a_viewer(
    browser: Browser, stack: Stack, kitchens: Api, detector: Detector, shots: Path
) -> None:
    account = {"name": "wall", "password": WALL_PASSWORD, "roles": ["viewer"]}
    assert kitchens.http.post("/accounts", json=account).status_code == 201
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, base_url=stack.url)
    page = context.new_page()
    page.goto("/login?next=" + quote("/wall?lang=zh-CN"))
    page.fill("#name", "wall")
    page.fill("#password", WALL_PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".picture.playing.shown")).to_have_count(3, timeout=40_000)
    expect(page.locator('[data-school="wall-2"]')).to_have_class(re.compile("dark"))
    expect(page.locator('[data-school="wall-3"]')).to_have_class(re.compile("none"))
    expect(page.locator('[data-school="wall-1"]')).to_have_class(re.compile("online"))
    expect(page.locator('[data-counter="camerasOnline"]')).to_contain_text("6/7")
    before = set(pictures(page))
    # An alert waits, then is confirmed: both come by themselves.
    judge(kitchens, "unclear")
    school = page.locator(f'[data-school="{WATCHED_SITE}"]')
    expect(school).to_have_class(re.compile("online"), timeout=LIMIT_MS)
    detector.rodent(WATCHED, WATCHED_SITE)
    expect(school).to_have_class(re.compile("alert"), timeout=LIMIT_MS)
    page.screenshot(path=shots / "wall-alert.png")
    judge(kitchens, "confirmed")
    expect(page.locator(".newest article")).to_contain_text("东方幼儿园", timeout=LIMIT_MS)
    expect(school).to_have_class(re.compile("online"), timeout=LIMIT_MS)
    # The pictures take turns: others come, and never are more than four open.
    turned = """(before) => {
      const shown = [...document.querySelectorAll(".picture.shown.playing")].map((one) => one.dataset.camera);
      window.most = Math.max(window.most ?? 0, document.querySelectorAll("video").length);
      return shown.length === 3 && shown.some((one) => !before.includes(one));
    }"""
    page.wait_for_function(turned, arg=list(before), timeout=60_000, polling=200)
    assert page.evaluate("window.most") <= 4
    page.screenshot(path=shots / "wall.png")
    overflow = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert max(overflow) <= 0
    # Away: it says since when; and comes back by itself.
    page.context.set_offline(True)
    expect(page.locator(".away")).to_contain_text("正在重连", timeout=LIMIT_MS)
    page.screenshot(path=shots / "wall-away.png")
    # The server came back with another console: it is loaded by itself.
    newer = '<!doctype html><script type="module" src="/assets/index-newer.js"></script>'
    page.route(f"{stack.url}/", lambda route: route.fulfill(content_type="text/html", body=newer))
    with page.expect_event("load", timeout=LIMIT_MS):
        page.context.set_offline(False)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].type") == "reload"
    expect(page.locator(".away")).to_have_count(0, timeout=LIMIT_MS)
    expect(page.locator(".picture.playing.shown")).to_have_count(3, timeout=40_000)
    page.close()
    context.close()


def pictures(page: Page) -> list[str]:
    told: list[str] = page.locator(".picture.shown").evaluate_all("all => all.map(one => one.dataset.camera)")
    return told
