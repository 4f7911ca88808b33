"""What a supervisor does to speak to a kitchen, in a real browser with a microphone that beeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.conftest import FLAGS
from tests.e2e.live_client import Api
from tests.intercom.heard import Heard, heard
from tests.peers.gst import GstCamera
from tests.stack import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.gstreamer]

# A microphone that beeps twice a second; only loopback between browser and intercom.
TALK_FLAGS = [*FLAGS, "--use-fake-device-for-media-stream", "--allow-loopback-in-peer-connection"]
PASSWORD = "long enough for all"
LOUD = 2000


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-talk-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    running = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1"})
    running.start()
    api = Api(running.url, running.admin_password)
    api.site("school")
    for name, roles in (("li", ["supervisor"]), ("wang", ["supervisor"]), ("guest", ["viewer"])):
        made = api.http.post("/accounts", json={"name": name, "password": PASSWORD, "roles": roles})
        assert made.status_code == 201, made.text
    api.close()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=TALK_FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Kitchen:
    """A camera that plays a tone of 440 Hz, and writes down what it is given to play."""

    id: str
    file: Path

    def heard_since(self, at_s: float) -> list[Heard]:
        return [one for one in heard(self.file) if one.at_s >= at_s]

    def is_loud_since(self, at_s: float) -> bool:
        return any(np.abs(one.samples).max() > LOUD for one in self.heard_since(at_s))


@pytest.fixture(scope="module")
def camera(stack: Stack, folder: Path) -> Iterator[Kitchen]:
    file = folder / "cooking.heard"
    with GstCamera(backchannel="pcmu", audio="pcmu", heard=str(file), user="admin", password="secret") as peer:
        api = Api(stack.url, stack.admin_password)
        api.add("cooking", peer.url, username="admin", password="secret")
        api.until_condition("cooking", "online")
        yield Kitchen("cooking", file)
        api.remove("cooking")
        api.close()


@pytest.fixture
def kitchen(camera: Kitchen, person: NewPerson) -> Iterator[Kitchen]:
    """Whoever talked has gone when the next one comes."""
    yield camera
    for one in person.everybody:
        one.page.close()


class Person:
    """Somebody logged in, on the live wall."""

    def __init__(self, page: Page, name: str):
        self.page = page
        self.talks: list[str] = []
        page.on("response", lambda answer: self._note(answer.headers.get("location", "")))
        page.goto("/login?next=/live")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".tile", timeout=30_000)

    def _note(self, location: str) -> None:
        if "/talks/" in location:
            self.talks.append(location.rpartition("/")[2])

    def choose(self, camera: str, until: str = "ready") -> None:
        """Choose a camera to talk to."""
        tile = f'.tile.playing[data-camera="{camera}"]'
        self.page.wait_for_selector(tile, timeout=30_000)
        self.page.click(f"{tile} button.talk")
        self.until(until)

    def until(self, *phases: str, limit_s: float = 20.0) -> None:
        wanted = ", ".join(f'.talk[data-phase="{phase}"]' for phase in phases)
        self.page.wait_for_selector(wanted, timeout=limit_s * 1000)

    def status(self) -> dict[str, Any]:
        """What the intercom says of the newest talk."""
        told = self.page.evaluate(
            "talk => fetch(`/api/v1/talks/${talk}`).then((answer) => answer.json())", self.talks[-1]
        )
        return {name: told.get(name) for name in ("state", "ending", "packets", "lost", "is_heard")}

    def press(self) -> None:
        place = self.page.locator(".talk .hold").bounding_box()
        assert place is not None
        self.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        self.page.mouse.down()

    def release(self) -> None:
        self.page.mouse.up()


class NewPerson:
    """Opens the console as somebody, each in a browser of its own."""

    def __init__(self, browser: Browser, stack: Stack):
        self._browser = browser
        self._stack = stack
        self.everybody: list[Person] = []

    def __call__(self, name: str, *, may_hear: bool = True, **more: Any) -> Person:
        screen = {"viewport": {"width": 1280, "height": 800}, **more}
        context = self._browser.new_context(**screen, base_url=self._stack.url)
        if may_hear:
            context.grant_permissions(["microphone"], origin=self._stack.url)
        context.add_init_script("localStorage.setItem('bk-language', 'en')")
        self.everybody.append(Person(context.new_page(), name))
        return self.everybody[-1]


@pytest.fixture
def person(browser: Browser, stack: Stack) -> Iterator[NewPerson]:
    opens = NewPerson(browser, stack)
    yield opens
    for one in opens.everybody:
        one.page.context.close()


def until(is_so: Callable[[], Any], limit_s: float = 15.0, why: Callable[[], Any] = lambda: "") -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


def speaks_to(person: Person, kitchen: Kitchen) -> None:
    """It arrives while it is held; afterwards nothing does."""
    since_s = time.time()
    until(lambda: kitchen.is_loud_since(since_s), why=person.status)
    person.until("speaking", "heard")


def is_silent(kitchen: Kitchen) -> None:
    count = len(kitchen.heard_since(0))
    time.sleep(0.6)
    assert len(kitchen.heard_since(0)) == count, "nothing is played after the release"


LISTEN = """async () => {
  const video = document.querySelector('.tile video');
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(video.captureStream()).connect(analyser);
  const levels = new Float32Array(analyser.frequencyBinCount);
  const before = video.currentTime;
  let best = { hz: 0, db: -Infinity };
  for (let look = 0; look < 100 && !(best.db > -60 && video.currentTime > before + 0.5); look++) {
    await new Promise((done) => setTimeout(done, 100));
    analyser.getFloatFrequencyData(levels);
    const bin = levels.indexOf(Math.max(...levels));
    best = { hz: bin * context.sampleRate / analyser.fftSize, db: levels[bin] };
  }
  return { ...best, isMuted: video.muted, played: video.currentTime - before };
}"""


def test_a_press_is_heard_and_the_kitchen_is_heard_and_seen(person: NewPerson, kitchen: Kitchen) -> None:
    li = person("li")
    li.page.wait_for_selector(".tile.playing", timeout=30_000)
    assert li.page.evaluate("document.querySelector('.tile video').muted")
    li.choose(kitchen.id)
    count = len(kitchen.heard_since(0))
    time.sleep(0.3)
    assert len(kitchen.heard_since(0)) == count, "nothing is played before a press"
    li.press()
    speaks_to(li, kitchen)
    told = li.page.evaluate(LISTEN)
    assert told["hz"] == pytest.approx(440, abs=15), told
    assert (told["isMuted"], told["played"] > 0.3) == (False, True), told
    li.release()
    li.until("ready")
    is_silent(kitchen)
    li.page.keyboard.down("Space")
    speaks_to(li, kitchen)
    li.page.evaluate("window.dispatchEvent(new Event('blur'))")
    li.until("ready")
    li.page.keyboard.up("Space")
    is_silent(kitchen)
    li.page.get_by_role("button", name="End the talk").click()
    expect(li.page.locator(".talk[data-phase]")).to_have_count(0)
    assert li.page.evaluate("document.querySelector('.tile video').muted"), "as it was before the talk"


def test_who_has_the_floor_is_told_and_an_emergency_goes_first(person: NewPerson, kitchen: Kitchen) -> None:
    li, wang = person("li"), person("wang")
    li.choose(kitchen.id)
    wang.choose(kitchen.id)
    li.press()
    speaks_to(li, kitchen)
    wang.until("busy")
    expect(wang.page.locator(".talk .title")).to_contain_text("li has the floor")
    wang.page.get_by_role("radio", name="Emergency").click()
    expect(wang.page.get_by_role("radio", name="Emergency")).to_have_count(0)  # a step on purpose first
    wang.page.get_by_role("button", name="Use emergency").click()
    wang.until("busy")
    wang.press()
    wang.until("speaking", "heard")
    li.until("busy")
    expect(li.page.locator(".talk .title")).to_contain_text("wang took the floor")
    wang.release()
    wang.until("ready", "busy")
    li.until("speaking", "heard")  # who went on holding goes on speaking
    li.release()
    li.until("ready")


@pytest.mark.parametrize("leave", ["a page of the console", "the window", "log-out"])
def test_whoever_leaves_ends_the_talk(person: NewPerson, kitchen: Kitchen, stack: Stack, leave: str) -> None:
    li = person("li")
    li.choose(kitchen.id)
    li.page.keyboard.down("Space")
    speaks_to(li, kitchen)
    asked: list[str] = []
    li.page.on("request", lambda request: asked.append(request.method) if "/talks/" in request.url else None)
    if leave == "a page of the console":
        li.page.get_by_role("link", name="Playback").click()
    elif leave == "log-out":
        li.page.click("[data-user]")
        li.page.get_by_role("button", name="Log out").click()
    else:
        li.page.goto("about:blank")
    api = Api(stack.url, stack.admin_password)
    answer = api.http.post("/sessions", json={"name": "li", "password": PASSWORD})
    own = {"Authorization": f"Bearer {answer.json()['token']}"}
    until(lambda: api.http.get(f"/talks/{li.talks[-1]}", headers=own).json().get("state") == "ended")
    ending = api.http.get(f"/talks/{li.talks[-1]}", headers=own).json()["ending"]
    api.close()
    # A window that is gone may be missed before its last request comes.
    assert ending in (("hung_up", "browser_gone") if leave == "the window" else ("hung_up",))
    assert "PATCH" not in asked, "a page that goes away has no time for a release before the end"
    is_silent(kitchen)


def test_a_thumb_holds_to_talk(person: NewPerson, kitchen: Kitchen) -> None:
    phone = person("li", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.choose(kitchen.id)
    button = phone.page.locator(".talk .hold")
    place = button.bounding_box()
    assert place is not None
    assert place["height"] >= 72, "a thumb's size"
    assert place["y"] + place["height"] <= 844, "without scrolling"
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    touch = phone.page.context.new_cdp_session(phone.page)
    finger = {"x": place["x"] + 150, "y": place["y"] + 40}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    speaks_to(phone, kitchen)
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": 5, "y": 300}]})
    phone.page.wait_for_timeout(300)
    phone.until("speaking", "heard")  # a thumb that slides off still holds
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.until("ready")
    is_silent(kitchen)


def test_what_goes_wrong_is_told_with_what_to_do(person: NewPerson, kitchen: Kitchen, stack: Stack) -> None:
    refused = person("li", may_hear=False)
    refused.choose(kitchen.id, until="failed")
    expect(refused.page.locator(".talk .title")).to_contain_text("may not use the microphone")
    expect(refused.page.locator(".talk .hint")).to_contain_text("allow the microphone")
    refused.page.context.grant_permissions(["microphone"], origin=stack.url)
    refused.page.get_by_role("button", name="Try again").click()
    refused.until("ready")
    api = Api(stack.url, stack.admin_password)
    with GstCamera() as deaf, api.camera("deaf", deaf.url):
        refused.choose("deaf", until="failed")
        expect(refused.page.locator(".talk .title")).to_contain_text("no speaker")
        expect(refused.page.get_by_role("button", name="Try again")).to_have_count(0)
    api.close()


def test_two_windows_of_a_browser_do_not_talk_at_once(person: NewPerson, kitchen: Kitchen) -> None:
    li = person("li")
    li.choose(kitchen.id)
    other = li.page.context.new_page()
    other.goto("/live")
    other.click(f'.tile[data-camera="{kitchen.id}"] button.talk')
    other.wait_for_selector('.talk[data-phase="ready"]')
    li.until("failed")
    expect(li.page.locator(".talk .title")).to_contain_text("another window")


def test_who_may_only_look_is_not_offered_to_talk(person: NewPerson, kitchen: Kitchen) -> None:
    guest = person("guest")
    expect(guest.page.locator(f'.tile[data-camera="{kitchen.id}"]')).to_be_visible()
    expect(guest.page.locator(".tile button.talk")).to_have_count(0)
