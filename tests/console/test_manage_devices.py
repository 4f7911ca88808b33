"""A device is told: switched on, what a click opens, what it says where it may not; in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.alerting.push_service import Browser as PushBrowser
from tests.alerting.push_service import PushService
from tests.console import managing
from tests.console.managing import LIMIT_MS, PASSWORD, Opens, findings
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens


# The browser's own boundary: in a fresh profile Chromium reaches no push service. Everything behind it is the product's.
SUBSCRIBES = """(() => {
  const given = %s;
  const made = (key) => ({
    endpoint: given.endpoint, options: { userVisibleOnly: true, applicationServerKey: Uint8Array.from(key).buffer },
    toJSON: () => given, unsubscribe: async () => { localStorage.removeItem("stub"); return true; },
  });
  PushManager.prototype.getSubscription = async () => {
    const key = localStorage.getItem("stub");
    return key === null ? null : made(JSON.parse(key));
  };
  PushManager.prototype.subscribe = async (options) => {
    if (options.userVisibleOnly !== true) throw new DOMException("userVisibleOnly");
    const key = [...new Uint8Array(options.applicationServerKey)];
    localStorage.setItem("stub", JSON.stringify(key));
    return made(key);
  };
})()"""


@pytest.fixture
def device(browser: Browser, stack: Stack, pushing: PushService) -> Iterator[Callable[..., tuple[Page, PushBrowser]]]:
    """A page of somebody whose browser lets itself be pushed to."""
    contexts = []

    def open_as(name: str, path: str, *, language: str = "en", width: int = 1280) -> tuple[Page, PushBrowser]:
        has = PushBrowser()
        p256dh, _, auth = has.secret.partition(".")
        given = {"endpoint": f"{pushing.origin}/p/{name}-{width}", "keys": {"p256dh": p256dh, "auth": auth}}
        context = browser.new_context(
            viewport={"width": width, "height": 844}, base_url=stack.url, permissions=["notifications"]
        )
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
        context.add_init_script(SUBSCRIBES % json.dumps(given))
        page = context.new_page()
        enter(page, name, path)
        return page, has

    yield open_as
    for context in contexts:
        context.close()


def enter(page: Page, name: str, path: str) -> None:
    page.goto(f"/login?next={path}")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)


def deliver(page: Page, note: bytes) -> None:
    """As the browser does when its push service has brought it and it was decrypted."""
    cdp = page.context.new_cdp_session(page)
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(each["registrationId"] for each in told["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    assert found
    wanted = {"origin": page.evaluate("location.origin"), "registrationId": found[-1], "data": note.decode()}
    cdp.send("ServiceWorker.deliverPushMessage", wanted)
    cdp.detach()


SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map((one) => [one.title, one.body, one.tag, one.data.path, one.requireInteraction])"""


def shown(page: Page, *titles: str) -> dict[str, list[object]]:
    """What stands on the screen, by title, as soon as it is that."""
    deadline = time.monotonic() + LIMIT_MS / 1000
    while set(found := {each[0]: each[1:] for each in page.evaluate(SHOWN)}) != set(titles):
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(50)
    return found


def click(page: Page, title: str) -> None:
    (worker,) = page.context.service_workers
    clicked = """async (title) => {
      const all = await self.registration.getNotifications();
      const notification = all.find((one) => one.title === title);
      self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    }"""
    worker.evaluate(clicked, title)


TRIAL, NAMELESS = "明厨亮灶：测试", "明厨亮灶 Bright Kitchen"


def devices_of(api: Api, person: str) -> list[dict[str, Any]]:
    found = api.http.get(f"/notices/channels?person={person}").json()["items"]
    return [each for each in found if each["kind"] == "web_push"]


def test_a_device_is_switched_on_is_told_and_opens_what_it_is_about(
    device: Callable[..., tuple[Page, PushBrowser]], api: Api, pushing: PushService, shots: Path
) -> None:
    page, has = device("li", "/manage/notices")
    card = page.locator("[data-device]")
    expect(card).to_have_attribute("data-state", "off", timeout=LIMIT_MS)
    card.get_by_role("switch").click()
    expect(card).to_have_attribute("data-state", "on", timeout=LIMIT_MS)
    expect(card.get_by_role("status")).to_contain_text("on its way", timeout=LIMIT_MS)
    page.screenshot(path=shots / "push-on-1280.png")
    (made,) = devices_of(api, "li")
    assert (made["service"], made["title"], made["failures"]) == ("127.0.0.1", "Chrome · Linux", 0)
    mine = [each for each in pushing.pushed if each.path.endswith("/li-1280") and each.headers["Topic"] == "test"]
    trial = has.read(mine[-1].body)
    deliver(page, trial)
    # In the language that li asked for, whatever the page speaks.
    first = shown(page, TRIAL)[TRIAL]
    assert first[1:] == ["test", "/", False]
    # A second about the same thing takes the place of the first; what is class 1 stays until it was seen.
    urgent = {"id": "", "title": "[class 1] Alert", "text": "demo", "path": "/orders/o1", "tag": "t1", "risk": 1}
    deliver(page, json.dumps(urgent).encode())
    shown(page, TRIAL, "[class 1] Alert")
    deliver(page, json.dumps(urgent | {"title": "[class 1] Alert again"}).encode())
    newer = shown(page, TRIAL, "[class 1] Alert again")
    assert newer["[class 1] Alert again"] == ["demo", "t1", "/orders/o1", True]
    click(page, "[class 1] Alert again")
    page.wait_for_url("**/orders/o1")
    shown(page, TRIAL)
    # Nonsense is shown without words, and leads nowhere else.
    deliver(page, b"no JSON")
    deliver(page, json.dumps({"title": "x", "path": "https://evil.example/"}).encode())
    assert {str(each[2]) for each in shown(page, TRIAL, NAMELESS, "x").values()} == {"/"}

    page.goto("/manage/notices")
    expect(card).to_have_attribute("data-state", "on", timeout=LIMIT_MS)
    assert findings(page) == []
    page.context.clear_cookies()
    enter(page, "boss", "/manage/notices")
    expect(card).to_have_attribute("data-state", "off", timeout=LIMIT_MS)
    assert page.evaluate("[localStorage.getItem('bk-push'), localStorage.getItem('stub')]") == [None, None], (
        "what is li's is not shown to whoever logs in after them"
    )


def test_a_schools_phone_is_told_until_it_logs_out(
    device: Callable[..., tuple[Page, PushBrowser]], api: Api, pushing: PushService, shots: Path
) -> None:
    page, _ = device("cook", "/kitchen", language="zh-CN", width=390)
    card = page.locator("[data-device]")
    expect(card).to_have_attribute("data-state", "off", timeout=LIMIT_MS)
    card.get_by_role("switch").click()
    expect(card).to_have_attribute("data-state", "on", timeout=LIMIT_MS)
    card.scroll_into_view_if_needed()
    page.screenshot(path=shots / "push-on-390.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert findings(page) == []
    page.click("[data-user]")
    page.click("[data-sign-out]")
    page.wait_for_selector("#password", timeout=LIMIT_MS)
    assert devices_of(api, "cook") == []

    # Its push service is away: said, and the switch stays; its subscription is over: said, and it is off.
    enter(page, "cook", "/kitchen")
    pushing.answer = lambda _: (503, "")
    card.get_by_role("switch").click()
    expect(card).to_have_attribute("data-state", "failing", timeout=LIMIT_MS)
    expect(card.get_by_role("alert")).to_contain_text("503")
    card.scroll_into_view_if_needed()
    page.screenshot(path=shots / "push-failing-390.png")
    pushing.answer = lambda _: (410, "")
    until_it_may_be_tried_again(card)
    expect(card).to_have_attribute("data-state", "off", timeout=LIMIT_MS)
    # By the test, or by an alert that came before it.
    expect(card.get_by_role("alert")).to_contain_text(re.compile("410|已失效"))
    pushing.answer = lambda _: (201, "")
    assert devices_of(api, "cook") == []


def until_it_may_be_tried_again(card: Locator) -> None:
    """One test in 10 s: asked until it is not refused."""
    deadline = time.monotonic() + LIMIT_MS / 1000
    while card.get_attribute("data-state") == "failing":
        assert time.monotonic() < deadline
        expect(card.locator("[data-try]")).to_be_enabled(timeout=LIMIT_MS)
        card.locator("[data-try]").click()
        expect(card.get_by_role("alert")).to_be_visible(timeout=LIMIT_MS)
        card.page.wait_for_timeout(500)


def test_a_browser_that_cannot_or_may_not_says_what_to_do(opens: Opens, shots: Path) -> None:
    page = opens("li", "/manage/notices")
    card = page.locator("[data-device]")
    page.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page.reload()
    expect(card).to_have_attribute("data-state", "denied", timeout=LIMIT_MS)
    expect(card.get_by_role("switch")).to_be_disabled()
    expect(card).to_contain_text("Allow notifications in its settings")
    page.screenshot(path=shots / "push-denied-1280.png")
    page.context.add_init_script("delete window.PushManager")
    page.reload()
    expect(card).to_have_attribute("data-state", "unsupported", timeout=LIMIT_MS)
    expect(card).to_contain_text("home screen")
