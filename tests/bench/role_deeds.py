"""What each role does on a day, in the console: one deed or more each, by its buttons, in any language and at any width.

A deed waits for what it leads to (the order is there, the answer arrived, the file came); what does not come ends it.
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.console.test_watch_page import Detector
from tests.e2e.live_client import Api
from tests.stack import Stack

PASSWORD = "long enough for all"
SITE, CAMERA = "demo", "demo-1"
LIMIT_MS = 30_000
_NARROW = 640


class Plant:
    """The installation, and what is brought about in it beside the browser: an alert, an order, a draw."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.admin = Api(stack.url, stack.admin_password)
        self.detector = Detector(stack)
        self._people: dict[str, Api] = {}

    def close(self) -> None:
        self.detector.close()
        for api in (self.admin, *self._people.values()):
            api.close()

    def of(self, role: str) -> httpx.Client:
        if role not in self._people:
            self._people[role] = Api(self.stack.url, PASSWORD, f"day-{role}")
        return self._people[role].http

    def order(self, title: str) -> str:
        """A case with an order that waits for the school; its id."""
        case = {"site": SITE, "source": "report", "title": title, "risk": 3}
        opened = _made(self.admin.http, "/cases", case)
        order = {"kind": "opinion", "title": title, "text": "每个垃圾桶都要有盖。\nEvery bin has a lid."}
        return str(_made(self.admin.http, f"/cases/{opened['id']}/orders", order)["id"])

    def draw(self, title: str) -> None:
        """Two departments drew the school, and the inspector is to look."""
        now, departments = datetime.now(UTC), {"Education": "chief", "Market supervision": "supervisor"}
        call = {
            "title": title,
            "sites": [SITE],
            "rule": {"count": 1},
            "departments": [{"department": name, "account": f"day-{role}"} for name, role in departments.items()],
            "supervisors": ["day-inspector"],
            "commit_until": (now + timedelta(hours=1)).isoformat(),
            "reveal_until": (now + timedelta(hours=2)).isoformat(),
            "look_until": (now + timedelta(days=7)).isoformat(),
        }
        draw = _made(self.admin.http, "/draws", call)["id"]
        seeds = {name: (secrets.token_hex(32), secrets.token_hex(32)) for name in departments}
        for name, (seed, nonce) in seeds.items():
            said = sha256(f"bright-kitchen seed 1\n{name}\n{seed}\n{nonce}\n".encode()).hexdigest()
            self._says(departments[name], f"/draws/{draw}/commitments", {"department": name, "commitment": said})
        for name, (seed, nonce) in seeds.items():
            shown = {"department": name, "seed": seed, "nonce": nonce}
            self._says(departments[name], f"/draws/{draw}/seeds", shown)

    def _says(self, role: str, path: str, body: dict[str, Any]) -> None:
        answer = self.of(role).post(path, json=body)
        assert answer.status_code == 200, answer.text


def _made(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@dataclass(slots=True)
class Day:
    """One person's day. `seen(name)`: what is on the screen now is worth a look."""

    page: Page
    plant: Plant
    seen: Callable[[str], None]
    name: str = field(default_factory=lambda: f"d{time.time_ns() // 1_000_000 % 100_000_000}")

    @property
    def is_phone(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] < _NARROW

    def goto(self, path: str, until: str) -> None:
        self.page.goto(path)
        self.wait(until)

    def wait(self, selector: str) -> None:
        self.page.wait_for_selector(selector, timeout=LIMIT_MS)

    def choose_first(self, box: str) -> None:
        """The first option of an Element Plus select."""
        self.page.locator(box).click()
        self.page.locator(".el-select-dropdown__item:visible").first.click()


def supervise(day: Day) -> None:
    """An alert is confirmed, a case opened, an order served, and the kitchen spoken to."""
    day.plant.detector.bare_head()
    day.goto("/watch", ".inbox .row")
    if day.is_phone:
        day.page.locator(".inbox .row").first.click()
    day.wait("[data-shown] .picture.shown")
    day.seen("alert")
    day.page.locator("[data-shown] button.verdict.confirmed").click()
    day.wait(".toast")
    day.goto("/cases", ".page-head .el-button")
    day.page.click(".page-head .el-button")
    day.page.fill("#new-case input.loop-input", f"地面积水 / water on the floor {day.name}")
    day.page.locator("#new-case select").first.select_option(SITE)
    day.seen("case-form")
    day.page.click("button[form=new-case]")
    day.page.wait_for_url(re.compile(r"/cases/c\w+$"), timeout=LIMIT_MS)
    day.page.click("a[href*='/orders/new'], .el-button--primary")
    day.wait("[data-due]")
    day.seen("order-form")
    day.page.click(".send .el-button--primary")
    day.page.wait_for_url(re.compile(r"/orders/o\w+$"), timeout=LIMIT_MS)
    day.seen("order")
    talk(day)


def talk(day: Day) -> None:
    """Held until the camera has the sound."""
    day.goto(f"/live?camera={CAMERA}", ".tile.playing")
    day.page.locator(".bar button.talk").click()
    day.wait(".talk[data-phase=ready]")
    day.page.locator(".talk .hold").dispatch_event("pointerdown", {"pointerId": 1, "button": 0, "isPrimary": True})
    day.wait(".talk[data-phase=speaking], .talk[data-phase=heard]")
    day.seen("talk")
    day.page.locator(".talk .hold").dispatch_event("pointerup", {"pointerId": 1, "button": 0, "isPrimary": True})
    day.wait(".talk[data-phase=ready]")
    day.page.locator(".talk .end").click()


def direct(day: Day) -> None:
    """A rule is tried on what was, and changed; a school is silenced, and not any more; figures are taken along."""
    day.goto("/manage/rules", "[data-rule=no_hat]")
    day.page.locator("[data-rule=no_hat] [data-edit]").click()
    hours = day.page.locator("[name=deadline_h]")
    hours.fill("36" if hours.input_value() == "24" else "24")
    day.page.locator("[data-run]").click()
    day.wait("[data-trial] [role=status]")
    day.seen("rule")
    day.page.locator("[data-put]").click()
    day.page.wait_for_selector(".rule-form", state="detached", timeout=LIMIT_MS)
    day.goto("/manage/silences", "[data-add]")
    day.page.locator("[data-add]").click()
    day.page.fill("[name=reason]", f"装修 / rebuilding {day.name}")
    day.choose_first(".el-dialog .el-select >> nth=0")
    day.page.locator("[name=reason]").click()
    day.page.locator(".quick button").nth(1).click()
    day.seen("silence-form")
    day.page.locator("[data-save]").click()
    row = day.page.locator("[data-silence]", has_text=day.name)
    row.locator(".manage-actions button").click()
    day.page.locator(".el-message-box .el-button--primary").click()
    expect(row).to_have_count(0, timeout=LIMIT_MS)
    takes_figures(day)


def takes_figures(day: Day) -> None:
    day.goto("/figures", "select:has(option[value=alerts])")
    day.page.locator("select:has(option[value=alerts])").last.select_option("alerts")
    with day.page.expect_download(timeout=LIMIT_MS) as waiting:
        day.page.get_by_role("button", name="XLSX").click()
    assert waiting.value.path().read_bytes()[:2] == b"PK"


def inspect(day: Day) -> None:
    """A drawn kitchen is looked at by video, and a violation found."""
    day.plant.draw(f"抽查 / draw {day.name}")
    day.goto("/inspections", "[data-look]")
    row = day.page.locator("[data-look]").filter(has=day.page.locator(".steps .fig-button.main")).first
    id = row.get_attribute("data-look")
    row = day.page.locator(f"[data-look='{id}']")
    row.locator(".steps .fig-button.main").click()
    row.locator("[aria-expanded]").first.wait_for(timeout=LIMIT_MS)
    day.seen("look-begun")
    row.locator(".steps .fig-button.main[aria-expanded]").click()
    row.locator("input[value=violation], .loop-choices input >> nth=1").first.check()
    row.locator("input.loop-input").first.fill(f"地面积水 / water on the floor {day.name}")
    day.seen("look-finish")
    row.locator("form button[type=submit]").click()
    row.locator("a[href^='/cases/']").wait_for(timeout=LIMIT_MS)


def view(day: Day) -> None:
    """Four pictures, one of them large, and what was half a minute ago."""
    day.goto("/live?n=4", ".tile.playing")
    day.page.locator(".tile .enlarge").first.click()
    day.wait(".tile.playing")
    day.seen("large")
    day.page.goto(f"/playback?cameras={CAMERA}&at={(time.time() - 25) * 1000:.0f}")
    ends_s = time.monotonic() + LIMIT_MS / 1000
    while not day.page.evaluate("(document.querySelector('.playback video')?.readyState ?? 0) >= 2"):
        assert time.monotonic() < ends_s, "no picture"
        day.page.wait_for_timeout(100)
    day.seen("moment")


def answer(day: Day) -> None:
    """An order is read, and answered with a photo and a sentence."""
    order = day.plant.order(f"垃圾桶没有盖 / a bin without a lid {day.name}")
    card = f'[data-order="{order}"]'
    day.goto("/kitchen", card)
    day.page.locator(f"{card} .open").click()
    photo = {"name": "lids.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
    day.page.set_input_files(f"{card} [data-photo=album]", photo)  # type: ignore[arg-type]
    day.wait(f"{card} .photos img")
    day.page.locator(f"{card} textarea").fill("现在都有盖了。 They have lids now.")
    day.seen("answer")
    day.page.locator(f"{card} form button[type=submit], {card} button.send").last.click()
    day.wait(f'[data-waiting="{order}"]')
    day.seen("sent")


def _photo() -> bytes:
    rows = np.linspace(40, 220, 1200, dtype=np.uint8)[:, None, None]
    kept = io.BytesIO()
    Image.fromarray(np.broadcast_to(rows, (1200, 1600, 3)).copy()).save(kept, "JPEG")
    return kept.getvalue()


def visit(day: Day) -> None:
    """Somebody of another department sees what they were let in to see."""
    day.goto("/live", ".tile.playing")
    day.seen("pictures")


def audit(day: Day) -> None:
    """Who did what is narrowed down and taken along."""
    day.goto("/audit", ".audit tbody tr")
    day.page.locator(".loop-bar input").first.fill("day-auditor")
    day.page.locator(".loop-bar input").first.press("Enter")
    expect(day.page.locator(".audit tbody tr").first).to_contain_text("day-auditor", timeout=LIMIT_MS)
    day.seen("narrowed")
    with day.page.expect_download(timeout=LIMIT_MS) as waiting:
        day.page.get_by_role("button", name="CSV").click()
    assert b"day-auditor" in waiting.value.path().read_bytes()


def keep_running(day: Day) -> None:
    """A camera is added that is not reachable: what a probe says, and that it is named on the status page."""
    day.goto("/cameras?add=1", ".el-dialog .probe")
    day.page.locator(".el-dialog input").first.fill("rtsp://127.0.0.1:9/nobody")
    day.page.locator(".probe .el-button").click()
    day.wait(".found.bad")
    day.seen("probe")
    boxes = day.page.locator(".el-dialog .pair >> nth=1").locator("input")
    boxes.first.fill(f"后门 / back door {day.name}")
    day.choose_first(".el-dialog .pair >> nth=1 >> .el-select >> nth=0")
    day.page.locator(".el-dialog .pair.two input").last.fill(day.name)
    day.page.locator(".el-dialog__footer .el-button--primary").click()
    day.wait(f"[data-camera='{day.name}']")
    day.goto("/status", ".row")
    expect(day.page.locator("body")).to_contain_text(day.name, timeout=LIMIT_MS)
    day.seen("lost")
    assert day.plant.admin.http.delete(f"/cameras/{day.name}").status_code == 204


def administer(day: Day) -> None:
    """A school is added, and an account made and handed over."""
    day.goto("/sites", ".page-head .el-button")
    day.page.click(".page-head .el-button")
    boxes = day.page.locator(".el-dialog input")
    boxes.nth(0).fill(f"第二小学 / school {day.name}")
    boxes.nth(1).fill(day.name)
    day.seen("school-form")
    day.page.locator(".el-dialog__footer .el-button--primary").click()
    expect(day.page.locator(".page")).to_contain_text(day.name, timeout=LIMIT_MS)
    day.goto("/manage/accounts", "[data-add]")
    day.page.locator("[data-add]").click()
    day.page.fill("[name=account]", day.name)
    day.page.locator(".secret button").last.click()
    day.seen("account-form")
    day.page.locator("[data-save]").click()
    day.wait(f"[data-account='{day.name}']")
    password = day.page.locator(".handed code").inner_text()
    day.seen("handed")
    logged_in = day.plant.admin.http.post("/sessions", json={"name": day.name, "password": password})
    assert logged_in.status_code == 201, logged_in.text
    assert day.plant.admin.http.delete(f"/sites/{day.name}").status_code == 204


DEEDS: dict[str, Callable[[Day], None]] = {
    "admin": administer,
    "chief": direct,
    "supervisor": supervise,
    "inspector": inspect,
    "viewer": view,
    "school": answer,
    "guest": visit,
    "auditor": audit,
    "sre": keep_running,
}
