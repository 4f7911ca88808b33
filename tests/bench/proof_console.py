"""Each role's day in a real browser: log in, every page that is offered, log out; wide, narrow, in both languages.

Of every page: whether it fits the screen, what axe-core calls serious or worse, errors of the page's own script, answers
of the server that were none (5xx). A screenshot of each is left in a folder, to be looked at.

    python -m tests.bench.proof_console --shots DIR
    python -m tests.bench.proof_console --shots DIR --roles sre,auditor --widths 390 --languages en
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.bench.rows import row, say
from tests.console.conftest import FLAGS
from tests.e2e.live_client import Api
from tests.stack import Stack

PASSWORD = "long enough for all"
SITE = "demo"
ROLES = ("admin", "chief", "supervisor", "inspector", "viewer", "school", "guest", "auditor", "sre")
HEIGHTS = {390: 844, 1280: 800, 1920: 1080}
LIMIT_MS = 30_000
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
def installation(folder: Path) -> Iterator[Stack]:
    """Two cameras, somebody of each role, a case with an order that waits for the school."""
    running = Stack(folder / "data", demo=2)
    running.start()
    try:
        api = Api(running.url, running.admin_password)
        for role in ROLES:
            account: dict[str, Any] = {"name": f"day-{role}", "password": PASSWORD, "roles": [role]}
            if role in ("school", "guest"):
                account["sites"] = [SITE]
            if role == "guest":
                account["ends_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            answer = api.http.post("/accounts", json=account)
            assert answer.status_code == 201, answer.text
        case = {"site": SITE, "source": "report", "title": "垃圾桶没有盖 / a bin without a lid", "risk": 3}
        opened = api.http.post("/cases", json=case)
        assert opened.status_code == 201, opened.text
        order = {"kind": "opinion", "title": "Put a lid on it", "text": "Every bin has a lid."}
        served = api.http.post(f"/cases/{opened.json()['id']}/orders", json=order)
        assert served.status_code == 201, served.text
        api.until_condition("demo-1", "online", 60)
        api.close()
        yield running
    finally:
        running.stop()


def walk(page: Page, name: str, found: Findings, shots: Path, size: str) -> None:
    """From log-in to log-out."""
    page.goto("/")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
    page.wait_for_selector("[data-user]", timeout=LIMIT_MS)
    home = page.evaluate("location.pathname")
    if page.locator("nav a").count() == 0:
        page.goto("/cases")  # a school's first page has no menu: its day is there
        page.wait_for_selector("nav a", timeout=LIMIT_MS)
    offered: list[str] = page.locator("nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    beside = [path for before, paths in BESIDE.items() if before in offered for path in paths]
    tabs = manage_tabs(page) if "/manage" in offered else []
    for path in dict.fromkeys([home, *offered, *beside, *tabs, "/account"]):
        look(page, name, path, found, shots / f"{name}-{size}{path.replace('/', '-')}.png", size)
    page.goto(home)
    page.click("[data-user]")
    page.click("[data-sign-out]")
    page.wait_for_selector("#password", timeout=LIMIT_MS)


def manage_tabs(page: Page) -> list[str]:
    page.goto("/manage")
    page.wait_for_selector(".manage-tabs a", timeout=LIMIT_MS)
    told: list[str] = page.locator(".manage-tabs a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return told


def look(page: Page, name: str, path: str, found: Findings, shot: Path, size: str) -> None:
    """One page, once it has what it shows."""
    found.pages += 1
    page.goto(path)
    page.wait_for_selector("main, .screen, .wall, [data-user], h1", timeout=LIMIT_MS)
    page.wait_for_timeout(1500)  # pictures come, what loads has loaded
    page.screenshot(path=shot)
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if over > 0:
        found.add(who=name, at=path, size=size, what="too wide", pixels=over)
    for one in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        if one["impact"] in ("serious", "critical"):
            nodes = [f"{node['target']} {node.get('failureSummary', '')[:160]}" for node in one["nodes"][:3]]
            found.add(who=name, at=path, size=size, what=f"axe: {one['id']}", nodes=nodes)


def day(browser: Browser, stack: Stack, role: str, language: str, width: int, found: Findings, shots: Path) -> None:
    size = f"{width}-{language}"
    context = browser.new_context(viewport={"width": width, "height": HEIGHTS[width]}, base_url=stack.url)
    context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
    context.set_default_timeout(LIMIT_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: found.add(who=role, at=page.url, size=size, what=f"script: {error}"))
    page.on(
        "response",
        lambda answer: answer.status >= 500 and found.add(who=role, at=answer.url, size=size, what=answer.status),
    )
    try:
        walk(page, f"day-{role}", found, shots, size)
    except Error as error:
        found.add(who=role, at=page.url, size=size, what=f"stuck: {error.message[:300]}")
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
        with installation(Path(name)) as stack:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for role in asked.roles.split(","):
                for language in asked.languages.split(","):
                    for width in map(int, asked.widths.split(",")):
                        day(browser, stack, role, language, width, found, shots)
                        walks += 1
            browser.close()
    conditions = {"walks": walks, "pages": found.pages, "shots": str(shots), "widths": asked.widths}
    name = "findings in the days of all roles"
    told = row(name, [len(found.told)], None, "findings", is_higher_better=False, conditions=conditions)
    say([told], {"findings": found.told}, "proof_console")


if __name__ == "__main__":
    main()
