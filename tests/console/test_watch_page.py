"""A supervisor's watch in a real browser: alerts come by themselves, are judged by one key, corrected, and found again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.messages.detector import FrameAnalysed, PictureDegraded
from shared.subjects import SERVICES
from tests.alerting.facts import frame, mover, person
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

CAMERA, SITE = "cook-1", "demo"
PASSWORD = "long enough for all"
LIMIT_MS = 45_000
# = `over_after_s` of the rules that these tests put
OVER_AFTER_US = 3_000_000


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One demo camera that our detector does not look at: what it shows, the tests say."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    env = {"BK_SEGMENT_S": "4"}
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    api = Api(running.url, running.admin_password)
    api.remove("demo-1")
    stream, password = running.demo_url(1), running.demo_password
    api.add(CAMERA, stream, site=SITE, username="demo", password=password, analysis={"is_enabled": False})
    for name in ("rodent", "no_hat"):
        (rule,) = (each["rule"] for each in api.http.get("/rules").json()["items"] if each["rule"]["rule"] == name)
        # Each time is another incident.
        answer = api.http.put(f"/rules/{name}", json=rule | {"over_after_s": 3.0, "reopen_s": 0.0})
        assert answer.status_code == 200, answer.text
    for name, role, sites in (("li", "supervisor", None), ("guest", "viewer", None), ("cook", "school", [SITE])):
        account = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
        made = api.http.post("/accounts", json=account)
        assert made.status_code == 201, made.text
    api.until_condition(CAMERA, "online", 60)
    api.close()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


class Detector:
    """Says on the bus what a camera shows. Playwright has the main thread's loop, so this has one of its own."""

    def __init__(self, stack: Stack):
        self._newest_us = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        ports = json.loads((stack.data / "ports.json").read_text())
        password = Credentials.load_or_create(stack.data / "secrets.json", SERVICES).bus["detector"]
        url = f"nats://{HOST}:{ports['nats']}"
        self._bus = self._wait(Bus.connect(url, name="test", user="detector", password=password))

    def rodent(self, camera: str = CAMERA, site: str = SITE) -> None:
        """Class 1: two of ten looks are enough."""
        start_us = self._start_us(1)
        self._say(frame(at, movers=[mover()], id=camera, site=site, start_us=start_us) for at in range(2))

    def bare_head(self, camera: str = CAMERA, site: str = SITE) -> None:
        """Class 2: three of five looks within two seconds at least."""
        start_us = self._start_us(3)
        self._say(frame(at, [person(headwear=0.03)], id=camera, site=site, start_us=start_us) for at in range(4))

    def moved(self, camera: str = CAMERA, site: str = SITE) -> None:
        """A fault of the picture that begins."""
        now_us = _now_us()
        said: dict[str, Any] = {"site": site, "camera": camera, "at_us": now_us, "since_us": now_us}
        self._wait(self._bus.publish_fact(PictureDegraded(**said, fault="moved", strength=0.9, is_usable=True)))

    def _start_us(self, seconds: int) -> int:
        """From now on: a detector that said what it saw seconds ago would be late, for what else is known of the camera
        may have been judged by then. And so long after what was said before that this is another incident."""
        start_us = max(_now_us(), self._newest_us + OVER_AFTER_US + 500_000)
        self._newest_us = start_us + seconds * 1_000_000
        return start_us

    def close(self) -> None:
        self._wait(self._bus.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _say(self, facts: Iterator[FrameAnalysed]) -> None:
        for fact in facts:
            time.sleep(max(0.0, (fact.hops.inferred_us - _now_us()) / 1e6))
            self._wait(self._bus.publish_fact(fact))

    def _wait(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)


def _now_us() -> int:
    return time.time_ns() // 1000


@pytest.fixture(scope="module")
def detector(stack: Stack) -> Iterator[Detector]:
    """Heard: alerting has the camera, and what came of finding that out is judged."""
    saying, api = Detector(stack), Api(stack.url, stack.admin_password)
    deadline, quiet_since = time.monotonic() + 90, 0.0
    while not quiet_since or time.monotonic() - quiet_since < 3:
        assert time.monotonic() < deadline, "alerting judges nothing"
        items = api.http.get("/alerts").json()["items"]
        for one in items:
            if one["review"] is None:
                quiet_since = 0.0
                api.http.post(f"/alerts/{one['id']}/review", json={"verdict": "unclear"})
        if not items:
            saying.bare_head()
            time.sleep(2)
        elif not quiet_since:
            quiet_since = time.monotonic()
        time.sleep(0.2)
    api.close()
    yield saying
    saying.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are left to be looked at."""
    folder = Path(os.environ.get("BK_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, stack: Stack) -> Iterator[Opens]:
    """Somebody logs in, where their day begins."""
    contexts = []

    def open_as(name: str, *, language: str = "en", width: int = 1280, height: int = 800, **more: Any) -> Page:
        screen = {"viewport": {"width": width, "height": height}, **more}
        context = browser.new_context(**screen, base_url=stack.url)
        contexts.append(context)
        context.add_init_script(
            f"localStorage.getItem('bk-language') ?? localStorage.setItem('bk-language', '{language}')"
        )
        page = context.new_page()
        page.goto("/")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
        return page

    yield open_as
    for context in contexts:
        context.close()


def judged(stack: Stack, id: str, limit_s: float = 20.0) -> dict[str, Any]:
    """What the API says of an alert once it has a review."""
    api = Api(stack.url, stack.admin_password)
    deadline = time.monotonic() + limit_s
    while True:
        review = api.http.get(f"/alerts/{id}").json()["review"]
        if review is not None or time.monotonic() > deadline:
            api.close()
            return dict(review or {})
        time.sleep(0.1)


def until_verdict(stack: Stack, id: str, verdict: str) -> None:
    deadline = time.monotonic() + 20
    while judged(stack, id).get("verdict") != verdict:
        assert time.monotonic() < deadline, judged(stack, id)
        time.sleep(0.1)


def shown(page: Page) -> str:
    """Id of the alert that is before the person's eyes, long enough for a key to count."""
    page.wait_for_selector("[data-shown]", timeout=LIMIT_MS)
    page.wait_for_timeout(300)
    return str(page.locator("[data-shown]").get_attribute("data-shown"))


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(300)
    page.keyboard.press(key)


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or worse."""
    told = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in told
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def until_row(page: Page, stack: Stack, selector: str) -> None:
    """It comes by itself."""
    try:
        page.wait_for_selector(f".row{selector}", timeout=LIMIT_MS)
    except PlaywrightTimeout:
        api = Api(stack.url, stack.admin_password)
        found = [(one["rule"], one["review"], one["is_silent"]) for one in api.http.get("/alerts").json()["items"]]
        raise AssertionError(f"no row {selector}; the API says {found}; {page.inner_text('.watch')}") from None


BOXES = """() => {
  const image = document.querySelector('.picture img').getBoundingClientRect();
  const box = document.querySelector('.picture rect.box').getBoundingClientRect();
  return [(box.x - image.x) / image.width, (box.y - image.y) / image.height, box.width / image.width, box.height / image.height];
}"""


def test_alerts_come_by_themselves_and_each_decision_is_one_key(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    page = opens("li")
    page.wait_for_url("**/watch")  # whoever reviews begins here
    expect(page.locator(".quiet")).to_contain_text("All quiet", timeout=LIMIT_MS)
    expect(page.locator(".reach")).to_contain_text("1/1", timeout=LIMIT_MS)
    page.screenshot(path=shots / "quiet-1280.png")
    detector.bare_head()
    until_row(page, stack, ".risk-2")
    hat = shown(page)
    detector.rodent()
    until_row(page, stack, ".risk-1")
    expect(page.locator(".rows .row").first).to_have_class(re.compile("risk-1"))
    assert shown(page) == hat, "what one looks at does not change under the hand"
    expect(page.locator(".bell b")).to_have_text("2")
    page.wait_for_selector(".picture.shown svg rect.box", timeout=LIMIT_MS)
    page.wait_for_selector(".live .tile.playing", timeout=LIMIT_MS)
    # Where the fact said that the head is: facts.person
    assert page.evaluate(BOXES) == pytest.approx([0.42, 0.3, 0.05, 0.075], abs=0.12)
    page.screenshot(path=shots / "watch-1280.png")

    press(page, "c")
    until_verdict(stack, hat, "confirmed")
    rodent = shown(page)
    assert rodent != hat, "the next one is there already"
    expect(page.locator("h2")).to_have_text("Suspected rodent")
    press(page, "f")
    expect(page.locator(".quiet")).to_be_visible()
    until_verdict(stack, rodent, "false")
    expect(page.locator(".toast")).to_contain_text("false alarm")
    press(page, "z")
    expect(page.locator("[data-shown]")).to_have_attribute("data-shown", rodent)
    expect(page.locator(".judged")).to_contain_text("li: false alarm")
    press(page, "c")
    until_verdict(stack, rodent, "confirmed")
    expect(page.locator(".quiet")).to_be_visible()


def test_an_order_follows_the_alert_that_was_confirmed(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    page = opens("li", language="zh-CN")
    detector.bare_head()
    until_row(page, stack, ".risk-2")
    hat = shown(page)
    detector.rodent()
    until_row(page, stack, ".risk-1")
    of_shown = page.locator(".evidence > footer button", has_text="整改单")
    expect(of_shown.locator("kbd")).to_have_text("O")
    press(page, "c")
    expect(page.locator("[data-shown]")).not_to_have_attribute("data-shown", hat)
    rodent = shown(page)
    toast = page.locator(f'.toast[data-judged="{hat}"]')
    expect(toast.get_by_role("button", name="开整改单")).to_have_attribute("aria-keyshortcuts", "O")
    expect(toast.get_by_role("button", name="开整改单")).to_have_attribute("title", re.compile("未戴工作帽|未戴.*帽"))
    expect(of_shown.locator("kbd")).to_have_count(0)  # one key, one meaning
    page.screenshot(path=shots / "toast-1280.png")
    press(page, "o")
    page.wait_for_url(f"**/orders/new?alert={hat}")
    until_verdict(stack, hat, "confirmed")
    page.go_back()
    assert shown(page) == rodent
    press(page, "c")
    expect(page.locator(".quiet")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=shots / "toast-390.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    press(page, "o")
    page.wait_for_url(f"**/orders/new?alert={rodent}")


def test_nobody_is_told_that_all_is_quiet_while_nobody_looks(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    page = opens("li", language="zh-CN")
    expect(page.locator(".quiet")).to_contain_text("一切正常", timeout=LIMIT_MS)
    hung = stack.pid_of("detector")
    os.kill(hung, signal.SIGSTOP)
    try:
        page.reload()
        expect(page.locator('.quiet [data-away="detector"]')).to_contain_text("智能分析已停", timeout=LIMIT_MS)
        expect(page.locator(".quiet")).not_to_contain_text("一切正常")
        expect(page.locator(".quiet time")).to_contain_text("自")
        for width, height in ((390, 844), (1280, 800), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=shots / f"stopped-{width}.png")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        detector.bare_head()  # what was seen before it hung may come late: the list says all the same who is away
        until_row(page, stack, ".risk-2")
        expect(page.locator(".offline[data-away]")).to_contain_text("智能分析已停")
        page.screenshot(path=shots / "stopped-rows-1920.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=shots / "stopped-rows-390.png")
        page.locator("[data-away] a").click()
        page.wait_for_url("**/status")
    finally:
        os.kill(hung, signal.SIGCONT)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/watch")
    id = shown(page)
    expect(page.locator("[data-away]")).to_have_count(0, timeout=LIMIT_MS)
    press(page, "u")
    until_verdict(stack, id, "unclear")
    expect(page.locator(".quiet")).to_contain_text("一切正常")


def test_the_gateway_dies_and_nothing_is_missed(opens: Opens, stack: Stack, detector: Detector, shots: Path) -> None:
    page = opens("li")
    page.wait_for_selector('.watch[data-phase="ready"]', timeout=LIMIT_MS)
    os.kill(stack.pid_of("gateway"), signal.SIGKILL)
    expect(page.locator(".offline")).to_contain_text("Offline since", timeout=LIMIT_MS)
    page.screenshot(path=shots / "offline-1280.png")
    detector.rodent()
    expect(page.locator(".offline")).to_have_count(0, timeout=LIMIT_MS)
    until_row(page, stack, ".risk-1")
    id = shown(page)
    press(page, "u")
    until_verdict(stack, id, "unclear")


def test_a_phone_shows_the_list_then_one_alert(opens: Opens, stack: Stack, detector: Detector, shots: Path) -> None:
    phone = opens("li", language="zh-CN", width=390, height=844, has_touch=True, is_mobile=True)
    detector.bare_head()
    until_row(phone, stack, ".risk-2")
    detector.rodent()
    until_row(phone, stack, ".risk-1")
    until_row(phone, stack, ".risk-2")
    expect(phone.locator("[data-shown]")).to_have_count(0)
    phone.screenshot(path=shots / "list-390.png")
    phone.locator(".row.risk-1").tap()
    phone.wait_for_selector(".picture.shown", timeout=LIMIT_MS)
    expect(phone.locator("h2")).to_have_text("疑似鼠患")
    phone.screenshot(path=shots / "alert-390.png")
    button = phone.get_by_role("button", name="确认").bounding_box()
    assert button is not None
    assert button["height"] >= 48, "a thumb's size"
    assert button["y"] + button["height"] <= 844, "without scrolling"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="返回列表").tap()
    expect(phone.locator(".row.risk-1")).to_be_visible()
    phone.get_by_role("button", name="English").tap()
    expect(phone.locator(".row.risk-1")).to_contain_text("Suspected rodent")


def test_large_screens_and_both_languages(opens: Opens, shots: Path) -> None:
    page = opens("li", language="zh-CN", width=1920, height=1080)
    page.wait_for_selector(".picture.shown", timeout=LIMIT_MS)
    page.wait_for_selector(".live .tile.playing", timeout=LIMIT_MS)
    page.screenshot(path=shots / "watch-1920.png")
    first = shown(page)
    page.keyboard.press("j")
    expect(page.locator("[data-shown]")).not_to_have_attribute("data-shown", first)
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-shown]")).to_have_attribute("data-shown", first)
    page.keyboard.press("a")
    expect(page.locator(".row.chosen")).to_contain_text("li 已接手")
    page.keyboard.press("t")
    page.wait_for_selector(".talk[data-phase]", timeout=LIMIT_MS)
    page.keyboard.press("t")
    expect(page.locator(".talk[data-phase]")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="False alarm")).to_be_visible()
    sound = page.get_by_role("button", name="Sound for class")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Order")).to_be_enabled()


def test_past_alerts_are_found_and_the_address_says_which(opens: Opens, shots: Path) -> None:
    page = opens("guest")
    page.goto("/alerts")
    page.wait_for_selector("tbody tr", timeout=LIMIT_MS)
    everything = page.locator("tbody tr").count()
    page.get_by_label("State").select_option("confirmed")
    page.wait_for_url("**/alerts?state=confirmed")
    expect(page.locator("tbody .state .none")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("State")).to_have_value("confirmed")
    page.wait_for_selector("tbody tr", timeout=LIMIT_MS)
    assert 0 < page.locator("tbody tr").count() < everything
    page.screenshot(path=shots / "alerts-1280.png")
    page.get_by_label("State").select_option("silent")
    expect(page.locator(".empty")).to_contain_text("No alert fits")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("tbody tr")).to_have_count(everything)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=shots / "alerts-390.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("tbody .links a").first.click()
    page.wait_for_url(f"**/playback?purpose=case&site={SITE}&cameras={CAMERA}&at=*")


def test_who_may_only_look_does_not_judge_and_a_school_is_not_sent_here(opens: Opens) -> None:
    guest = opens("guest")
    guest.wait_for_url("**/live")
    guest.goto("/watch")
    guest.wait_for_selector("[data-shown]", timeout=LIMIT_MS)
    expect(guest.locator(".evidence > footer button")).to_have_count(0)
    expect(guest.locator(".only")).to_contain_text("may look at alerts, not judge")
    cook = opens("cook")
    assert not cook.url.endswith("/watch")
    expect(cook.locator(".bell")).to_have_count(0)
    cook.goto("/watch")
    expect(cook.locator(".watch")).to_contain_text("for supervisors")


@pytest.mark.parametrize("path", ["/watch", "/alerts"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_has_no_serious_finding(opens: Opens, path: str, width: int) -> None:
    page = opens("li", width=width)
    page.goto(path)
    page.wait_for_selector(".row" if path == "/watch" else "tbody tr", timeout=LIMIT_MS)
    if path == "/watch" and width > 760:
        page.wait_for_selector(".picture.shown", timeout=LIMIT_MS)
    assert findings(page) == []
