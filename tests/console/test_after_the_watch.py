"""What follows a judgement, in a real browser: the case that is missing, the clip, many at once, playback of the day."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.console import test_watch_page as watching
from tests.console.test_watch_page import CAMERA, LIMIT_MS, SITE, Detector, Opens, findings, judged, press, shown
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = watching.pytestmark
stack, detector, opens, shots = watching.stack, watching.detector, watching.opens, watching.shots

SIZES = ((390, 844), (1280, 800), (1920, 1080))


def alerts_waiting(stack: Stack, count: int) -> list[str]:
    """Ids, newest first, once there are so many."""
    api = Api(stack.url, stack.admin_password)
    deadline = time.monotonic() + 45
    while len(items := api.http.get("/alerts?verdict=none").json()["items"]) < count:
        assert time.monotonic() < deadline, items
        time.sleep(0.2)
    api.close()
    return [one["id"] for one in items]


def photographed(page: Page, shots: Path, name: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=shots / f"{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})


def test_what_is_confirmed_and_in_no_case_is_counted_found_and_followed_up(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    detector.bare_head()
    (id,) = alerts_waiting(stack, 1)
    page = opens("li", language="zh-CN")
    expect(page.locator("[data-uncased]")).to_have_count(0)
    shown(page)
    press(page, "c")
    expect(page.locator("[data-uncased]")).to_have_text("1 条已确认未立案", timeout=LIMIT_MS)
    photographed(page, shots, "uncased-watch")
    page.locator("[data-uncased]").click()
    page.wait_for_url("**/alerts?state=uncased")
    row = page.locator(f'tr[data-alert="{id}"]')
    expect(row.locator("[data-case]")).to_contain_text("未立案")
    photographed(page, shots, "uncased")
    assert findings(page) == []
    guest = opens("guest", language="zh-CN")
    guest.goto("/alerts?state=uncased")
    expect(guest.locator(f'tr[data-alert="{id}"] [data-case]')).to_have_text("未立案", timeout=LIMIT_MS)
    expect(guest.locator(f'tr[data-alert="{id}"] [data-case] a')).to_have_count(0)
    row.get_by_role("link", name="开整改单").click()
    page.wait_for_url(f"**/orders/new?alert={id}")
    api = Api(stack.url, stack.admin_password)
    opening = {"site": SITE, "source": "alert", "title": "No hat", "text": "", "risk": 2, "cameras": [], "alerts": [id]}
    case = api.http.post("/cases", json=opening)
    assert case.status_code == 201, case.text
    api.close()
    page.goto("/alerts?state=uncased")
    expect(page.locator(".empty")).to_be_visible(timeout=LIMIT_MS)
    page.goto("/alerts?state=confirmed")
    expect(row.get_by_role("link", name="查看案件")).to_have_attribute("href", f"/cases/{case.json()['id']}")
    page.goto(f"/watch?alert={id}")
    expect(page.locator(".facts [data-case] a")).to_have_attribute("href", f"/cases/{case.json()['id']}")
    expect(page.locator("[data-uncased]")).to_have_count(0)


def test_many_of_the_same_kind_are_judged_at_once_and_come_back_together(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    for _ in range(3):
        detector.bare_head()
    ids = alerts_waiting(stack, 3)
    page = opens("li", language="zh-CN")
    assert shown(page) == ids[0]
    together = page.locator(".same .together")
    expect(together).to_have_text("3 条一起判")
    together.click()
    expect(together).to_have_attribute("aria-pressed", "true")
    expect(page.locator("footer .false")).to_contain_text("误报 ×3")
    photographed(page, shots, "together")
    press(page, "f")
    expect(page.locator(".quiet")).to_be_visible()
    expect(page.locator(".toast")).to_contain_text("等 3 条")
    assert [judged(stack, id).get("verdict") for id in ids] == ["false"] * 3
    press(page, "z")
    expect(together).to_have_text("3 条一起判")
    together.click()
    press(page, "u")
    expect(page.locator(".toast")).to_contain_text("看不清")
    for id in ids:
        watching.until_verdict(stack, id, "unclear")


def test_a_viewer_sees_the_clip_where_the_picture_is_and_the_day_on_the_timeline(
    opens: Opens, stack: Stack, detector: Detector, shots: Path
) -> None:
    detector.bare_head()
    (id,) = alerts_waiting(stack, 1)
    guest = opens("guest", language="zh-CN")
    guest.goto(f"/watch?alert={id}")
    button = guest.get_by_role("button", name="前后 10 秒片段")
    button.click()
    # Its last ten seconds are not over yet.
    expect(guest.locator(".clip [role=status]")).to_contain_text("片段尚未生成", timeout=LIMIT_MS)
    guest.screenshot(path=shots / "clip-not-ready-1280.png")
    api = Api(stack.url, stack.admin_password)
    deadline = time.monotonic() + 90
    while (alert := api.http.get(f"/alerts/{id}").json())["clip"] is None:
        assert time.monotonic() < deadline, alert["proof"]
        time.sleep(0.5)
    api.close()
    guest.locator(".clip").get_by_role("button", name="重试").click()
    guest.wait_for_function("() => document.querySelector('.clip video')?.currentTime > 0.3", timeout=LIMIT_MS)
    photographed(guest, shots, "clip")
    expect(guest.locator(".picture a[download]")).to_have_count(0)  # a viewer takes no recording along
    assert findings(guest) == []
    button.click()
    expect(guest.locator(".picture img")).to_be_visible()
    assert f"/watch?alert={id}" in guest.url

    first_ms = _ms(guest, alert["first_at"])
    guest.goto(f"/playback?cameras={CAMERA}&at={first_ms + 20_000:.0f}")
    mark = guest.locator(f'.marks [data-alert="{id}"], .marks button').last
    expect(mark).to_be_visible(timeout=LIMIT_MS)
    expect(mark).to_have_attribute("aria-label", re.compile("未.*帽"))
    guest.wait_for_selector(".lane.ready .range", timeout=LIMIT_MS)
    for _ in range(10):
        guest.get_by_role("button", name="放大").click()
    own = guest.locator(f'.marks [data-alert="{id}"]')
    for _ in range(3):  # seen once, beside others: the mark lay outside of what was shown
        if own.count():
            break
        guest.get_by_role("button", name="缩小").click()
    own.click()
    slider = guest.locator(".timeline")
    guest.wait_for_function(
        "([at]) => Math.abs(Number(document.querySelector('.timeline').getAttribute('aria-valuenow')) - at) < 1500",
        arg=[first_ms - 3000],
        timeout=LIMIT_MS,
    )
    photographed(guest, shots, "marks")
    assert findings(guest) == []

    # A timeline that cannot be read is no empty one.
    guest.route("**/timeline?**", lambda route: route.abort())
    guest.route("**/api/v1/alerts?**", lambda route: route.abort())
    guest.reload()
    expect(guest.locator(".lane.failed")).to_contain_text("不代表没有录像", timeout=LIMIT_MS)
    expect(guest.locator(f'[data-unread="{CAMERA}"]')).to_contain_text("读取失败")
    expect(guest.locator("[data-no-alerts]")).to_contain_text("告警标记读取失败")
    photographed(guest, shots, "unread")
    guest.unroute("**/timeline?**")
    guest.unroute("**/api/v1/alerts?**")
    guest.locator("[data-no-alerts] button").click()
    expect(guest.locator("[data-no-alerts]")).to_have_count(0)
    guest.wait_for_selector(".lane.ready .range", timeout=LIMIT_MS)
    expect(guest.locator("[data-unread]")).to_have_count(0)
    expect(slider).to_be_visible()


def _ms(page: Page, moment: str) -> float:
    return float(page.evaluate("(text) => Date.parse(text)", moment))
