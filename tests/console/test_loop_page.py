"""Proof 6 of alerting: from an alert to a corrected kitchen, by people in a real browser.

A supervisor serves an order; the school answers on a phone whose network breaks; the machine looks again; a person closes.
The camera is the demo's and is really recorded; what a detector would have seen in front of it is told to the bus by hand.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pypdfium2
import pypdfium2.raw
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.alerting.facts import SECOND_US, frame, mover
from tests.console.closed_loop import (
    CAMERA,
    LIMIT_MS,
    LOADED,
    PASSWORD,
    SITE,
    People,
    looks,
    photo,
    recorded,
    shot,
    shows,
    tell,
    until,
)
from tests.gateway.order_papers import run_on
from tests.stack import Stack

pytestmark = pytest.mark.chromium

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCREEN: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One recorded camera; a machine check takes seconds instead of minutes."""
    folder = Path(mkdtemp(prefix="bk-loop-"))
    folder.chmod(0o755)
    footage = Path("~/.cache/bright-kitchen/footage").expanduser()
    env = {
        "BK_SEGMENT_S": "4",
        "BK_CHECK_WINDOW_S": "3",
        "BK_CHECK_LOOKS_MIN": "10",
        "BK_ORDER_LOOK_S": "1",
        "BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(footage)),
    }
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A machine that does other things too."""
    expect.set_options(timeout=LIMIT_MS)
    yield
    expect.set_options(timeout=5000)


@pytest.fixture(scope="module")
def people(stack: Stack) -> Iterator[People]:
    everybody = People(stack)
    # The demo's own film is not looked at: what is seen here is said by hand.
    changed = everybody.admin.http.patch(f"/cameras/{CAMERA}", json={"analysis": {"is_enabled": False}})
    assert changed.status_code == 200, changed.text
    until(lambda: recorded(everybody.admin) >= 3, 120)
    yield everybody
    everybody.close()


@pytest.fixture
def browse(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """Opens the console as somebody, each in a browser of their own."""
    opened: list[BrowserContext] = []

    def open_as(name: str, language: str = "en", **screen: Any) -> Page:
        context = browser.new_context(base_url=stack.url, **(screen or SCREEN))
        context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.goto("/login")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield open_as
    for context in opened:
        context.close()


def an_alert(people: People) -> str:
    """A person without a mask, twelve seconds ago, in front of the camera."""
    tell(people.stack, looks(time.time_ns() // 1000 - 12 * SECOND_US, 10, mask=0.02))
    found = until(lambda: people.api["li"].get("/alerts", params={"rule": "no_mask"}).json()["items"])
    return str(found[0]["id"])


def serves(li: Page, alert: str, folder: Path) -> str:
    """The supervisor looks at the alert, confirms it, and serves an order for it."""
    li.goto(f"/orders/new?alert={alert}")
    expect(li.get_by_text("Nobody has confirmed this alert yet")).to_be_visible()
    shows(li, "[data-alert] img")
    li.get_by_role("button", name="I have looked").click()
    expect(li.get_by_label("Title")).to_have_value("Correct: No mask")
    expect(li.get_by_label("Text", exact=False).last).to_have_value(re.compile("wears a mask over mouth and nose"))
    li.get_by_role("radio", name="Both languages").check()
    expect(li.get_by_label("Title")).to_have_value("未戴口罩整改 / Correct: No mask")
    expect(li.locator("[data-due]")).to_have_text(re.compile(r"\w{3}.*\d\d:\d\d"))
    expect(li.get_by_text("24 working hours")).to_be_visible()
    shot(li, "order-new-1280", folder)
    li.get_by_role("button", name="Serve it").click()
    li.wait_for_url(re.compile(r"/orders/o\w+$"))
    return li.url.rpartition("/")[2]


def answers_without_a_network(phone: Page, order: str, folder: Path) -> Page:
    """A photo and a sentence are written while the network is away, the page is closed, and it comes back."""
    context = phone.context
    card = f'[data-order="{order}"]'
    phone.locator(f"{card} .open").click()
    until(
        lambda: phone.evaluate("caches.open('bk-shell-1').then((cache) => cache.keys()).then((all) => all.length)") > 5
    )
    context.set_offline(True)
    expect(phone.get_by_text("No network")).to_be_visible()
    phone.set_input_files(f"{card} [data-photo=camera]", photo(folder))
    expect(phone.locator(f"{card} .photos img")).to_have_count(1)
    phone.locator(f"{card} textarea").fill("Everybody wears a mask now.")
    expect(phone.locator(f'{card} [data-phase="draft"]')).to_be_visible()
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(phone.locator(f'{card} [data-phase="waiting"]')).to_be_visible()
    shot(phone, "kitchen-waiting-390", folder)
    phone.close()

    again = context.new_page()
    again.set_default_timeout(LIMIT_MS)
    again.goto("/kitchen")
    expect(again.get_by_text("No network")).to_be_visible()
    expect(again.locator(card)).to_contain_text("Waiting for the network")
    again.locator(f"{card} .open").click()
    shows(again, f"{card} .photos img")
    expect(again.locator(f"{card} textarea")).to_have_value("Everybody wears a mask now.")
    context.set_offline(False)
    expect(again.locator(f'[data-waiting="{order}"]')).to_be_visible()
    return again


def test_from_an_alert_to_a_corrected_kitchen(browse: Callable[..., Page], people: People, tmp_path: Path) -> None:
    alert = an_alert(people)
    li, phone = browse("li"), browse("chef", **PHONE)
    order = serves(li, alert, tmp_path)
    expect(li.get_by_text("The school has not read it yet")).to_be_visible()

    # The phone hears of it by itself.
    assert phone.url.endswith("/kitchen"), "a school's people begin with their kitchen"
    card = f'[data-order="{order}"]'
    expect(phone.locator(card)).to_contain_text(re.compile("[dh] .*left"))
    shows(phone, f"{card} figure img")
    expect(phone.locator(f"{card} figure i")).to_have_count(1)
    phone.get_by_role("button", name=re.compile("Cooking")).click()
    phone.wait_for_selector(f'.tile.playing[data-camera="{CAMERA}"]')
    shot(phone, "kitchen-390", tmp_path)
    phone = answers_without_a_network(phone, order, tmp_path)
    shot(phone, "kitchen-sent-390", tmp_path)

    # Neither was the supervisor's page loaded again.
    expect(li.locator('.receipt[data-read="true"]')).to_contain_text("Read by the school")
    expect(li.locator('[data-state="answered"]')).to_be_visible()
    told = people.api["li"].get(f"/orders/{order}").json()
    assert [step["action"] for step in told["steps"]] == ["serve", "read", "answer"], "an answer is one answer"
    (sent,) = told["steps"][-1]["photos"]
    kept = people.api["li"].get(f"/orders/{order}/photos/{sent['name']}").content
    assert max(Image.open(io.BytesIO(kept)).size) == 1600
    li.locator(".steps .strip > button").click()
    shows(li, "dialog[open] img")
    li.keyboard.press("Escape")

    answered_us = round(time.time() * 1e6)
    tell(people.stack, looks(answered_us, 14, mask=0.97, every_s=0.2))
    expect(li.locator('[data-check="passed"]')).to_contain_text("Correction seen")
    for side in (0, 1):
        until(lambda side=side: li.locator(".pair img").nth(side).evaluate(LOADED))  # type: ignore[misc]
    expect(li.locator("[data-named-files]")).to_be_visible()
    shot(li, "order-1280", tmp_path)
    on_paper(li, people, order, "en")
    li.locator('[data-action="close"]').click()
    expect(li.locator('[data-state="closed"]')).to_be_visible()
    expect(phone.get_by_text("Nothing to correct")).to_be_visible()
    closes(li, people, tmp_path)


def on_paper(page: Page, people: People, order: str, language: str) -> None:
    """What the button gives is the order with all its pictures, and another program reads it."""
    made = people.api["li"].get(f"/orders/{order}/document.pdf", params={"lang": language})
    assert made.status_code == 200, made.text
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.suggested_filename == f"order-{order}-{language}.pdf"
    pdf = Path(download.value.path()).read_bytes()
    said = run_on(pdf)
    told = people.api["li"].get(f"/orders/{order}").json()
    for each in (order, f"/orders/{order}", "Everybodywearsamasknow.", told["steps"][2]["photos"][0]["sha256"]):
        assert each in said, each
    assert "Thecorrectionisseen" in said
    alert = people.api["li"].get(f"/cases/{told['case']}").json()["alerts"][0]
    kept = people.api["li"].get(f"/alerts/{alert}/picture.jpg")
    assert kept.content in pdf, "the picture as it is kept, the box beside it"
    with pypdfium2.PdfDocument(pdf) as document:
        images = [each for sheet in document for each in sheet.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])]
    assert len(images) == 4, "best frame, photo, before and after"


def closes(li: Page, people: People, folder: Path) -> None:
    """The case has it all: what was seen, said and done; it is sealed, and closed with a reason."""
    li.locator(".loop-block .meta a").click()
    li.wait_for_url(re.compile(r"/cases/c\w+$"))
    li.get_by_label("Add a note").fill("The cook was told on the phone.")
    li.get_by_role("button", name="Add a note").click()
    expect(li.locator('[data-entry="note"]')).to_contain_text("told on the phone")
    li.get_by_role("button", name="Seal recordings").click()
    # What the machine's look rests on is sealed by itself, and stands beside the two that a person sealed.
    by_hand = li.locator('.evidence [data-evidence="sealed"]').filter(has_not_text="Machine check")
    expect(by_hand).to_have_count(2, timeout=90_000)
    li.get_by_label("Why it is closed").fill("Verified: masks are worn.")
    li.get_by_role("button", name="Close the case").click()
    expect(li.locator("p.closed")).to_contain_text("Verified: masks are worn.")
    happened = ["seen", "reviewed", "opened", "serve", "read", "answer", "check", "close", "note", "closed"]
    rows = li.locator("[data-entry]").evaluate_all("rows => rows.map((row) => row.dataset.entry)")
    assert rows == happened
    file = li.locator(".evidence a").first.get_attribute("href")
    assert people.api["li"].get(str(file).removeprefix("/api/v1")).content[:2] == b"PK"
    shows(li, "[data-alert] img")
    shot(li, "case-1280", folder)


def test_an_appeal_is_decided_by_another(browse: Callable[..., Page], people: People, tmp_path: Path) -> None:
    """The case is opened by hand, the order served in it; the school appeals; four eyes."""
    li = browse("li")
    li.goto("/cases")
    li.get_by_role("button", name="Open a case").click()
    li.get_by_label("Title").fill("Open bins")
    li.get_by_label("Risk class").select_option("1")
    li.get_by_role("button", name="Open", exact=True).click()
    li.wait_for_url(re.compile(r"/cases/c\w+$"))
    li.get_by_role("button", name="Serve an order").click()
    expect(li.get_by_label("Title")).to_have_value("Correct: Open bins")
    expect(li.get_by_text("4 working hours")).to_be_visible()
    li.get_by_role("radio", name=re.compile("^Instruction")).check()
    li.get_by_role("button", name="Serve it").click()
    li.wait_for_url(re.compile(r"/orders/o\w+$"))
    order = li.url.rpartition("/")[2]

    phone = browse("chef", **PHONE)
    card = phone.locator(f'[data-order="{order}"]')
    card.locator(".open").click()
    with phone.expect_download() as paper:
        card.get_by_role("button", name="PDF").click()
    assert Path(paper.value.path()).read_bytes().startswith(b"%PDF-"), "on the school's phone too"
    card.get_by_role("button", name="You disagree?").click()
    card.locator("textarea").fill("The bins were being emptied.")
    card.get_by_role("button", name="Send the appeal").click()
    expect(phone.locator(f'[data-waiting="{order}"]')).to_contain_text("Appeal being decided")

    expect(li.get_by_role("note")).to_contain_text("another supervisor decides")
    expect(li.locator('[data-action="reject"]')).to_be_disabled()
    wang = browse("wang")
    wang.goto("/orders?list=appeals")
    wang.locator(f'a[data-order="{order}"]').click()
    wang.locator('[data-action="reject"]').click()
    expect(wang.get_by_role("alert")).to_contain_text("Say why")
    wang.get_by_label("Reason").fill("They stood open for an hour.")
    wang.locator('[data-action="reject"]').click()
    expect(wang.locator('[data-state="read"]')).to_be_visible()
    expect(li.locator('[data-step="reject"]')).to_contain_text("open for an hour")

    # Answered, sent back, and told why.
    card.locator(".open").click()
    card.locator("textarea").fill("They have lids now.")
    card.get_by_role("button", name="Send", exact=True).click()
    expect(li.locator('[data-state="answered"]')).to_be_visible()
    li.get_by_label("Reason").fill("One lid is missing.")
    li.locator('[data-action="reopen"]').click()
    card.locator(".open").click()
    expect(card.locator(".back")).to_contain_text("One lid is missing.")

    wang.goto(f"/orders/{order}/print")
    wang.emulate_media(media="print")
    expect(wang.locator(".sheet")).to_contain_text("整改期限 Deadline")
    expect(wang.get_by_role("button", name="Print")).to_be_hidden()
    shot(wang, "order-print", tmp_path)


def test_a_kitchen_is_warned_at_once(browse: Callable[..., Page], people: People) -> None:
    """Class 1 goes to the school before anybody has judged it, as a warning; a false alarm is taken away."""
    phone = browse("chef", **PHONE)
    phone.wait_for_selector(".kitchen h2")
    start_us = time.time_ns() // 1000 - 4 * SECOND_US
    tell(people.stack, [frame(n * 0.5, movers=[mover()], id=CAMERA, site=SITE, start_us=start_us) for n in range(8)])
    expect(phone.locator(".warning")).to_contain_text("Suspected rodent was seen")
    found = people.api["li"].get("/alerts", params={"rule": "rodent"}).json()["items"]
    judged = people.api["li"].post(f"/alerts/{found[0]['id']}/review", json={"verdict": "false", "note": "a cat"})
    assert judged.status_code == 200, judged.text
    expect(phone.locator(".warning")).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en", 390), ("zh-CN", 1280), ("zh-CN", 1920)])
def test_every_page_fits_the_screen(
    browse: Callable[..., Page], people: People, tmp_path: Path, language: str, width: int
) -> None:
    cases = people.api["li"].get("/cases").json()["items"]
    order = next(one["orders"][0]["id"] for one in cases if one["orders"])
    size = {"viewport": {"width": width, "height": 844 if width == 390 else 1080}}
    page = browse("li", language, **size)
    paths = {
        "cases": "/cases?state=all",
        "case": f"/cases/{cases[-1]['id']}",
        "orders": "/orders?list=allOrders",
        "order": f"/orders/{order}",
    }
    for name, path in paths.items():
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".loop-skeleton")).to_have_count(0)
        assert "loop." not in page.inner_text("body"), f"{path} has words that are missing"
        shot(page, f"{name}-{width}-{language}", tmp_path)
    school = browse("chef", language, **size)
    school.wait_for_selector(".kitchen h2")
    shot(school, f"kitchen-{width}-{language}", tmp_path)


def a_case(people: People, title: str, **more: Any) -> str:
    """Opened by hand, without a browser."""
    body = {"site": SITE, "source": "inspection", "title": title, "risk": 2} | more
    made = people.api["li"].post("/cases", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def an_order(people: People, case: str, title: str) -> str:
    body = {"kind": "opinion", "title": title, "text": "Please."}
    made = people.api["li"].post(f"/cases/{case}/orders", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_one_alert_that_cannot_be_read_hides_nothing_else(
    browse: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    found = [one for one in people.api["li"].get("/cases").json()["items"] if one["alerts"]]
    if found:
        case = str(found[0]["id"])
    else:
        alert = an_alert(people)
        assert people.api["li"].post(f"/alerts/{alert}/review", json={"verdict": "confirmed"}).status_code == 200
        case = a_case(people, "No masks", source="alert", alerts=[alert])
    li = browse("li")
    li.route("**/api/v1/alerts/*", lambda route: route.abort())
    li.goto(f"/cases/{case}")
    expect(li.locator("h1")).to_be_visible()
    expect(li.locator("[data-unread]")).to_contain_text("1 alert(s) cannot be shown now")
    expect(li.locator(".orders h2")).to_be_visible()
    shot(li, "case-unread-1280", tmp_path)
    li.unroute("**/api/v1/alerts/*")
    li.locator("[data-unread] button").click()
    expect(li.locator("[data-alert]")).to_have_count(1)
    expect(li.locator("[data-unread]")).to_have_count(0)


def test_a_kitchen_sees_its_orders_whatever_else_is_refused(browse: Callable[..., Page], people: People) -> None:
    order = an_order(people, a_case(people, "Lids"), "Put lids on")
    phone = browse("chef", **PHONE)
    phone.route("**/api/v1/cameras?*", lambda route: route.fulfill(status=503, json={"title": "away", "code": "away"}))
    phone.goto("/kitchen")
    expect(phone.locator(f'[data-order="{order}"]')).to_contain_text("Put lids on")
    expect(phone.locator('p.offline[role="alert"]')).to_be_visible()


def test_a_case_is_shown_to_another_department_and_taken_back(
    browse: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    ends = datetime.now(UTC) + timedelta(days=30)
    fire = {"name": "fire", "password": PASSWORD, "roles": ["guest"], "sites": [], "ends_at": ends.isoformat()}
    assert people.admin.http.post("/accounts", json=fire).status_code == 201
    case = a_case(people, "Gas smell")
    guest = people._client("fire")
    assert guest.get("/cases").json()["items"] == []
    li = browse("li")
    li.goto(f"/cases/{case}")
    li.get_by_label("Their account").fill("nobody-of-that-name")
    li.get_by_role("button", name="Share", exact=True).click()
    expect(li.locator(".shares [role=alert]")).not_to_be_empty()
    li.get_by_label("Their account").fill("fire")
    li.get_by_role("button", name="Share", exact=True).click()
    expect(li.locator('[data-shared="fire"]')).to_be_visible()
    assert [one["id"] for one in guest.get("/cases").json()["items"]] == [case]
    shot(li, "case-shared-1280", tmp_path)
    li.locator('[data-shared="fire"]').get_by_role("button", name="Stop sharing").click()
    li.locator(".el-message-box__btns .el-button--primary").click()
    expect(li.locator("[data-shared]")).to_have_count(0)
    assert guest.get("/cases").json()["items"] == []
    guest.close()


def test_what_somebody_sees_becomes_a_case_with_its_recording(
    browse: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    li = browse("li")
    asked_ms = round((time.time() - 45) * 1000)
    li.goto(f"/playback?cameras={CAMERA}&at={asked_ms}")
    li.locator("[data-open-case]").click()
    li.wait_for_url("**/cases?new=*")
    at_ms = int(li.url.rpartition("at=")[2])
    assert abs(at_ms - asked_ms) < 20_000, "the moment that is looked at"
    expect(li.get_by_label("School").last).to_have_value(SITE)
    expect(li.locator(".cameras input")).to_be_checked()
    expect(li.get_by_label("Source")).to_have_value("snapshot")
    expect(li.locator("[data-sight] input")).to_be_checked()
    li.get_by_label("Title").fill("A bin without a lid")
    shot(li, "case-form-1280", tmp_path)
    li.route("**/api/v1/evidence", lambda route: route.abort())
    li.get_by_role("button", name="Open", exact=True).click()
    expect(li.get_by_role("dialog").get_by_role("alert")).to_contain_text("the recording is not sealed")
    li.unroute("**/api/v1/evidence")
    li.get_by_role("button", name="Seal again").click()
    li.wait_for_url(re.compile(r"/cases/c\w+$"))
    case = li.url.rpartition("/")[2]
    expect(li.locator(".evidence [data-evidence]")).to_have_count(1)
    titles = [one["title"] for one in people.api["li"].get("/cases").json()["items"]]
    assert titles.count("A bin without a lid") == 1, "what was opened is not opened again"
    (file,) = people.api["li"].get("/evidence", params={"reason": f"{case} "}).json()["items"]
    start, end = (datetime.fromisoformat(file[name]).timestamp() for name in ("start", "end"))
    assert (file["cameras"], start, end) == ([CAMERA], at_ms / 1000 - 30, at_ms / 1000 + 30)


def test_what_was_loaded_stays_when_something_happens(browse: Callable[..., Page], people: People) -> None:
    for number in range(55):
        a_case(people, f"Round {number}")
    li = browse("li")
    li.goto("/cases")
    expect(li.locator("[data-case]")).to_have_count(50)
    li.get_by_role("button", name="More").click()
    li.locator("[data-case]").nth(54).wait_for()
    loaded = li.locator("[data-case]").count()
    case = a_case(people, "One more round")
    expect(li.locator(f'[data-case="{case}"]')).to_be_visible()
    assert li.locator("[data-case]").count() >= loaded > 50

    order = an_order(people, case, "Sweep under the ovens")
    li.goto("/orders?list=allOrders")
    expect(li.locator("a[data-order]").first).to_be_visible()
    li.get_by_role("searchbox").fill("ovens")
    li.keyboard.press("Enter")
    expect(li.locator("a[data-order]")).to_have_count(1)
    expect(li.locator(f'a[data-order="{order}"]')).to_be_visible()
    assert "q=ovens" in li.url
