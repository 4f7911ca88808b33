"""Managing in a real browser: rules, silences, notifications, people, calendars, public screens, as the API has them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console import managing
from tests.console.managing import LIMIT_MS, PASSWORD, SITE, TABS, Opens, findings, rule_of
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens


def test_a_rule_is_tried_before_it_is_put_in_force(opens: Opens, api: Api, shots: Path) -> None:
    before = rule_of(api, "no_hat")
    page = opens("boss", "/manage/rules")
    page.locator("[data-rule=no_hat] [data-edit]").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=broken]").fill("9")
    dialog.locator("[name=looked]").fill("8")
    expect(dialog.locator(".fault")).to_have_text("There cannot be more violations than looks.")
    expect(dialog.locator("[data-put]")).to_be_disabled()
    dialog.locator("[name=looked]").fill("12")
    dialog.locator("[name=deadline_h]").fill("36")
    dialog.locator("[data-run]").click()
    expect(dialog.locator("[data-trial] [role=status]")).to_contain_text("facts", timeout=LIMIT_MS)
    assert rule_of(api, "no_hat") == before, "a trial keeps nothing"
    page.screenshot(path=shots / "manage-rule-form.png")
    dialog.locator("[data-put]").click()
    expect(page.locator("[data-rule=no_hat]")).to_contain_text("9 of 12", timeout=LIMIT_MS)
    after = rule_of(api, "no_hat")
    assert (after["version"], after["deadline_h"]) == (before["version"] + 1, 36.0)
    assert (after["where"], after["title"]) == (before["where"], before["title"]), "what was not changed stays"
    page.locator("[data-rule=no_hat] [data-edit]").click()
    expect(page.locator("[data-versions] li").first).to_contain_text("condition")
    page.locator("[data-versions] li", has_text=f"version {before['version']}").get_by_role("button").click()
    expect(page.locator("[name=broken]")).to_have_value(str(before["condition"]["broken"]))


def test_a_rule_is_copied_and_both_are_in_force(opens: Opens, api: Api, shots: Path) -> None:
    before = rule_of(api, "no_mask")
    page = opens("boss", "/manage/rules", language="zh-CN")
    page.locator("[data-rule=no_mask] [data-copy]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[data-put]")).to_be_disabled()
    dialog.locator("[name=title_zh]").fill("幼儿园未戴口罩")
    dialog.locator("[name=rule]").fill("no_mask")
    expect(dialog.locator(".fault")).to_have_text("已有这个编号的规则。")
    expect(dialog.locator("[data-put]")).to_be_disabled()
    dialog.locator("[name=rule]").fill("No Mask")
    dialog.locator("[data-put]").click()
    expect(dialog.locator(".fault")).to_have_count(1, timeout=LIMIT_MS)
    page.screenshot(path=shots / "manage-rule-copy.png")
    dialog.locator("[name=rule]").fill("no_mask_small")
    dialog.locator("[name=risk]").select_option("1")
    dialog.locator("[data-put]").click()
    expect(page.locator("[data-rule=no_mask_small]")).to_contain_text("幼儿园未戴口罩", timeout=LIMIT_MS)
    made = rule_of(api, "no_mask_small")
    assert (made["version"], made["risk"], made["watched"]) == (1, 1, before["watched"])
    assert rule_of(api, "no_mask") == before, "the other stays as it is"


def test_a_supervisor_silences_a_school_and_ends_it(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("li", "/manage/silences")
    page.locator("[data-add]").click()
    page.locator("[name=reason]").fill("new camera in the prep room")
    page.get_by_role("button", name="4 h", exact=True).click()
    page.locator("[data-save]").click()
    expect(page.locator(".fault")).to_contain_text("only administrators silence all schools")
    page.get_by_role("combobox", name="Schools").click()
    page.locator(".el-select-dropdown__item:visible").first.click()
    page.locator("[name=reason]").click()
    page.screenshot(path=shots / "manage-silence-form.png")
    page.locator("[data-save]").click()
    row = page.locator("[data-silence]")
    expect(row).to_contain_text("new camera in the prep room", timeout=LIMIT_MS)
    expect(row).to_contain_text("in force", timeout=LIMIT_MS)
    (made,) = api.http.get("/silences?current=true").json()["items"]
    assert (made["sites"], made["made_by"], made["covers_class_1"]) == ([SITE], "li", False)
    row.get_by_role("button", name="End now").click()
    page.locator(".el-message-box").get_by_role("button", name="End now").click()
    expect(row).to_have_count(0, timeout=LIMIT_MS)
    page.get_by_role("button", name="Over", exact=True).click()
    expect(row).to_contain_text("ended early by li", timeout=LIMIT_MS)


def test_somebody_says_how_and_when_they_are_told(opens: Opens, api: Api) -> None:
    page = opens("li", "/manage/notices")
    page.locator("[data-channels] [data-add]").click()
    page.locator("[data-channels] [name=address]").fill("no address")
    page.locator("[data-channels] form button[type=submit]").click()
    expect(page.locator("[data-channels] .fault")).to_contain_text("no mail address", timeout=LIMIT_MS)
    page.locator("[data-channels] [name=address]").fill("li@example.org")
    page.locator("[data-channels] form button[type=submit]").click()
    mail = page.locator("[data-channel=mail]")
    mail.locator("[data-test]").click()
    expect(mail.get_by_role("status")).to_contain_text("Not delivered", timeout=LIMIT_MS)
    page.locator("[name=risk_max]").select_option("1")
    page.get_by_role("button", name="Add hours").click()
    page.locator("[data-wishes] [data-save]").click()
    expect(page.locator(".el-message")).to_contain_text("Saved", timeout=LIMIT_MS)
    told = api.http.get("/notices/people/li").json()
    assert told["risk_max"] == 1
    assert told["hours"] == [{"days": [1, 2, 3, 4, 5], "from_minute": 480, "to_minute": 1080}]


def test_an_account_is_made_handed_over_and_closed(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/accounts")
    page.locator("[data-add]").click()
    page.locator("[name=account]").fill("LI")
    page.get_by_role("button", name="Make one").click()
    page.locator("[data-save]").click()
    expect(page.get_by_role("dialog").get_by_role("alert").first).to_be_visible(timeout=LIMIT_MS)
    page.locator("[name=account]").fill("zhou")
    page.screenshot(path=shots / "manage-account-form.png")
    page.locator("[data-save]").click()
    row = page.locator("[data-account=zhou]")
    expect(row).to_contain_text("supervisor", timeout=LIMIT_MS)
    password = page.locator(".handed code").inner_text()
    logged_in = api.http.post("/sessions", json={"name": "zhou", "password": password})
    assert logged_in.status_code == 201, logged_in.text
    row.get_by_role("button", name="Close").click()
    page.locator(".el-message-box").get_by_role("button", name="Close").click()
    expect(row).to_contain_text("closed", timeout=LIMIT_MS)


def test_a_calendar_closes_a_kitchen_and_says_why(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/calendars")
    day = (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=3)).date().isoformat()
    page.locator("[data-add]").click()
    page.locator("[name=title]").fill("示范校")
    page.locator("[name=calendar]").fill("demo-school")
    page.get_by_role("combobox", name="Schools").click()
    page.locator(".el-select-dropdown__item:visible").first.click()
    page.locator("[name=title_en]").fill("Demo school")
    page.locator("[data-add-day]").click()
    line = page.locator("[data-exception]")
    line.locator("input[type=date]").first.fill(day)
    line.locator("input[type=date]").last.fill(day)
    line.get_by_label("Reason").fill("sports day")
    page.screenshot(path=shots / "manage-calendar-form.png")
    page.get_by_role("dialog").locator("[data-save]").click()
    expect(page.locator("[data-calendar=demo-school]")).to_contain_text("exceptions: 1", timeout=LIMIT_MS)
    page.locator("[data-day] [name=day]").fill(day)
    told = page.locator("[data-day] [role=status]")
    expect(told).to_contain_text("exceptional day: sports day", timeout=LIMIT_MS)
    expect(told).to_contain_text("Demo school")
    (made,) = (
        one for one in api.http.get("/calendars").json()["items"] if one["calendar"]["calendar"] == "demo-school"
    )
    assert made["calendar"]["sites"] == [SITE]
    file = api.http.get("/calendars/demo-school/calendar.ics").content
    page.locator("[data-calendar=demo-school]").get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files({"name": "d.ics", "mimeType": "text/calendar", "buffer": file})
    page.locator("[data-look]").click()
    expect(page.get_by_role("dialog")).to_contain_text("exceptions: 1", timeout=LIMIT_MS)


def test_a_public_screen_is_seen_by_everybody_who_has_its_link(
    opens: Opens, browser: Browser, stack: Stack, shots: Path
) -> None:
    page = opens("boss", "/manage/public")
    page.click("[data-add]")
    page.click("[data-save]")
    expect(page.locator(".fault")).to_have_text(["Enter a name.", "Choose cameras."])
    page.fill("[name=name]", "第二小学食堂")
    page.click(".el-select")
    page.click(".el-select-dropdown__item:visible")
    page.keyboard.press("Escape")
    page.screenshot(path=shots / "public-form.png")
    page.click("[data-save]")
    link = page.input_value("[data-link]")
    page.click("[data-link]")  # when it stands still
    page.screenshot(path=shots / "public-link.png")
    page.click("[data-close]")
    expect(page.locator("[data-link]")).to_have_count(0)
    assert link not in page.content()
    open_pages = [shown_to_everybody(browser, stack, link, *each) for each in OPEN_PAGES]
    asked: list[str] = []
    open_pages[0].on("request", lambda request: asked.append(request.url.removeprefix(stack.url)))
    for (language, width, _), everybody in zip(OPEN_PAGES, open_pages, strict=True):
        everybody.wait_for_selector(".open-picture.shown img", timeout=LIMIT_MS)
        words = "无法辨认" if language == "zh-CN" else "unrecognisable"
        expect(everybody.locator(".notice")).to_contain_text(words)
        expect(everybody.locator("h1")).to_have_text("第二小学食堂")
        everybody.screenshot(path=shots / f"public-page-{width}.png")
        assert everybody.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert everybody.context.cookies() == []
        assert everybody.evaluate("() => document.documentElement.className") == "light"
    assert findings(open_pages[0]) == []
    first = open_pages[0].inner_text(".open-picture time")
    expect(open_pages[0].locator(".open-picture time")).not_to_have_text(first, timeout=LIMIT_MS)
    assert asked
    assert all(address.startswith("/api/v1/public/") or "/api/" not in address for address in asked), asked
    page.click("[data-flip]")
    open_pages[0].wait_for_selector("[data-closed=off]", timeout=LIMIT_MS)
    open_pages[0].screenshot(path=shots / "public-off.png")
    expect(open_pages[0].locator("img")).to_have_count(0)
    page.click("[data-flip]")
    open_pages[0].wait_for_selector(".open-picture.shown", timeout=LIMIT_MS)
    page.click("[data-end]")
    page.click(".el-message-box__btns .el-button--primary")
    expect(page.locator(".empty")).to_contain_text("No public screens yet")
    open_pages[0].wait_for_selector("[data-closed=gone]", timeout=LIMIT_MS)
    for everybody in open_pages:
        everybody.context.close()


OPEN_PAGES = (("zh-CN", 390, 844), ("en", 1280, 800), ("zh-CN", 1920, 1080))


def shown_to_everybody(browser: Browser, stack: Stack, link: str, language: str, width: int, height: int) -> Page:
    """The page of a link in a browser that knows nobody."""
    assert link.startswith(f"{stack.url}/public/pub_")
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
    context.set_default_timeout(LIMIT_MS)
    page = context.new_page()
    page.goto(link)
    return page


UNITS = (
    (None, "gaoxin", "高新区", "High-Tech Zone", "district"),
    ("gaoxin", "station-1", "第一监管所", "Station 1", "station"),
    ("gaoxin", "station-2", "第二监管所", "Station 2", "station"),
)


@pytest.fixture
def units(api: Api) -> None:
    """The tree, where no test before has made it."""
    for parent, id, name, english, kind in UNITS:
        if api.http.get(f"/units/{id}").status_code == 404:
            body = {"id": id, "name": name, "name_en": english, "kind": kind, "parent": parent}
            assert api.http.post("/units", json=body).status_code == 201


def test_a_tree_is_made_and_a_school_put_in_it(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/organisation")
    expect(page.locator(".manage .empty")).to_contain_text("No units yet", timeout=LIMIT_MS)
    for below, id, name, english, kind in UNITS:
        page.locator("[data-add]" if below is None else f"[data-below={below}]").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=name]").fill(name)
        dialog.locator("[name=name_en]").fill(english)
        dialog.locator("[name=id]").fill(id)
        dialog.locator("[name=kind]").select_option(kind)
        page.screenshot(path=shots / "manage-unit-form.png")
        dialog.locator("[data-save]").click()
        expect(page.locator(f"[data-unit={id}]")).to_contain_text(english, timeout=LIMIT_MS)
    stray = page.locator(f"[data-site={SITE}]")
    stray.locator("select").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(stray.locator("select")).to_have_value("station-2")
    assert api.http.get(f"/sites/{SITE}").json()["unit"] is None, "looking through the list moves nothing"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-unit=station-2]")).to_contain_text("schools: 1", timeout=LIMIT_MS)
    assert api.http.get(f"/sites/{SITE}").json()["unit"] == "station-2"
    expect(page.locator("[data-unit=gaoxin]")).to_contain_text("schools: 1")
    page.locator("[data-unit=gaoxin]").get_by_role("button", name="Open or shut").click()
    expect(page.locator("[data-unit=station-1]")).to_have_count(0)
    page.locator("[data-unit=gaoxin]").get_by_role("button", name="Open or shut").click()
    page.locator("[data-unit=station-2]").get_by_role("button", name="Remove").click()
    page.locator(".el-message-box").get_by_role("button", name="Remove").click()
    expect(page.locator(".manage-trouble")).to_contain_text("Schools belong to this unit", timeout=LIMIT_MS)
    page.screenshot(path=shots / "manage-organisation-refused.png")


@pytest.mark.usefixtures("units")
def test_somebody_is_limited_to_a_unit_and_a_rule_too(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/accounts")
    page.locator("[data-add]").click()
    page.locator("[name=account]").fill("zhao")
    page.locator("[name=new-password]").fill(PASSWORD)
    page.get_by_label("these alone").check()
    page.get_by_role("combobox", name="Units whose schools it sees").click(force=True)
    page.locator(".el-select-dropdown__item:visible", has_text="Station 1").click()
    page.locator("[name=account]").click()
    page.screenshot(path=shots / "manage-account-units.png")
    page.locator("[data-save]").click()
    expect(page.locator("[data-account=zhao]")).to_contain_text("High-Tech Zone / Station 1", timeout=LIMIT_MS)
    assert api.http.patch("/accounts/zhao", json={}).json()["units"] == ["station-1"]
    page.goto("/manage/rules")
    page.locator("[data-rule=no_uniform] [data-edit]").click()
    page.get_by_role("combobox", name="Units of the organisation").click(force=True)
    page.locator(".el-select-dropdown__item:visible", has_text="Station 2").click()
    page.locator("[name=deadline_h]").click()
    page.screenshot(path=shots / "manage-rule-units.png")
    page.locator("[data-put]").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LIMIT_MS)
    assert rule_of(api, "no_uniform")["where"]["units"] == ["station-2"]


@pytest.mark.usefixtures("units")
def test_canteens_come_from_a_spreadsheet(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/import")
    with page.expect_download() as template:
        page.locator("[data-template]").click()
    assert template.value.suggested_filename == "canteens.xlsx"
    head = "单位路径,学校编号,学校名称,学校类型,摄像机名称,用途,主码流地址,用户名,密码"
    rows = ["高新区/第一监管所,browser-1,浏览器小学,小学,烹饪间,烹饪,rtsp://10.4.0.1/1,u,secret-of-browser"]
    rows += ["高新区/没有,browser-2,另一小学,小学,,,,,", ",browser-1,,,备餐间,跳舞,rtsp://10.4.0.2/1,,"]
    file = {"name": "canteens.csv", "mimeType": "text/csv", "buffer": "\r\n".join([head, *rows]).encode()}
    page.locator("[name=file]").set_input_files({**file, "buffer": b"nothing of ours"})
    page.locator("[data-look]").click()
    expect(page.get_by_role("alert")).to_contain_text("No row names the columns", timeout=LIMIT_MS)
    page.locator("[name=file]").set_input_files(file)
    page.locator("[data-look]").click()
    expect(page.locator("[data-count=new]")).to_have_text("new 1", timeout=LIMIT_MS)
    expect(page.locator("[data-count=wrong]")).to_have_text("wrong 2")
    expect(page.locator("[data-row='3']")).to_contain_text("There is no unit '没有' below '高新区'")
    expect(page.locator("tbody tr").first).to_have_attribute("data-outcome", "wrong")
    page.screenshot(path=shots / "manage-import-trial.png")
    assert api.http.get("/sites/browser-1").status_code == 404
    page.locator("[data-apply]").click()
    expect(page.locator("[data-stage=done]")).to_contain_text("Done:", timeout=LIMIT_MS)
    page.screenshot(path=shots / "manage-import-done.png")
    assert api.http.get("/sites/browser-1").json()["unit"] == "station-1"
    (camera,) = (one for one in api.http.get("/cameras?limit=500").json()["items"] if one["site"] == "browser-1")
    assert (camera["name"], camera["has_password"]) == ("烹饪间", True)
    assert "secret-of-browser" not in page.content()
    page.locator("[data-look]").click()
    expect(page.locator("[data-count=unchanged]")).to_have_text("unchanged 1", timeout=LIMIT_MS)
    expect(page.locator("[data-apply]")).to_be_disabled()
    api.http.delete(f"/cameras/{camera['id']}")  # nobody is to wait for it
    phone = opens("boss", "/manage/import", language="zh-CN", width=390)
    phone.locator("[name=file]").set_input_files(file)
    phone.locator("[data-look]").click()
    expect(phone.locator("[data-count=wrong]")).to_have_text("有误 2", timeout=LIMIT_MS)
    expect(phone.locator("[data-row='3']")).to_contain_text("“高新区”之下没有单位“没有”")
    phone.mouse.move(1, 1)
    phone.screenshot(path=shots / "manage-import-trial-390.png", full_page=True)
    assert findings(phone) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_wrong_is_told_beside_its_field_in_chinese(opens: Opens, api: Api, shots: Path, width: int) -> None:
    page = opens("boss", "/cameras", language="zh-CN", width=width)
    page.get_by_role("button", name="添加摄像机").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("地址", exact=True).fill("ftp://10.0.0.7/1")
    dialog.get_by_label("名称").fill("灶台")
    dialog.get_by_label("子码流地址").fill("rtsp://8.8.8.8/1")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.locator(".el-form-item__error")).to_have_text(
        [re.compile("^摄像机不能使用“ftp”"), re.compile("^8.8.8.8 不在允许摄像机使用的网络内")], timeout=LIMIT_MS
    )
    expect(dialog.locator(".trouble")).to_have_text("有填写不正确的地方，请按提示修改。")
    page.screenshot(path=shots / f"faults-camera-{width}.png", animations="disabled")
    hidden = dialog.locator(".el-form-item").evaluate_all(
        """items => items.filter((item) => {
          const fault = item.querySelector(".el-form-item__error");
          return fault !== null && fault.getBoundingClientRect().bottom > item.getBoundingClientRect().bottom + 1;
        }).length"""
    )
    assert hidden == 0, "words lie over the field below"
    assert findings(page) == []
    dialog.get_by_label("编号").fill("Not an id")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.locator(".el-form-item__error")).to_have_text([re.compile("^编号只能用小写字母")], timeout=LIMIT_MS)

    assert api.http.post("/units", json={"id": "passing", "name": "临时", "kind": "station"}).status_code == 201
    page.goto("/manage/organisation")
    page.locator("[data-below=passing]").click()
    assert api.http.delete("/units/passing").status_code == 204, "somebody else, meanwhile"
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=name]").fill("第三监管所")
    dialog.locator("[name=id]").fill("Station 3")
    dialog.locator("[data-save]").click()
    expect(dialog.locator(".fault")).to_have_text(re.compile("^编号只能用小写字母"), timeout=LIMIT_MS)
    page.screenshot(path=shots / f"faults-unit-id-{width}.png")
    dialog.locator("[name=id]").fill("station-3")
    dialog.locator("[data-save]").click()
    expect(dialog.locator(".fault")).to_have_text("没有单位“passing”：请先添加该单位，或另选一个。", timeout=LIMIT_MS)
    page.screenshot(path=shots / f"faults-unit-parent-{width}.png")
    assert findings(page) == []


@pytest.mark.parametrize(("width", "language"), [(390, "zh-CN"), (1280, "zh-CN"), (1920, "en")])
def test_every_page_fits(opens: Opens, shots: Path, width: int, language: str) -> None:
    page = opens("boss", "/manage/rules", language=language, width=width)
    for tab in TABS:
        page.goto(f"/manage/{tab}")
        page.wait_for_selector(".manage .card:not([aria-busy])", timeout=LIMIT_MS)
        expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=LIMIT_MS)
        page.screenshot(path=shots / f"manage-{tab}-{width}.png")
        wide = page.evaluate(
            "() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }"
        )
        assert wide <= 0, f"{tab} is {wide} px too wide at {width}"
        if width == 1280:
            assert findings(page) == [], tab


def test_every_page_is_offered_to_whom_it_is_for(opens: Opens) -> None:
    page = opens("cook", "/manage/notices")
    expect(page.locator(".manage-tabs a")).to_have_count(1)
    page = opens("li", "/manage/rules")
    expect(page.locator(".manage-tabs a")).to_have_text(
        ["Rules", "Silences and maintenance", "My notifications", "Duty and escalation", "Calendars"]
    )
    page.goto("/manage/accounts")
    expect(page.locator(".manage .empty")).to_contain_text("You may not see this page", timeout=LIMIT_MS)
