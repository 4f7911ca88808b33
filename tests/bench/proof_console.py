"""Each role's day in a real browser: log in, every page that is offered, what the role is there for, log out; on a
phone, a PC and a wall's width, in both languages.

Of every page: whether it fits the screen, what axe-core calls serious or worse, errors of the page's own script, answers
of the server that were none (5xx). A deed that does not come to its end is a finding too (role_deeds.py says which there
are). A screenshot of each page, and of each deed on its way, is left in a folder, to be looked at.

    python -m tests.bench.proof_console --shots DIR
    python -m tests.bench.proof_console --shots DIR --roles sre,auditor --widths 390 --languages en
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Request, Response, sync_playwright

from tests.bench.browser_talk import FLAGS
from tests.bench.role_deeds import DEEDS, LIMIT_MS, PASSWORD, SITE, Day, Plant
from tests.bench.rows import row, say
from tests.stack import Stack

ROLES = tuple(DEEDS)
HEIGHTS = {390: 844, 1280: 800, 1920: 1080}
# A page has loaded when for so long nothing more was asked; what is asked again and again does not end that.
QUIET_MS, LOADED_WITHIN_MS = 300, 5000
# What is not in the menu, and for whom: who is offered the page on the left.
BESIDE = {"/live": ("/wall",), "/manage": ("/manage/notices",)}


@dataclass(slots=True)
class Findings:
    """Everything that was found, and how much was looked at."""

    pages: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **what: Any) -> None:
        self.told.append(what)
        print(json.dumps(what, ensure_ascii=False), flush=True)


@contextmanager
def installation(folder: Path) -> Iterator[Plant]:
    """Two recorded cameras, somebody of each role, a case with an order that waits for the school."""
    running = Stack(folder / "data", demo=2, env={"BK_SEGMENT_S": "4", "BK_ICE_BIND": "127.0.0.1"})
    running.start()
    try:
        plant = Plant(running)
        for role in ROLES:
            account: dict[str, Any] = {"name": f"day-{role}", "password": PASSWORD, "roles": [role]}
            if role in ("school", "guest"):
                account["sites"] = [SITE]
            if role == "guest":
                account["ends_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            answer = plant.admin.http.post("/accounts", json=account)
            assert answer.status_code == 201, answer.text
        plant.order("垃圾桶没有盖 / a bin without a lid")
        plant.admin.until_condition("demo-1", "online", 60)
        yield plant
        plant.close()
    finally:
        running.stop()


class Walk:
    """One role's day at one size in one language. `looks`: how many times the screen was looked at."""

    def __init__(self, page: Page, plant: Plant, role: str, size: str, found: Findings, shots: Path):
        self._page = page
        self._plant = plant
        self._role = role
        self._size = size
        self._found = found
        self._shots = shots
        self._asking = 0
        self._asked_s = 0.0
        page.on("pageerror", lambda error: self._finds(f"script: {error}"))
        page.on("response", self._answered)
        page.on("request", lambda one: self._asks(one, 1))
        for ended in ("requestfinished", "requestfailed"):
            page.on(ended, lambda one: self._asks(one, -1))

    def from_login_to_the_end(self) -> None:
        page = self._page
        page.goto("/")
        page.fill("#name", f"day-{self._role}")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
        page.wait_for_selector("[data-user]", timeout=LIMIT_MS)
        home = page.evaluate("location.pathname")
        for path in self._offered(home):
            self._goes_to(path)
        try:
            DEEDS[self._role](Day(page, self._plant, lambda what: self._looks(f"+{what}")))
        except (Error, AssertionError) as error:
            self._finds(f"deed: {str(error)[:400]}")
            page.screenshot(path=self._shots / f"{self._role}-{self._size}-DEED.png")
        page.goto(home)
        self._has_loaded()  # a page that chooses its first alert closes what is open over it
        page.click("[data-user]")
        page.click("[data-sign-out]")
        page.wait_for_selector("#password", timeout=LIMIT_MS)

    def _offered(self, home: str) -> list[str]:
        page = self._page
        if page.locator("nav a").count() == 0:
            page.goto("/cases")  # a school's first page has no menu: its day is there
            page.wait_for_selector("nav a", timeout=LIMIT_MS)
        links: list[str] = page.locator("nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        beside = [path for before, paths in BESIDE.items() if before in links for path in paths]
        tabs = manage_tabs(page) if "/manage" in links else []
        return list(dict.fromkeys([home, *links, *beside, *tabs, "/account"]))

    def _goes_to(self, path: str) -> None:
        self._page.goto(path)
        self._page.wait_for_selector("main, .screen, .wall, [data-user], h1", timeout=LIMIT_MS)
        self._looks(path.replace("/", "-"))

    def _looks(self, name: str) -> None:
        """What is on the screen, once it has what it shows."""
        self._has_loaded()
        page, at = self._page, f"{self._page.evaluate('location.pathname')} {name}"
        self._found.pages += 1
        page.screenshot(path=self._shots / f"{self._role}-{self._size}{name}.png")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            self._finds("too wide", at=at, pixels=over)
        for one in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                nodes = [f"{node['target']} {node.get('failureSummary', '')[:160]}" for node in one["nodes"][:3]]
                self._finds(f"axe: {one['id']}", at=at, nodes=nodes)

    def _answered(self, answer: Response) -> None:
        # Nobody is led to what they may not see.
        if answer.status >= 500 or answer.status == 403:
            self._finds(f"{answer.status} of {answer.url}")

    def _asks(self, one: Request, more: int) -> None:
        if one.resource_type not in ("eventsource", "websocket", "media") and "/events" not in one.url:
            self._asking += more
            self._asked_s = time.monotonic()

    def _has_loaded(self) -> None:
        ends_s = time.monotonic() + LOADED_WITHIN_MS / 1000
        self._page.wait_for_timeout(QUIET_MS)
        while time.monotonic() < ends_s:
            if self._asking <= 0 and time.monotonic() - self._asked_s > QUIET_MS / 1000:
                break
            self._page.wait_for_timeout(50)
        self._asking = 0  # what a page that was left asked does not always end
        self._page.wait_for_timeout(QUIET_MS)  # what came is drawn, and has been faded in

    def _finds(self, what: str, **more: Any) -> None:
        self._found.add(who=self._role, size=self._size, **{"at": self._page.url} | more, what=what)


def manage_tabs(page: Page) -> list[str]:
    page.goto("/manage")
    page.wait_for_selector(".manage-tabs a", timeout=LIMIT_MS)
    told: list[str] = page.locator(".manage-tabs a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return told


def day(browser: Browser, plant: Plant, role: str, language: str, width: int, found: Findings, shots: Path) -> None:
    size = f"{width}-{language}"
    screen: dict[str, Any] = {"viewport": {"width": width, "height": HEIGHTS[width]}}
    if width == min(HEIGHTS):
        screen |= {"has_touch": True, "is_mobile": True}
    context = browser.new_context(**screen, base_url=plant.stack.url, accept_downloads=True)
    context.grant_permissions(["microphone"], origin=plant.stack.url)
    context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
    context.set_default_timeout(LIMIT_MS)
    page = context.new_page()
    try:
        Walk(page, plant, role, size, found, shots).from_login_to_the_end()
    except Error as error:
        found.add(who=role, at=page.url, size=size, what=f"stuck: {error.message[:300]}")
        page.screenshot(path=shots / f"{role}-{size}-STUCK.png")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roles", default=",".join(ROLES))
    parser.add_argument("--widths", default="390,1280,1920")
    parser.add_argument("--languages", default="zh-CN,en")
    parser.add_argument("--shots", type=Path, default=None, help="folder for the screenshots")
    asked = parser.parse_args()
    shots = asked.shots or Path(tempfile.mkdtemp(prefix="bk-shots-"))
    shots.mkdir(parents=True, exist_ok=True)
    found, walks = Findings(), 0
    with tempfile.TemporaryDirectory(prefix="bk-") as name, sync_playwright() as playwright:
        Path(name).chmod(0o755)
        with installation(Path(name)) as plant:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for role in asked.roles.split(","):
                for language in asked.languages.split(","):
                    for width in map(int, asked.widths.split(",")):
                        day(browser, plant, role, language, width, found, shots)
                        walks += 1
            browser.close()
    conditions = {"walks": walks, "pages": found.pages, "shots": str(shots), "widths": asked.widths}
    name = "findings in the days of all roles"
    told = row(name, [len(found.told)], None, "findings", is_higher_better=False, conditions=conditions)
    say([told], {"findings": found.told}, "proof_console")


if __name__ == "__main__":
    main()
