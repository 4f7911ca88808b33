"""Nights in a real browser: where nobody watches them it is said, and a person can change it there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console import managing
from tests.console.managing import LIMIT_MS, SITE, Opens, findings, rule_of
from tests.console.test_watch_page import Detector
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens

WIDTHS = (390, 1280, 1920)


def form_of(page: Page, camera: str) -> None:
    page.locator(f"[data-camera='{camera}']").get_by_role("button", name="编辑").click()
    page.locator("[data-analysis]").scroll_into_view_if_needed()


def test_where_nobody_watches_the_night_it_is_said_and_changed(opens: Opens, api: Api, shots: Path) -> None:
    (camera,) = (one for one in api.http.get("/cameras").json()["items"] if one["site"] == SITE)
    before = camera["analysis"]
    for width in WIDTHS:
        page = opens("boss", "/manage/rules", language="zh-CN", width=width)
        for rule in ("rodent", "intrusion"):
            said = page.locator(f"[data-rule={rule}] [data-nights]")
            expect(said).to_contain_text("1 台摄像机中，0 台设有夜间（停业）时段", timeout=LIMIT_MS)
            expect(said).to_contain_text("请为学校设置日历")
        expect(page.locator("[data-rule=no_mask] [data-nights]")).to_have_count(0)
        page.screenshot(path=shots / f"nights-rules-{width}.png", full_page=True)
        assert findings(page) == []
        page.goto("/cameras")
        form_of(page, camera["id"])
        expect(page.locator("[data-night]")).to_contain_text("没有日历：夜间无人看守", timeout=LIMIT_MS)
        page.screenshot(path=shots / f"nights-form-{width}.png", animations="disabled")
        assert findings(page) == []

    page.locator("[name=hours_of][value=own]").check()
    page.locator("[data-analysis] input[type=time]").first.fill("05:30")
    page.screenshot(path=shots / "nights-form-own.png", animations="disabled")
    page.locator("[data-relearn] button").click()
    expect(page.locator("[data-relearn] [role=status]")).to_contain_text("正在重新学习", timeout=LIMIT_MS)
    accepted = api.http.get(f"/cameras/{camera['id']}").json()["analysis"]["view_accepted_at"]
    assert accepted is not None
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=LIMIT_MS)
    after = api.http.get(f"/cameras/{camera['id']}").json()["analysis"]
    own = [{"days": [1, 2, 3, 4, 5], "start": "05:30", "end": "18:00"}]
    assert after == before | {"working": own, "view_accepted_at": accepted}, "what the form does not show stays"

    page.goto("/manage/rules")
    said = page.locator("[data-rule=rodent] [data-nights]")
    expect(said).to_have_text("1 台摄像机中，1 台设有夜间（停业）时段。", timeout=LIMIT_MS)

    page.goto("/cameras")
    form_of(page, camera["id"])
    page.locator("[data-analysis] .el-switch").click()
    expect(page.locator("[data-analysis]")).to_contain_text("关闭后不识别")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=LIMIT_MS)
    assert api.http.get(f"/cameras/{camera['id']}").json()["analysis"]["is_enabled"] is False
    assert api.http.patch(f"/cameras/{camera['id']}", json={"analysis": before}).status_code == 200


def test_a_camera_that_was_turned_is_learned_anew_from_its_alert(
    opens: Opens, stack: Stack, api: Api, shots: Path
) -> None:
    (camera,) = (one for one in api.http.get("/cameras").json()["items"] if one["site"] == SITE)
    rule = rule_of(api, "picture_fault")
    at_once = rule | {"condition": rule["condition"] | {"seconds": 0.0}}
    assert api.http.put("/rules/picture_fault", json=at_once).status_code == 200
    detector = Detector(stack)
    detector.moved(camera["id"], SITE)
    detector.close()
    deadline = time.monotonic() + 60
    while not (found := api.http.get("/alerts?rule=picture_fault").json()["items"]):
        assert time.monotonic() < deadline, "no alert of it"
        time.sleep(0.2)
    for width in WIDTHS:
        page = opens("boss", f"/watch?alert={found[0]['id']}", language="zh-CN", width=width)
        button = page.locator("[data-relearn] button")
        expect(button).to_have_text("画面正确，重新学习", timeout=LIMIT_MS)
        button.scroll_into_view_if_needed()
        page.screenshot(path=shots / f"relearn-{width}.png", animations="disabled")
        assert findings(page) == []
    button.click()
    expect(page.locator("[data-relearn] [role=status]")).to_contain_text("正在重新学习", timeout=LIMIT_MS)
    after = api.http.get(f"/cameras/{camera['id']}").json()["analysis"]
    assert after["view_accepted_at"] is not None
    assert after | {"view_accepted_at": camera["analysis"]["view_accepted_at"]} == camera["analysis"]
    judged = opens("li", f"/watch?alert={found[0]['id']}", language="zh-CN")
    expect(judged.locator("[data-shown]")).to_be_visible(timeout=LIMIT_MS)
    expect(judged.locator(".tile-waits")).to_have_count(0, timeout=LIMIT_MS)
    expect(judged.locator("[data-relearn]")).to_have_count(0)
