"""Nights in a real browser: where nobody watches them it is said, and a person can change it there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console import managing
from tests.console.managing import LIMIT_MS, SITE, Opens, findings
from tests.e2e.live_client import Api

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
