"""Figures and inspections in a real browser: what was alerted is counted; two departments draw, and anybody replays it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.test_watch_page import Detector, findings
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

CAMERA, SITE = "cook-1", "demo"
PASSWORD = "long enough for all"
LIMIT_MS = 45_000
REPLAY = Path(__file__).parents[2] / "shared" / "design" / "replay_draw.py"
WIDTHS = (390, 1280, 1920)


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A machine that does other things too."""
    expect.set_options(timeout=LIMIT_MS)
    yield
    expect.set_options(timeout=5000)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One demo camera that our detector does not look at: what it shows, the test says."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    footage = Path("~/.cache/bright-kitchen/footage").expanduser()
    env = {"BK_SEGMENT_S": "4", "BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(footage))}
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    api = Api(running.url, running.admin_password)
    api.remove("demo-1")
    stream, password = running.demo_url(1), running.demo_password
    api.add(CAMERA, stream, site=SITE, username="demo", password=password, analysis={"is_enabled": False})
    for name, role in (("li", "supervisor"), ("edu", "viewer")):
        made = api.http.post("/accounts", json={"name": name, "password": PASSWORD, "roles": [role], "sites": None})
        assert made.status_code == 201, made.text
    api.until_condition(CAMERA, "online", 60)
    api.close()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


@pytest.fixture
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are left to be looked at."""
    folder = Path(os.environ.get("BK_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, stack: Stack) -> Iterator[Opens]:
    """Somebody logs in and is on a page."""
    contexts = []

    def open_as(name: str, path: str, language: str = "en") -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=stack.url)
        contexts.append(context)
        context.add_init_script(
            f"localStorage.getItem('bk-language') ?? localStorage.setItem('bk-language', '{language}')"
        )
        page = context.new_page()
        page.goto(f"/login?next={path}")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
        return page

    yield open_as
    for context in contexts:
        context.close()


def fits(page: Page, shots: Path, name: str) -> None:
    """On a phone, a PC and a large screen, and axe-core finds nothing serious."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 2200})
        page.screenshot(path=shots / f"{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        main = page.evaluate("(main => [main.scrollWidth, main.clientWidth])(document.querySelector('main'))")
        assert main[0] <= main[1], f"{name} at {width}: the page is wider than its frame"
    page.set_viewport_size({"width": 1280, "height": 900})
    assert findings(page) == []


def alerted(stack: Stack) -> dict[str, Any]:
    """Two alerts at least, one found right and one wrong; the figures of the last two days."""
    saying, api = Detector(stack), Api(stack.url, stack.admin_password)
    deadline = time.monotonic() + 90
    while len(api.http.get("/alerts").json()["items"]) < 2:
        assert time.monotonic() < deadline, "alerting judges nothing"
        saying.bare_head()
        saying.rodent()
        time.sleep(1)
    saying.close()
    rows = api.http.get("/alerts").json()["items"]
    for row, verdict in zip(rows, ("confirmed", "false"), strict=False):
        assert api.http.post(f"/alerts/{row['id']}/review", json={"verdict": verdict}).status_code == 200
    now = datetime.now(UTC)
    asked = {"start": (now - timedelta(days=2)).isoformat(), "end": (now + timedelta(days=1)).isoformat()}
    (total,) = api.http.get("/figures", params=asked).json()["items"]
    api.close()
    return dict(total)


def test_what_was_alerted_is_counted_and_taken_along(opens: Opens, stack: Stack, shots: Path) -> None:
    page = opens("li", "/figures?span=term", language="zh-CN")
    expect(page.locator(".empty")).to_contain_text("没有告警")
    page.screenshot(path=shots / "figures-empty.png")
    total = alerted(stack)
    assert (total["confirmed"], total["false"]) == (1, 1)
    page.get_by_role("button", name="近 30 天").click()
    expect(page.locator("[data-counter=alerts] .value")).to_have_text(str(total["alerts"]))
    expect(page.locator("[data-counter=falseRate] .value")).to_have_text("50%")
    expect(page.locator(f"[data-group={SITE}] b")).to_have_text(str(total["alerts"]))
    # Days are those of the kitchens' clock, which may be ahead of the browser's.
    expect(page.locator("[data-part$='confirmed 1']")).to_have_count(1)
    expect(page.locator("[data-part$='false 1']")).to_have_count(1)
    page.locator(f"[data-kitchen={SITE}] summary").click()
    expect(page.locator(f"[data-kitchen={SITE}] tbody tr")).to_have_count(7)
    for summary in page.locator(".fig-table summary").all():
        summary.click()
    fits(page, shots, "figures")
    page.get_by_role("combobox", name="分组").select_option("class")
    expect(page.locator("[data-group=rodent] .name, [data-group=no_hat] .name").first).to_be_visible()
    page.get_by_role("button", name="English").click()
    page.get_by_label("Compare", exact=True).select_option("false_alarm_rate")
    page.screenshot(path=shots / "figures-en.png")
    page.get_by_label("What", exact=True).select_option("alerts")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text("utf-8-sig").splitlines()))
    assert len(rows) == total["alerts"]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="XLSX").click()
    assert Path(waiting.value.path()).read_bytes()[:2] == b"PK"


def test_two_departments_draw_and_anybody_replays_it(opens: Opens, shots: Path) -> None:
    li = opens("li", "/inspections", language="zh-CN")
    expect(li.locator(".empty")).to_contain_text("没有检查任务")
    li.get_by_role("link", name="随机抽取").click()
    li.get_by_role("link", name="发起随机抽取").click()
    li.get_by_role("button", name="冻结名单并发起").click()
    expect(li.get_by_role("alert")).to_contain_text("请填写名称")
    li.get_by_label("名称", exact=True).fill("秋季抽查")
    li.get_by_role("button", name="添加部门").click()
    for number, (department, account) in enumerate((("教育局", "li"), ("市场监管局", "edu"))):
        row = li.locator("[data-department]").nth(number)
        row.get_by_label("部门名称").fill(department)
        row.get_by_label("账号").fill(account)
    fits(li, shots, "draw-form")
    li.get_by_role("button", name="冻结名单并发起").click()
    li.wait_for_selector("[data-state=committing], [role=alert]", timeout=LIMIT_MS)
    assert li.locator("[role=alert]").all_inner_texts() == []
    edu = opens("edu", "/inspections", language="en")
    edu.wait_for_url("**/inspections/draws")
    edu.locator("[data-draw]").click()
    said(li, "生成种子并承诺")
    said(edu, "Make a seed and commit")
    published = edu.locator("[data-published]").inner_text()
    li.wait_for_selector("[data-state=revealing]", timeout=LIMIT_MS)
    li.get_by_role("button", name="揭示种子").click()
    expect(li.locator("[data-seed]")).to_contain_text("您的部门已揭示")
    edu.get_by_role("button", name="Show the seed").click()
    expect(edu.locator(f"[data-drawn={SITE}]")).to_contain_text("li")
    with edu.expect_download() as waiting:
        edu.get_by_role("link", name="Download the draw's file").click()
    replayed = subprocess.run(
        [sys.executable, REPLAY, waiting.value.path(), published], capture_output=True, text=True, timeout=60
    )
    assert "the draw stands: 1 kitchens" in replayed.stdout, replayed.stdout + replayed.stderr
    li.wait_for_selector("[data-state=drawn]", timeout=LIMIT_MS)
    fits(li, shots, "draw")
    look(li, shots)


def said(page: Page, button: str) -> None:
    """The seed comes as a file before the hash is everybody's."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    assert waiting.value.suggested_filename.startswith("seed-")


def look(page: Page, shots: Path) -> None:
    """Begun, finished with a violation: a case, and the term covers the kitchen."""
    page.get_by_role("link", name="检查任务").click()
    row: Locator = page.locator("[data-look]")
    row.get_by_role("button", name="视频检查").click()
    row.get_by_role("button", name="提交结果").click()
    row.get_by_label("发现违规").check()
    row.get_by_label("违规标题").fill("地面积水")
    fits(page, shots, "look")
    row.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("已完成")
    expect(row.get_by_role("link", name="查看案件")).to_be_visible()
    page.get_by_role("link", name="学期覆盖").click()
    expect(page.locator("[data-coverage]")).to_have_text("1 / 1 所已检查")
    fits(page, shots, "coverage")
