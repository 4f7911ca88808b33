"""One voice to many kitchens from the console, in a real browser: warm-up, one button, receipts, and the pages beside it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.conftest import FLAGS
from tests.e2e.live_client import Api
from tests.intercom.heard import heard
from tests.peers.gst import GstCamera
from tests.stack import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.gstreamer]

TALK_FLAGS = [*FLAGS, "--use-fake-device-for-media-stream", "--allow-loopback-in-peer-connection"]
LOUD = 2000
SLOW_MS = 30_000


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-broadcast-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """Two schools: a kitchen that hears, a camera that is away, one that is switched off."""
    running = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1"})
    running.start()
    api = Api(running.url, running.admin_password)
    for site in ("north", "south"):
        api.site(site)
    with GstCamera(backchannel="pcmu", heard=str(folder / "heard"), user="admin", password="secret") as peer:
        api.add("cooking", peer.url, site="north", username="admin", password="secret")
        api.add("away", "rtsp://127.0.0.1:9/none", site="south")
        api.add("off", "rtsp://127.0.0.1:9/off", site="south", is_enabled=False)
        api.until_condition("cooking", "online")
        api.close()
        yield running
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=TALK_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """Logged in, on the page of broadcasts."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=stack.url)
    context.grant_permissions(["microphone"], origin=stack.url)
    context.add_init_script("localStorage.getItem('bk-language') ?? localStorage.setItem('bk-language', 'en')")
    opened = context.new_page()
    opened.goto("/login?next=/broadcast")
    opened.fill("#password", stack.admin_password)
    opened.click("button[type=submit]")
    opened.wait_for_selector('.broadcast[data-phase="idle"]', timeout=SLOW_MS)
    yield opened
    context.close()


def until_phase(page: Page, *phases: str) -> None:
    page.wait_for_selector(", ".join(f'.broadcast[data-phase="{one}"]' for one in phases), timeout=SLOW_MS)


def until_mark(page: Page, camera: str, *marks: str) -> None:
    wanted = ", ".join(f'[data-camera="{camera}"][data-mark="{mark}"]' for mark in marks)
    page.wait_for_selector(wanted, timeout=SLOW_MS)


def is_loud(folder: Path, since_s: float) -> bool:
    return any(one.at_s >= since_s and np.abs(one.samples).max() > LOUD for one in heard(folder / "heard"))


def until(is_so: Callable[[], bool], limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def hold(page: Page) -> None:
    place = page.locator(".big").bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()


def test_a_voice_reaches_who_can_hear_and_names_who_cannot(page: Page, folder: Path) -> None:
    expect(page.get_by_role("button", name=re.compile("Hold to speak"))).to_be_disabled()
    page.get_by_label("Everybody").check()
    until_mark(page, "cooking", "ready")
    until_mark(page, "away", "failed")
    expect(page.locator('[data-camera="away"]')).to_contain_text("not reachable")
    expect(page.locator('[data-camera="off"]')).to_have_count(0)  # switched off: it cannot be chosen
    assert not is_loud(folder, 0.0), "nothing is heard before the press"
    pressed_s = time.time()
    hold(page)
    until_phase(page, "speaking")
    until(lambda: is_loud(folder, pressed_s))
    until_mark(page, "cooking", "sounding", "heard")
    expect(page.locator('.tree input[type="checkbox"]').first).to_be_disabled()
    page.mouse.up()
    page.get_by_role("button", name="End the broadcast").click()
    until_phase(page, "over")
    page.get_by_role("button", name="Try the 1 that failed again").click()
    until_mark(page, "away", "failed")
    expect(page.locator("[data-camera]")).to_have_count(1)


def test_a_text_is_spoken_to_one_school(page: Page, folder: Path) -> None:
    page.get_by_role("radio", name="Text to speech").click()
    page.get_by_role("textbox", name="Text to speech").fill("Please check the gas valves now.")
    page.get_by_label("Spoken in").select_option("en")
    page.locator('[data-site="north"] label').first.click()
    until_mark(page, "cooking", "ready")
    played_s = time.time()
    page.get_by_role("button", name="Play now").click()
    until_phase(page, "over")
    assert is_loud(folder, played_s)
    until_mark(page, "cooking", "heard")
    expect(page.locator(".broadcast [role=status]")).to_contain_text("1 of 1 received it")


def test_an_announcement_is_kept_scheduled_and_removed(page: Page) -> None:
    page.goto("/broadcast/announcements")
    expect(page.get_by_text("The library is empty")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("textbox", name="Name").fill("Masks")
    page.get_by_role("textbox", name="Text").fill("Masks and hats, please.")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("[data-announcement]", timeout=SLOW_MS)
    page.get_by_label("Announcement", exact=True).select_option(label="Masks")
    page.get_by_role("textbox", name="Times").fill("25:00")
    expect(page.get_by_role("button", name="Add a schedule")).to_be_disabled()
    page.get_by_role("textbox", name="Times").fill("10:30, 16:00")
    page.get_by_role("button", name="Add a schedule").click()
    expect(page.locator(".plan")).to_contain_text("10:30 16:00 · All schools", timeout=SLOW_MS)
    page.locator(".plan").get_by_role("button", name="Remove").click()
    expect(page.locator(".plan")).to_have_count(0, timeout=SLOW_MS)


def test_what_was_never_drilled_is_not_called_reachable(page: Page) -> None:
    page.goto("/broadcast/drills")
    page.wait_for_selector('[data-site="north"]', timeout=SLOW_MS)
    expect(page.locator("[data-ratio]")).to_have_text("0%")
    expect(page.locator('[data-site="north"] li.never')).to_contain_text("cooking")


@pytest.mark.parametrize(
    "path", ["/broadcast", "/broadcast/past", "/broadcast/announcements", "/broadcast/drills", "/broadcast/talks"]
)
def test_a_phone_shows_every_page_without_scrolling_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.wait_for_selector(".page .tabs", timeout=SLOW_MS)
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 390


def test_an_emergency_room_takes_orders_and_lets_a_guest_in(page: Page, browser: Browser, stack: Stack) -> None:
    page.goto("/rooms")
    page.get_by_role("button", name="Open a room").click()
    page.get_by_role("textbox", name=re.compile("What happened")).fill("Gas smell")
    page.locator('[data-site="north"] label').first.click()
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_selector('[data-kind="joined"]', timeout=SLOW_MS)
    page.get_by_role("textbox", name=re.compile("What was decided")).fill("Close the gas valve")
    page.get_by_role("button", name="Enter").click()
    expect(page.locator('[data-kind="order"]')).to_contain_text("Close the gas valve", timeout=SLOW_MS)
    page.get_by_role("textbox", name="Department and name").fill("Fire brigade")
    page.get_by_role("button", name="Invite a guest").click()
    link = page.locator(".link code").inner_text(timeout=SLOW_MS)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script("localStorage.setItem('bk-language', 'en')")
    guest = context.new_page()
    guest.goto(link)
    guest.wait_for_selector(".tile.playing", timeout=SLOW_MS)
    expect(guest.locator('[data-kind="order"]')).to_contain_text("Close the gas valve")
    assert "guest=" not in guest.url, "what lets in does not stay in the address"
    expect(guest.locator(".water-mark text").first).to_contain_text(re.compile(r"^Fire brigade · guest\d"))
    expect(guest.get_by_role("button", name="Close the room")).to_have_count(0)
    expect(page.locator(".room")).to_contain_text("Fire brigade (guest", timeout=SLOW_MS)
    context.close()


def test_the_receipts_of_a_broadcast_are_there_afterwards(page: Page, stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    wanted = {"to": {"sites": ["north"]}, "text": "Please check the gas valves.", "language": "en", "reason": "A leak"}
    made = api.http.post("/broadcasts", json=wanted)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    until(lambda: api.http.get(f"/broadcasts/{id}").json()["state"] == "ended", 60)
    api.close()
    page.get_by_role("link", name="Past broadcasts").click()
    row = page.locator(f'[data-broadcast="{id}"]')
    expect(row).to_contain_text("Why: A leak", timeout=SLOW_MS)
    expect(row).to_contain_text("Received 1")
    row.locator("button.head").click()
    expect(row.locator('[data-camera="cooking"][data-mark="heard"]')).to_be_visible(timeout=SLOW_MS)
    page.reload()
    expect(row.locator('[data-camera="cooking"][data-mark="heard"]')).to_be_visible(timeout=SLOW_MS)


def test_a_room_that_did_not_open_at_first_opens_and_is_sealed(page: Page, stack: Stack) -> None:
    api = Api(stack.url, stack.admin_password)
    room = api.http.post("/rooms", json={"title": "Smoke", "cameras": ["cooking"]}).json()["id"]
    page.route("**/api/v1/rooms/*", lambda route: route.abort())
    page.goto(f"/rooms/{room}")
    expect(page.locator("[data-lost]")).to_contain_text("cannot be reached", timeout=SLOW_MS)
    page.unroute("**/api/v1/rooms/*")
    expect(page.locator(".room h1")).to_have_text("Smoke", timeout=SLOW_MS)
    expect(page.locator("[data-lost]")).to_have_count(0)
    expect(page.locator('[data-kind="joined"]').first).to_be_visible(timeout=SLOW_MS)

    page.get_by_role("textbox", name="Department and name").fill("Police")
    page.get_by_role("button", name="Invite a guest").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)
    page.locator("[data-copy]").click(timeout=SLOW_MS)
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".link code").inner_text()

    expect(page.locator("[data-seal]")).to_be_disabled()
    page.get_by_role("textbox", name="Why it is sealed").fill("For the inquiry")
    page.locator("[data-seal]").click()
    expect(page.locator('[data-kind="sealed"]')).to_be_visible(timeout=SLOW_MS)
    (entry,) = [one for one in api.http.get(f"/rooms/{room}").json()["timeline"] if one["kind"] == "sealed"]
    expect(page.locator(f'[data-file="{entry["text"]}"]')).to_be_visible(timeout=SLOW_MS)
    assert api.http.get(f"/evidence/{entry['text']}").json()["reason"] == "For the inquiry"
    api.close()


def test_when_drills_come_by_themselves_is_set_and_taken_back(page: Page, stack: Stack) -> None:
    page.route("**/api/v1/reachability*", lambda route: route.abort())
    page.goto("/broadcast/drills")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached", timeout=SLOW_MS)
    page.unroute("**/api/v1/reachability*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-ratio]")).to_be_visible(timeout=SLOW_MS)

    default = page.locator('[data-hours="all"]')
    expect(default).to_contain_text("not set", timeout=SLOW_MS)
    default.locator("[data-edit]").click()
    form = page.locator(".hours form")
    form.get_by_role("button", name="Sun").click()
    expect(form.locator("[data-save]")).to_be_disabled()
    form.get_by_role("button", name="Sat").click()
    form.locator('input[type="time"]').first.fill("03:00")
    form.locator("[data-save]").click()
    expect(default).to_contain_text("03:00–04:00", timeout=SLOW_MS)
    page.locator(".hours select.add").select_option("south")
    form.get_by_label("Drill by itself").uncheck()
    form.locator("[data-save]").click()
    expect(page.locator('[data-hours="south"]')).to_contain_text("no drills by themselves", timeout=SLOW_MS)

    api = Api(stack.url, stack.admin_password)
    kept = {one["site"]: one for one in api.http.get("/drill-schedules").json()["items"]}
    assert kept[None]["window"] == {"days": [6], "start": "03:00", "end": "04:00"}
    assert kept["south"]["is_enabled"] is False
    for whose in ("south", "all"):
        page.locator(f'[data-hours="{whose}"] [data-remove]').click()
        page.locator(".el-message-box__btns .el-button--primary").click()
        expect(page.locator(".el-message-box")).to_be_hidden()
        expect(page.locator(f'[data-hours="{whose}"] [data-remove]')).to_have_count(0, timeout=SLOW_MS)
    assert api.http.get("/drill-schedules").json()["items"] == []
    api.close()
