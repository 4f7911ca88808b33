"""Duty and escalation, and one's own account, in a real browser: done there, and so by what the API then answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from services.gateway.totp import STEP_S, code_at, of_text
from tests.console import managing
from tests.console.managing import LIMIT_MS, PASSWORD, SITE, Opens, findings
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens

# Of the words on every button that is filled with the accent, by WCAG 2.2, 1.4.3.
CONTRAST = """() => [...document.querySelectorAll('.el-button--primary:not(.is-disabled)')].map((button) => {
  const parts = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => {
    const [r, g, b] = parts(text).map((one) => one / 255).map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(button);
  const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05);
})"""


def choose(within: Locator, label: str, *names: str) -> None:
    """Of a list that is found by typing."""
    page = within.page
    box = within.get_by_role("combobox", name=label).last
    # Where nothing is chosen yet its hint lies over it, as people click on it.
    box.locator("xpath=ancestor::*[contains(@class, 'el-select__wrapper')]").click()
    offered = page.locator(f"#{box.get_attribute('aria-controls')}")
    for name in names:
        offered.get_by_role("option", name=name).click()
    within.locator("[name=title]").click()


def log_in(stack: Stack, name: str, password: str = PASSWORD, agent: str = "dashboard/1.0") -> httpx.Response:
    """As a program does."""
    body = {"name": name, "password": password}
    return httpx.post(f"{stack.url}/api/v1/sessions", json=body, headers={"User-Agent": agent}, trust_env=False)


def may_still(stack: Stack, token: str, path: str = "/sessions/current") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{stack.url}/api/v1{path}", headers=headers, trust_env=False).status_code


def on_duty_now(api: Api, title: str) -> list[str]:
    (rota,) = (one["id"] for one in api.http.get("/notices/rotas").json()["items"] if one["title"] == title)
    spans = api.http.get("/notices/duty").json()["items"]
    return list(next(span["people"] for span in spans if span["rota"] == rota))


def test_a_rota_and_a_chain_are_made_and_say_whom_an_alert_would_reach(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/duty")
    expect(page.locator("[data-rotas] .empty")).to_contain_text("No rota yet", timeout=LIMIT_MS)
    page.screenshot(path=shots / "duty-empty.png", full_page=True)
    page.locator("[data-rotas] [data-add]").click()
    form = page.locator(".el-dialog")
    form.locator("[data-save]").click()
    expect(form.locator(".fault")).to_have_text(["Enter a name.", "Choose who is on duty."])
    form.locator("[name=title]").fill("Bureau")
    for day in ("Sat", "Sun"):
        form.get_by_role("button", name=day, exact=True).click()
    form.get_by_label("From", exact=True).fill("00:00")
    form.get_by_label("To", exact=True).fill("12:00")
    choose(form, "On duty", "li")
    form.get_by_role("button", name="Add hours").click()
    for day in ("Sat", "Sun"):
        form.get_by_role("button", name=day, exact=True).last.click()
    form.get_by_label("From", exact=True).last.fill("12:00")
    form.get_by_label("To", exact=True).last.fill("00:00")
    choose(form, "On duty", "wang")
    form.locator("[data-add-exception]").click()
    swap = form.locator("[data-exception]")
    swap.get_by_label("From", exact=True).fill("2031-01-01T08:00")
    swap.get_by_label("To", exact=True).fill("2031-01-01T07:00")
    form.locator("[data-save]").click()
    expect(form.locator(".fault")).to_have_text("It must end after it begins.")
    swap.get_by_label("To", exact=True).fill("2031-01-02T08:00")
    page.screenshot(path=shots / "duty-rota-form.png")
    form.locator("[data-save]").click()
    expect(form).to_have_count(0, timeout=LIMIT_MS)
    (made,) = api.http.get("/notices/rotas").json()["items"]
    every_day = [1, 2, 3, 4, 5, 6, 7]
    assert [(one["window"], one["people"]) for one in made["shifts"]] == [
        ({"days": every_day, "from_minute": 0, "to_minute": 720}, ["li"]),
        ({"days": every_day, "from_minute": 720, "to_minute": 0}, ["wang"]),
    ]
    assert made["exceptions"] == [{"start": "2031-01-01T00:00:00Z", "end": "2031-01-02T00:00:00Z", "people": []}]
    (now,) = on_duty_now(api, "Bureau")
    expect(page.locator("[data-now]")).to_contain_text(now)
    expect(page.locator("[data-rota] .said")).to_have_count(14)
    page.locator("[data-after]").click()
    expect(page.locator("[data-rota] .now")).to_have_count(0, timeout=LIMIT_MS)

    page.locator("[data-chains] [data-add]").click()
    form.locator("[name=title]").fill("The worst")
    form.locator("[data-step] input").first.fill("soon")
    form.locator("[data-save]").click()
    expect(form.locator(".fault")).to_have_text("A whole number of minutes, 0 to 10080.")
    form.locator("[data-step] input").first.fill("5")
    choose(form, "Step 1: Tell", "Bureau")
    form.locator("[data-add-step]").click()
    choose(form, "Step 2: Tell", "boss", "cook")
    page.screenshot(path=shots / "duty-chain-form.png")
    form.locator("[data-save]").click()
    expect(form).to_have_count(0, timeout=LIMIT_MS)
    (chain,) = api.http.get("/notices/chains").json()["items"]
    assert [(one["after_min"], one["people"], one["rotas"]) for one in chain["steps"]] == [
        (5, [], [made["id"]]),
        (15, ["boss", "cook"], []),
    ]
    expect(page.locator("[data-chain]")).to_contain_text(f"Bureau (now {now})")

    told = page.locator("[data-preview] [data-told]")
    expect(told).to_have_count(3, timeout=LIMIT_MS)
    expect(told.nth(0).locator("[data-person=li]")).to_contain_text("This console")
    expect(told.nth(1).locator(f"[data-person={now}]")).to_contain_text("told already")
    expect(told.nth(2).locator("[data-person=cook]")).to_contain_text("after a person has looked")
    page.locator("[data-preview] [name=risk]").select_option("2")
    expect(told).to_have_count(1, timeout=LIMIT_MS)
    expect(page.locator("[data-preview]")).to_contain_text("No chain is for this")

    page.locator("[data-rota] [data-remove]").click()
    page.locator(".el-message-box").get_by_role("button", name="Remove").click()
    expect(page.locator("[data-rotas] .manage-trouble")).to_contain_text("A chain tells this rota", timeout=LIMIT_MS)


def test_a_chain_is_for_the_schools_of_a_unit(opens: Opens, api: Api, shots: Path) -> None:
    for id, kind, parent, name, name_en in (
        ("gaoxin", "district", None, "高新区", "High-tech district"),
        ("gaoxin-east", "station", "gaoxin", "城东所", "East station"),
    ):
        unit = {"id": id, "kind": kind, "parent": parent, "name": name, "name_en": name_en}
        assert api.http.post("/units", json=unit).status_code == 201
    page = opens("boss", "/manage/duty")
    page.locator("[data-chain] [data-edit]").click()
    form = page.locator(".el-dialog")
    choose(form, "Units", "High-tech district / East station")
    page.screenshot(path=shots / "duty-chain-units-1280.png")
    form.locator("[data-save]").click()
    expect(form).to_have_count(0, timeout=LIMIT_MS)
    (chain,) = api.http.get("/notices/chains").json()["items"]
    assert (chain["units"], chain["sites"]) == (["gaoxin-east"], [])
    expect(page.locator("[data-chain]")).to_contain_text("all of High-tech district / East station")
    expect(page.locator("[data-preview]")).to_contain_text("No chain is for this", timeout=LIMIT_MS)
    assert api.http.patch(f"/sites/{SITE}", json={"unit": "gaoxin-east"}).status_code == 200
    until = time.monotonic() + LIMIT_MS / 1000
    while all(step["chain"] is None for step in would_be_told(api)):
        assert time.monotonic() < until, "alerting never heard that the school belongs there"
        time.sleep(0.1)
    page.goto("/manage/duty")
    expect(page.locator("[data-preview] [data-told]")).to_have_count(3, timeout=LIMIT_MS)
    phone = opens("boss", "/manage/duty", language="zh-CN", width=390)
    expect(phone.locator("[data-chain]")).to_contain_text("高新区 / 城东所 全部学校", timeout=LIMIT_MS)
    phone.locator("[data-chain] [data-edit]").click()
    field = phone.get_by_role("group", name="学校")
    field.scroll_into_view_if_needed()
    expect(field).to_contain_text("高新区 / 城东所")
    phone.screenshot(path=shots / "duty-chain-units-390.png")
    box = phone.locator(".el-dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def would_be_told(api: Api) -> list[dict[str, Any]]:
    answer = api.http.post("/notices/preview", json={"site": SITE, "risk": 1})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["steps"])


def test_who_may_only_look_sees_duty_and_what_fails_says_so(opens: Opens, stack: Stack) -> None:
    page = opens("li", "/manage/duty")
    expect(page.locator("[data-now]")).to_contain_text("Bureau", timeout=LIMIT_MS)
    expect(page.locator(".manage [data-add], .manage [data-edit], .manage [data-remove]")).to_have_count(0)
    page.route("**/api/v1/notices/chains", lambda route: route.abort())
    page.goto("/manage/duty")
    expect(page.get_by_role("alert")).to_contain_text("Try again", timeout=LIMIT_MS)
    page.unroute("**/api/v1/notices/chains")
    page.get_by_role("alert").get_by_role("button").click()
    expect(page.locator("[data-now]")).to_contain_text("Bureau", timeout=LIMIT_MS)
    page = opens("cook", "/manage/duty")
    expect(page.locator(".manage .empty")).to_contain_text("You may not see this page", timeout=LIMIT_MS)


def test_a_school_sets_up_a_second_factor_on_its_phone(opens: Opens, stack: Stack, api: Api, shots: Path) -> None:
    copies = ("clipboard-read", "clipboard-write")
    page = opens("cook", "/kitchen", language="zh-CN", width=390, height=844, permissions=copies)
    menu = page.locator("[data-user]")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#user-menu a").first).to_be_focused()
    page.screenshot(path=shots / "user-menu-390.png")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("link", name="我的账号").click()
    card = page.locator("[data-second]")
    card.locator("[data-begin]").click()
    card.locator("[name=second-password]").fill("not my password")
    card.locator("[data-next]").click()
    expect(card.locator(".fault")).to_have_text("密码不正确，请输入当前密码。", timeout=LIMIT_MS)
    card.locator("[name=second-password]").fill(PASSWORD)
    card.locator("[data-next]").click()
    secret = card.locator("[data-secret]").inner_text().replace(" ", "")
    page.screenshot(path=shots / "second-factor-390.png", full_page=True)
    said, _, _ = cv2.QRCodeDetector().detectAndDecode(
        cv2.imdecode(np.frombuffer(card.locator("svg[role=img]").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    )
    assert said == card.get_by_role("link").get_attribute("href")
    assert f"secret={secret}&" in said
    card.locator("[name=second-code]").fill("123")
    expect(card.locator("[data-confirm]")).to_be_disabled()
    card.locator("[name=second-code]").fill(code_at(of_text(secret), int(time.time()) // STEP_S))
    card.locator("[data-confirm]").click()
    expect(card.locator("[data-recovery] li")).to_have_count(10, timeout=LIMIT_MS)
    codes = card.locator("[data-recovery] code").all_inner_texts()
    page.screenshot(path=shots / "recovery-codes-390.png", full_page=True)
    card.locator("[data-copy]").click()
    expect(card.get_by_role("status")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()").split("\n")[1:11] == codes
    page.get_by_role("link", name="回放").click()
    page.locator(".el-message-box").get_by_role("button", name="取消").click()
    expect(card.locator("[data-recovery]")).to_be_visible()
    card.locator("[data-kept]").click()
    expect(card.locator("h2")).to_contain_text("已开启")
    assert log_in(stack, "cook").json()["code"] == "second_factor_needed"
    card.locator("[data-off]").click()
    card.locator("[name=second-password]").fill(PASSWORD)
    card.locator("[name=second-code]").fill("zzzz-zzzz-zzzz-zzzz")
    card.locator("[data-turn-off]").click()
    expect(card.locator(".fault")).to_contain_text("验证码不正确", timeout=LIMIT_MS)
    card.locator("[name=second-password]").fill(PASSWORD)
    card.locator("[name=second-code]").fill(codes[0])
    card.locator("[data-turn-off]").click()
    expect(card.locator("h2")).to_contain_text("未开启", timeout=LIMIT_MS)
    assert log_in(stack, "cook").status_code == 201


def test_logins_and_tokens_are_listed_and_ended_and_a_password_changed(opens: Opens, stack: Stack, shots: Path) -> None:
    first, second, third = (log_in(stack, "li", agent=f"dashboard/{n}").json()["token"] for n in (1, 2, 3))
    page = opens("li", "/account")
    logins = page.locator("[data-logins]")
    expect(logins.locator("[data-login=this]")).to_contain_text("Chrome on Linux", timeout=LIMIT_MS)
    logins.locator("li", has_text="dashboard/1").locator("[data-end]").click()
    expect(logins.locator("li", has_text="dashboard/1")).to_have_count(0, timeout=LIMIT_MS)
    assert [may_still(stack, token) for token in (first, second, third)] == [401, 200, 200]

    tokens = page.locator("[data-tokens]")
    tokens.locator("[data-add]").click()
    tokens.locator("[data-save]").click()
    expect(tokens.locator(".fault")).to_have_text(
        ["Say what it is for.", "Choose one thing at least.", "Type your present password."]
    )
    tokens.locator("[name=token-name]").fill("district dashboard")
    tokens.get_by_label("see live pictures").check()
    tokens.locator("[name=token-password]").fill(PASSWORD)
    page.screenshot(path=shots / "account-token-form.png", full_page=True)
    tokens.locator("[data-save]").click()
    token = tokens.locator("[data-made]").inner_text()
    page.screenshot(path=shots / "account-token-made.png", full_page=True)
    assert may_still(stack, token, "/cameras") == 200
    assert may_still(stack, token, "/me/api-tokens") == 403, "a program makes no more of them"
    tokens.locator("[data-done]").click()
    expect(tokens.locator("[data-made]")).to_have_count(0)
    tokens.locator("[data-token] [data-end]").click()
    page.locator(".el-message-box").get_by_role("button", name="End").click()
    expect(tokens.locator("[data-token]")).to_have_count(0, timeout=LIMIT_MS)
    assert may_still(stack, token, "/cameras") == 401

    password = page.locator("[data-password]")
    for field, words in (("present", "not my password"), ("next", "another long one"), ("again", "another long two")):
        password.locator(f"[name={field}]").fill(words)
    password.locator("[data-save]").click()
    expect(password.locator(".fault")).to_have_text("The two are not the same.")
    password.locator("[name=again]").fill("another long one")
    password.locator("[data-save]").click()
    expect(password.locator(".fault")).to_contain_text("This is not your password", timeout=LIMIT_MS)
    password.locator("[name=present]").fill(PASSWORD)
    password.locator("[data-save]").click()
    expect(page.locator(".el-message", has_text="Your password is changed")).to_be_visible(timeout=LIMIT_MS)
    expect(logins.locator("li")).to_have_count(1, timeout=LIMIT_MS)
    assert [may_still(stack, token) for token in (second, third)] == [401, 401]
    assert log_in(stack, "li").status_code == 401
    again = log_in(stack, "li", "another long one").json()["token"]
    page.reload()
    logins.locator("[data-end-others]").click()
    page.locator(".el-message-box").get_by_role("button", name="End all others").click()
    expect(logins.locator("li")).to_have_count(1, timeout=LIMIT_MS)
    assert may_still(stack, again) == 401
    page.locator("[data-user]").click()
    page.locator("[data-sign-out]").click()
    page.wait_for_url("**/login**")


def test_an_administrator_ends_logins_and_takes_a_lost_second_factor_away(
    opens: Opens, stack: Stack, api: Api, shots: Path
) -> None:
    token = log_in(stack, "wang").json()["token"]
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as wang:
        begun = wang.post("/me/second-factor", json={"password": PASSWORD}).json()
        code = code_at(of_text(begun["secret"]), int(time.time()) // STEP_S)
        assert wang.post("/me/second-factor/confirmation", json={"code": code}).status_code == 200
    page = opens("boss", "/manage/accounts")
    page.locator("[data-account=wang] [data-access]").click()
    dialog = page.locator(".el-dialog")
    expect(dialog).to_contain_text("program: dashboard/1.0", timeout=LIMIT_MS)
    expect(page.locator(".dialog-fade-enter-active, .el-loading-mask")).to_have_count(0)
    page.screenshot(path=shots / "account-access.png")
    assert findings(page) == []
    dialog.locator("[data-end-all]").click()
    page.locator(".el-message-box").get_by_role("button", name="End all").click()
    expect(dialog).to_contain_text("Logged in nowhere", timeout=LIMIT_MS)
    assert may_still(stack, token) == 401
    dialog.locator("[data-take]").click()
    page.locator(".el-message-box").get_by_role("button", name="Take it away").click()
    expect(dialog.locator("h3").first).to_contain_text("off", timeout=LIMIT_MS)
    assert log_in(stack, "wang").status_code == 201
    deeds = {row["action"] for row in api.http.get("/audit", params={"who": "boss"}).json()["items"]}
    assert {"login_ended", "second_factor_off"} <= deeds


def test_the_page_says_why_somebody_looks(opens: Opens, api: Api) -> None:
    def purposes() -> list[Any]:
        rows = api.http.get("/audit", params={"who": "wang", "action": "live_view"}).json()["items"]
        return [row["detail"].get("purpose") for row in rows]

    page = opens("wang", "/live")
    page.wait_for_selector(".tile.playing", timeout=LIMIT_MS)
    assert set(purposes()) == {"patrol"}
    page.goto(f"/live?site={SITE}&purpose=draw")
    page.wait_for_selector(".tile.playing", timeout=LIMIT_MS)
    assert purposes()[0] == "draw"
    with page.expect_request(lambda asked: "playback.m3u8" in asked.url) as found:
        page.goto(f"/playback?site={SITE}&purpose=case")
    assert "purpose=case" in found.value.url


def test_the_pages_fit_and_can_be_read(opens: Opens, shots: Path) -> None:
    for width, language in ((390, "zh-CN"), (1280, "zh-CN"), (1920, "en")):
        page = opens("boss", "/account", language=language, width=width)
        for path in ("/account", "/manage/duty"):
            page.goto(path)
            page.wait_for_selector("[data-logins] li, [data-preview] [data-told]", timeout=LIMIT_MS)
            expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=LIMIT_MS)
            main = page.locator("main")
            height = page.evaluate("document.querySelector('main').scrollHeight") + 140
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=shots / f"{path.strip('/').replace('/', '-')}-{width}.png")
            page.set_viewport_size({"width": width, "height": 900})
            assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0, f"{path} at {width}"
            assert findings(page) == [], path
        if width == 1280:
            ratios: list[float] = []
            for path in ("/account", "/login"):  # one light, one dark
                page.goto(path)
                page.locator("input[type=password]").first.fill("something")
                page.wait_for_selector(".el-button--primary:not(.is-disabled)", timeout=LIMIT_MS)
                ratios += page.evaluate(CONTRAST)
            page.goto("/manage/duty")
            page.wait_for_selector(".el-button--primary", timeout=LIMIT_MS)
            ratios += page.evaluate(CONTRAST)
            page.evaluate("document.documentElement.className = 'dark'")
            ratios += page.evaluate(CONTRAST)
            page.screenshot(path=shots / "duty-dark.png")
            assert len(ratios) >= 4
            assert min(ratios) >= 4.5, ratios
