"""Who did what and who watched, and the search of the header, in a real browser: as the API has them, of one's own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from shared.audit_chain import read_csv, read_json, verify
from tests.console import managing
from tests.console.managing import LIMIT_MS, PASSWORD, SITE, Opens, findings
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens

FAR, DARK = "east", "dark"
MORE_PEOPLE = (("chef", "school", [FAR]), ("ops", "sre", None), ("aud", "auditor", None))
# Few pictures are enough for two pages of five; the console asks for fifty.
PAGE = 5
# Of the words in the sheet and in the header, by WCAG 2.2, 1.4.3.
CONTRAST = """(words) => [...document.querySelectorAll(words)].filter((one) => one.checkVisibility()).map((one) => {
  const parts = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
    .map((part, at) => (text.startsWith("color(") && at < 3 ? part * 255 : part));
  const light = (colour) => colour.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  let below = one;
  while (below && parts(getComputedStyle(below).backgroundColor)[3] === 0) below = below.parentElement;
  const pair = [getComputedStyle(one).color, getComputedStyle(below ?? document.body).backgroundColor];
  const [high, low] = pair.map((text) => light(parts(text))).sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
})"""


@dataclass(frozen=True)
class District:
    """A school that is watched, one with a case and a broken camera, one that is dark."""

    case: str
    order: str
    pictures: int


@pytest.fixture(scope="module")
def district(stack: Stack, api: Api) -> District:
    for site, name in ((FAR, "东方幼儿园"), (DARK, "黑暗中学")):
        assert api.http.post("/sites", json={"id": site, "name": name}).status_code == 201
    demo = {"username": "demo", "password": stack.demo_password}
    api.add("east-cook", stack.demo_url(1), site=FAR, name="烹饪间", **demo)
    api.add("east-prep", "rtsp://127.0.0.1:9/x", site=FAR, name="Prep room １号")
    api.add("dark-1", "rtsp://127.0.0.1:9/y", site=DARK)
    for name, role, sites in MORE_PEOPLE:
        account = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
        assert api.http.post("/accounts", json=account).status_code == 201
    case = {"site": FAR, "source": "inspection", "title": "疑似鼠患：粗加工", "risk": 1}
    opened = api.http.post("/cases", json=case).json()["id"]
    order = {"kind": "opinion", "title": "封堵鼠洞", "text": "Both of them."}
    served = api.http.post(f"/cases/{opened}/orders", json=order).json()["id"]
    for camera in ("demo-1", "east-cook"):
        api.until_condition(camera, "online", 60)
    pictures = PAGE + 2
    wang = Api(stack.url, PASSWORD, "wang")
    for number in range(pictures):
        purpose = {"purpose": "case"} if number % 2 else {}
        taken = wang.http.get("/cameras/demo-1/snapshot.jpg", params={"width": "64"} | purpose)
        assert taken.status_code == 200, taken.text
    assert wang.http.get("/cameras/east-cook/snapshot.jpg", params={"purpose": "draw"}).status_code == 200
    wang.close()
    return District(opened, served, pictures)


def in_fives(page: Page) -> Page:
    page.route(
        "**limit=50**", lambda route: route.continue_(url=route.request.url.replace("limit=50", f"limit={PAGE}"))
    )
    return page


def searching(page: Page) -> Locator:
    """Opened by its key, from wherever the page stands."""
    page.wait_for_selector("[data-search]", timeout=LIMIT_MS)
    page.keyboard.press("/")
    field = page.locator("dialog [role=combobox]")
    expect(field).to_be_focused(timeout=LIMIT_MS)
    return field


def at(page: Page) -> str:
    """What Enter would open, as a screen reader is told."""
    return str(
        page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
            "?.querySelector('a').getAttribute('href') ?? ''"
        )
    )


def test_a_word_finds_schools_cameras_cases_and_orders_and_leads_there(
    opens: Opens, district: District, shots: Path
) -> None:
    page = opens("li", "/cases")
    field = searching(page)
    expect(page.locator("[data-hint]")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "false")
    field.fill("东方")
    expect(page.locator("[data-group=site] [data-found]")).to_have_count(1, timeout=LIMIT_MS)
    expect(page.locator("[data-group=camera] [data-found]")).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("dialog [role=status]")).to_have_text("3 found")
    assert at(page) == f"/live?site={FAR}"
    page.keyboard.press("ArrowRight")
    assert at(page) == f"/cases?site={FAR}&state=all"
    page.keyboard.press("ArrowDown")
    assert at(page) == f"/live?site={FAR}&camera=east-cook"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert at(page) == f"/live?site={FAR}&camera=east-prep", "from the first to the last"
    page.screenshot(path=shots / "search-1280.png")
    assert findings(page) == []
    field.fill("prep 1")
    expect(page.locator("[data-found='camera/east-prep'] mark")).to_have_text(["Prep"], timeout=LIMIT_MS)
    field.fill("东方 烹饪")
    expect(page.locator("[data-found='camera/east-prep']")).to_have_count(0, timeout=LIMIT_MS)
    expect(page.locator("[data-found]")).to_contain_text(["东方幼儿园"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/playback?site={FAR}&cameras=east-cook", timeout=LIMIT_MS)
    expect(page.locator("dialog")).to_have_count(0)

    page.keyboard.press("Control+k")
    expect(page.locator("[data-group=recent] [data-found='camera/east-cook']")).to_contain_text(
        "东方幼儿园", timeout=LIMIT_MS
    )
    page.keyboard.type(f"{district.case} 鼠患")
    expect(page.locator(f"[data-found='case/{district.case}']")).to_be_visible(timeout=LIMIT_MS)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{district.case}", timeout=LIMIT_MS)
    searching(page).fill("鼠洞")
    page.locator(f"[data-found='order/{district.order}'] a").click(timeout=LIMIT_MS)
    page.wait_for_url(f"**/orders/{district.order}", timeout=LIMIT_MS)
    searching(page)
    page.evaluate("history.pushState(history.state, '', '?alert=new'); dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_url("**?alert=new")
    kept = page.locator("[data-group=recent] [data-found]").evaluate_all("all => all.map((one) => one.dataset.found)")
    assert kept == [f"order/{district.order}", f"case/{district.case}", "camera/east-cook"]
    page.locator("[data-forget]").click()
    expect(page.locator("[data-hint]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_what_is_typed_is_asked_once_and_never_while_it_is_composed(opens: Opens, district: District) -> None:
    page = opens("li", "/cases")
    page.wait_for_selector("[data-search]", timeout=LIMIT_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/cameras?q=" in request.url else None)
    searching(page)
    page.clock.install()
    page.keyboard.type("Prep")
    page.clock.run_for(100)
    page.keyboard.type(" room")
    page.clock.run_for(100)
    assert asked == []
    page.clock.run_for(100)
    expect(page.locator("[data-found='camera/east-prep']")).to_be_visible(timeout=LIMIT_MS)
    assert [re.search(r"q=([^&]*)", url).group(1) for url in asked] == ["Prep+room"]  # type: ignore[union-attr]
    page.locator("[data-clear]").click()
    keys = page.context.new_cdp_session(page)
    keys.send("Input.imeSetComposition", {"text": "peng", "selectionStart": 4, "selectionEnd": 4})
    page.clock.run_for(1000)
    assert len(asked) == 1, "letters on their way to a character are no words yet"
    keys.send("Input.insertText", {"text": "烹饪"})
    page.clock.run_for(1000)
    expect(page.locator("[data-found='camera/east-cook']")).to_be_visible(timeout=LIMIT_MS)


def test_nothing_found_a_part_away_and_the_whole_away_are_said(opens: Opens, district: District, shots: Path) -> None:
    page = opens("li", "/cases")
    field = searching(page)
    field.fill("没有这样的")
    expect(page.locator("[data-nothing]")).to_contain_text("没有这样的", timeout=LIMIT_MS)
    page.screenshot(path=shots / "search-nothing.png")
    away = {"type": "about:blank", "title": "x", "status": 503, "detail": "x", "code": "peer_away"}
    page.route("**/api/v1/cases?q=**", lambda route: route.fulfill(status=503, json=away))
    field.fill("烹饪")
    expect(page.locator("dialog .missing")).to_contain_text("Cases cannot be searched", timeout=LIMIT_MS)
    expect(page.locator("[data-found='camera/east-cook']")).to_be_visible()
    page.screenshot(path=shots / "search-missing.png")
    page.unroute("**/api/v1/cases?q=**")
    page.locator("[data-again]").click()
    expect(page.locator("dialog .missing")).to_have_count(0, timeout=LIMIT_MS)
    page.context.set_offline(True)
    field.fill("鼠患")
    expect(page.locator("dialog .empty[role=alert]")).to_contain_text("cannot be reached", timeout=LIMIT_MS)
    assert findings(page) == []
    page.screenshot(path=shots / "search-offline.png")
    page.context.set_offline(False)
    expect(page.locator(f"[data-found='case/{district.case}']")).to_be_visible(timeout=LIMIT_MS)


def test_everybody_finds_their_own_and_is_led_where_they_may_go(opens: Opens, district: District) -> None:
    page = opens("cook", "/cases")
    field = searching(page)
    field.fill("鼠")
    expect(page.locator("[data-nothing]")).to_be_visible(timeout=LIMIT_MS)
    field.fill("o")
    expect(page.locator("[data-group=site] [data-found]")).to_have_count(1, timeout=LIMIT_MS)
    expect(page.locator("[data-found='camera/demo-1']")).to_be_visible()
    expect(page.locator("[data-found='camera/east-prep']")).to_have_count(0)
    expect(page.locator("[data-reach]")).to_have_count(0)
    page = opens("ops", "/status")
    field = searching(page)
    field.fill("烹饪 东方")
    expect(page.locator("[data-found='camera/east-cook']")).to_contain_text("东方幼儿园", timeout=LIMIT_MS)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cameras?site={FAR}&camera=east-cook", timeout=LIMIT_MS)
    expect(page.locator("[data-camera]")).to_have_count(1, timeout=LIMIT_MS)
    page.locator("[data-part] a").click()
    expect(page.locator("[data-camera]")).to_have_count(4)
    page = opens("aud", "/audit")
    page.wait_for_selector("tbody tr", timeout=LIMIT_MS)
    expect(page.locator("[data-search], [data-reach]")).to_have_count(0)


def test_the_header_says_how_many_schools_are_reachable_or_that_nobody_knows(opens: Opens, district: District) -> None:
    page = opens("li", "/cases")
    reach = page.locator("[data-reach]")
    expect(reach).to_have_text("2/3schools reachable", timeout=LIMIT_MS)
    expect(reach).to_have_attribute("aria-label", re.compile(r"^2 of 3 schools .* 2 of 4 cameras$"))
    asked: list[str] = []

    def without_ingest(route: Route) -> None:
        told = route.fetch().json()
        for service in told["services"]:
            service["state"] = "down" if service["name"] == "ingest" else service["state"]
        route.fulfill(json=told)

    def is_gone(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.clock.install()
    page.reload()
    expect(reach).to_have_text("2/3schools reachable", timeout=LIMIT_MS)
    page.route("**/api/v1/status", without_ingest)
    page.clock.run_for(31_000)
    expect(reach).to_have_text("?/3schools reachable", timeout=LIMIT_MS)
    page.unroute("**/api/v1/status")
    page.clock.run_for(31_000)
    expect(reach).to_have_text("2/3schools reachable", timeout=LIMIT_MS)
    page.route("**/api/v1/status", is_gone)
    page.clock.run_for(31_000)
    expect(reach).to_have_attribute("aria-label", re.compile("not updated now"), timeout=LIMIT_MS)
    expect(reach).to_contain_text("2/3")
    for _ in range(3):
        page.clock.run_for(30_000)
    expect(reach).to_have_text("?/3schools reachable", timeout=LIMIT_MS)
    assert 3 <= len(asked) <= 6, "every 30 s"
    page.unroute("**/api/v1/status")
    reach.click()
    page.wait_for_url("**/status")
    expect(page.locator("h1")).to_have_text("System", timeout=LIMIT_MS)


def test_search_and_header_fit_and_can_be_read(opens: Opens, district: District, shots: Path) -> None:
    page = opens("li", "/cases", language="zh-CN", width=390, height=844)
    page.locator("[data-search]").click()
    page.locator("dialog [role=combobox]").fill("东方")
    expect(page.locator("[data-found]")).to_have_count(3, timeout=LIMIT_MS)
    box = page.locator("dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["height"]) == (0, 390, 844)
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 390
    page.screenshot(path=shots / "search-390.png")
    sizes = page.locator("dialog a, dialog button").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert min(sizes) >= 44, sizes
    assert findings(page) == []
    page.locator("[data-close]").click()
    expect(page.locator("[data-search]")).to_be_focused()
    page.screenshot(path=shots / "header-390.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("header").evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    page = opens("li", "/watch", language="zh-CN", width=1920, height=1080)
    ratios: list[float] = []
    for path in ("/watch", "/cases"):  # one dark, one light
        page.goto(path)
        page.wait_for_selector("[data-reach]", timeout=LIMIT_MS)
        ratios += page.evaluate(CONTRAST, "[data-search] span, [data-search] kbd, [data-reach]")
        searching(page).fill("东方")
        expect(page.locator("[data-found]")).to_have_count(3, timeout=LIMIT_MS)
        ratios += page.evaluate(CONTRAST, "dialog small, dialog .kind, dialog mark, dialog .keys, dialog .also a")
        page.screenshot(path=shots / f"search-1920{path.replace('/', '-')}.png")
        assert findings(page) == []
    assert len(ratios) > 20
    assert min(ratios) >= 4.5, ratios


def rows_of(page: Page) -> list[list[str]]:
    return page.locator("tbody tr").evaluate_all("all => all.map((row) => [...row.cells].map((one) => one.innerText))")


def test_the_trail_is_filtered_and_read_page_by_page(opens: Opens, api: Api, district: District, shots: Path) -> None:
    page = in_fives(opens("boss", "/audit"))
    page.get_by_role("searchbox", name="Account").fill("wang")
    page.get_by_role("searchbox", name="Account").press("Enter")
    page.get_by_role("combobox", name="What").select_option("took a picture")
    page.wait_for_url("**/audit?who=wang&action=snapshot", timeout=LIMIT_MS)
    expect(page.locator("tbody tr")).to_have_count(PAGE, timeout=LIMIT_MS)
    expect(page.locator("tbody tr:not([data-action=snapshot])")).to_have_count(0, timeout=LIMIT_MS)
    assert {row[1] for row in rows_of(page)} == {"wang"}
    newest = rows_of(page)[0]
    assert (newest[3], newest[4]) == (f"{FAR} / east-cook", "random inspection")
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("tbody tr")).to_have_count(district.pictures + 1, timeout=LIMIT_MS)
    expect(page.get_by_role("button", name="Earlier")).to_have_count(0)
    hashes = page.locator("tbody tr").evaluate_all("all => all.map((row) => row.title)")
    told = api.http.get("/audit", params={"who": "wang", "action": "snapshot", "limit": "500"}).json()["items"]
    assert hashes == [f"Hash {row['hash']}" for row in told], "each once, newest first"
    page.get_by_role("searchbox", name="Camera").fill("demo-1")
    page.get_by_role("searchbox", name="Camera").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(PAGE, timeout=LIMIT_MS)
    expect(page.locator("tbody")).not_to_contain_text("east-cook")
    page.screenshot(path=shots / "audit-filtered.png")
    assert page.url.endswith("who=wang&action=snapshot&camera=demo-1"), "a link to what is shown"
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.locator(".empty")).to_contain_text("Nothing like that", timeout=LIMIT_MS)
    page.goto("/audit?since=never&outcome=wrong_password")
    expect(page.locator("tbody tr.refused, .empty").first).to_be_visible(timeout=LIMIT_MS)


def test_a_trail_that_cannot_be_read_says_so_and_is_asked_again(opens: Opens, district: District) -> None:
    page = opens("boss", "/cases")
    page.route("**/api/v1/audit?**", lambda route: route.abort())
    page.goto("/audit")
    page.get_by_role("alert").get_by_role("button", name="Try again").wait_for(timeout=LIMIT_MS)
    expect(page.locator("table")).to_have_count(0)
    page.unroute("**/api/v1/audit?**")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(page.locator("tbody tr").first).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_exported_can_be_verified_and_a_changed_row_shows(
    opens: Opens, district: District, tmp_path: Path
) -> None:
    page = opens("boss", "/audit")
    expect(page.locator(".audit")).to_contain_text("bk audit verify", timeout=LIMIT_MS)
    for name, button in (("audit.csv", "Export all CSV"), ("audit.jsonl", "JSON")):
        with page.expect_download(timeout=LIMIT_MS) as found:
            page.get_by_role("button", name=button, exact=True).click()
        assert found.value.suggested_filename == name
        found.value.save_as(tmp_path / name)
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            checked = verify(read_csv(file) if name.endswith("csv") else read_json(file))
        assert (checked.broken_at, checked.rows > PAGE) == (None, True), checked
    rows = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert (rows[-1]["action"], rows[-1]["who"]) == ("audit_exported", "boss"), "the export itself is on record"
    rows[3]["who"] = "nobody"
    assert verify(read_json(json.dumps(row) for row in rows)).broken_at == 4
    page.reload()
    expect(page.locator("tbody tr[data-action=audit_exported]")).to_have_count(2, timeout=LIMIT_MS)


def watched(page: Page) -> list[dict[str, Any]]:
    found = "all => all.map((one) => ({camera: one.dataset.watched, who: one.querySelector('b').innerText, how: one.querySelector('small').innerText}))"
    return list(page.locator("[data-watched]").evaluate_all(found))


def test_a_school_sees_who_watched_it_and_why_and_nobody_elses(
    opens: Opens, stack: Stack, district: District, shots: Path
) -> None:
    page = in_fives(opens("cook", "/cases", width=390, height=844))
    page.goto("/watching")
    expect(page.locator("[data-watched]")).to_have_count(PAGE, timeout=LIMIT_MS)
    earlier = page.get_by_role("button", name="Earlier")
    while earlier.count():
        shown = page.locator("[data-watched]").count()
        earlier.click()
        expect(page.locator("[data-watched]").nth(shown)).to_be_visible(timeout=LIMIT_MS)
    rows = watched(page)
    assert {row["camera"] for row in rows} == {"demo-1"}
    by_wang = [row["how"] for row in rows if row["who"] == "wang"]
    assert by_wang == [f"a picture · {('not said', 'case')[n % 2]}" for n in range(district.pictures)]
    expect(page.locator("select")).to_have_count(0)
    page.screenshot(path=shots / "watching-390.png")
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 390
    assert findings(page) == []
    page.goto(f"/watching?site={FAR}")
    expect(page.get_by_role("alert")).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator("[data-watched]")).to_have_count(0)
    api = Api(stack.url, PASSWORD, "cook")
    assert api.http.get(f"/sites/{FAR}/watching").status_code == 404
    api.close()
    page = opens("chef", "/watching")
    expect(page.locator("[data-watched]").first).to_be_visible(timeout=LIMIT_MS)
    assert {row["camera"] for row in watched(page)} == {"east-cook"}
    assert {"camera": "east-cook", "who": "wang", "how": "a picture · random inspection"} in watched(page)
    page = opens("boss", f"/watching?site={FAR}", language="zh-CN")
    expect(page.locator("[data-watched]").first).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("combobox", name="学校").select_option(DARK)
    expect(page.locator(".empty")).to_contain_text("还没有人看过", timeout=LIMIT_MS)
    page.get_by_role("combobox", name="学校").select_option(SITE)
    by_wang_too = page.locator("[data-watched]", has_text="wang").first
    expect(by_wang_too.locator("small")).to_have_text("截图 · 未说明", timeout=LIMIT_MS)


def test_the_pages_of_the_trail_fit_and_can_be_read(opens: Opens, district: District, shots: Path) -> None:
    page = opens("boss", "/audit", language="zh-CN")
    for path, row in (("/audit", "tbody tr"), (f"/watching?site={SITE}", "[data-watched]")):
        page.goto(path)
        page.locator(row).first.wait_for(timeout=LIMIT_MS)
        assert findings(page) == [], path
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=shots / f"{path.strip('/').partition('?')[0]}-{width}.png")
            assert page.locator("main").evaluate("main => main.scrollWidth - main.clientWidth") <= 0, f"{path} {width}"
