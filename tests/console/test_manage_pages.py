"""Managing in a real browser: rules, silences, one's notifications, people and calendars, as the API then has them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

SITE = "demo"
PASSWORD = "long enough for all"
LIMIT_MS = 45_000
PEOPLE = (("boss", "admin", None), ("li", "supervisor", None), ("cook", "school", [SITE]))
TABS = ("rules", "silences", "notices", "duty", "accounts", "calendars")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    footage = Path("~/.cache/bright-kitchen/footage").expanduser()
    env = {
        "BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(footage)),
        # Nothing listens there: a test of the channel says so.
        "BK_NOTICE_MAIL_SERVER": "127.0.0.1:9",
        "BK_NOTICE_MAIL_TLS": "none",
        "BK_NOTICE_MAIL_FROM": "kitchens@bureau.example",
    }
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    api = Api(running.url, running.admin_password)
    for name, role, sites in PEOPLE:
        account = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
        made = api.http.post("/accounts", json=account)
        assert made.status_code == 201, made.text
    api.close()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    asking = Api(stack.url, stack.admin_password)
    yield asking
    asking.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are left to be looked at."""
    folder = Path(os.environ.get("BK_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, stack: Stack) -> Iterator[Opens]:
    contexts = []

    def open_as(name: str, path: str, *, language: str = "en", width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=stack.url)
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
        page = context.new_page()
        page.goto(f"/login?next={path}")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
        page.wait_for_selector(".manage-tabs", timeout=LIMIT_MS)
        return page

    yield open_as
    for context in contexts:
        context.close()


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or worse."""
    told = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in told
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def rule_of(api: Api, id: str) -> dict[str, Any]:
    (rule,) = (each["rule"] for each in api.http.get("/rules").json()["items"] if each["rule"]["rule"] == id)
    return dict(rule)


def test_a_rule_is_tried_before_it_is_put_in_force(opens: Opens, api: Api, shots: Path) -> None:
    before = rule_of(api, "no_hat")
    page = opens("boss", "/manage/rules")
    page.locator("[data-rule=no_hat] button").click()
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
    page.locator("[data-rule=no_hat] button").click()
    expect(page.locator("[data-versions] li").first).to_contain_text("condition")
    page.locator("[data-versions] li", has_text=f"version {before['version']}").get_by_role("button").click()
    expect(page.locator("[name=broken]")).to_have_value(str(before["condition"]["broken"]))


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
    page.locator("[name=account]").fill("wang")
    page.screenshot(path=shots / "manage-account-form.png")
    page.locator("[data-save]").click()
    row = page.locator("[data-account=wang]")
    expect(row).to_contain_text("supervisor", timeout=LIMIT_MS)
    password = page.locator(".handed code").inner_text()
    logged_in = api.http.post("/sessions", json={"name": "wang", "password": password})
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


def test_every_page_fits_and_is_offered_to_whom_it_is_for(opens: Opens, shots: Path) -> None:
    for width, language in ((390, "zh-CN"), (1280, "zh-CN"), (1920, "en")):
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
    page = opens("cook", "/manage/notices")
    expect(page.locator(".manage-tabs a")).to_have_count(1)
    page = opens("li", "/manage/rules")
    expect(page.locator(".manage-tabs a")).to_have_text(
        ["Rules", "Silences and maintenance", "My notifications", "Duty and escalation", "Calendars"]
    )
    page.goto("/manage/accounts")
    expect(page.locator(".manage .empty")).to_contain_text("You may not see this page", timeout=LIMIT_MS)
