"""Storage, model packs and the health of everything in a real browser, on recordings of weeks and on real services."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.holds import Hold
from services.recorder.retention import DAY_US
from services.recorder.segment import Gap, Gop, Segment, StreamRef
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.embedded.postgres import DATABASE
from shared.subjects import SERVICES, CameraRef
from tests.console import managing
from tests.console.managing import LIMIT_MS, PASSWORD, Opens, findings
from tests.e2e.live_client import Api
from tests.stack import Stack

pytestmark = pytest.mark.chromium

pushing, stack, api, shots, opens = managing.pushing, managing.stack, managing.api, managing.shots, managing.opens

OLD = "old-school"
GB = 10**9
LOOKS = ((390, "zh-CN"), (1280, "en"), (1920, "zh-CN"), (390, "en"), (1280, "zh-CN"), (1920, "en"))
PAGES = ("/manage/storage", "/manage/models", "/status")


async def fill(stack: Stack, now_us: int) -> None:
    """Three weeks of the wok, a gigabyte a day with two holes, of which two days are evidence; ten days of the sink."""
    ports = json.loads((stack.data / "ports.json").read_text())
    secrets = Credentials.load_or_create(stack.data / "secrets.json", SERVICES)
    url = f"postgresql+asyncpg://recorder:{secrets.database['recorder']}@{HOST}:{ports['postgres']}/{DATABASE}"
    database = Database(url, "recorder")
    index = PostgresIndex(database)
    for name, days, newest in (("wok", 21, 0), ("sink", 10, 2)):
        of, head = StreamRef(CameraRef(OLD, name), "main"), None
        for day in range(days - 1, newest - 1, -1):
            begins_us = now_us - day * DAY_US - 60_000_000
            segment = Segment(
                of, "aa", 1000 - day, 1000 - day, begins_us, begins_us + 20_000_000, GB, "avc1",
                (Gop(0, 10, GB, 0, 1_800_000, begins_us),), f"{day:064x}",
            )  # fmt: skip
            hole = Gap(begins_us - 3_600_000_000, begins_us, "worker_lost") if day in (5, 9) else None
            head = await index.append(segment, 1000 - day, hole, head)
    held = Hold(
        "case-1", OLD, "wok", None, now_us - 17 * DAY_US, now_us - 15 * DAY_US, "case 1", "case", "li", now_us
    )  # fmt: skip
    await PostgresRetention(database).place(held)
    await database.close()


@pytest.fixture(scope="module", autouse=True)
def weeks(stack: Stack, api: Api) -> None:
    """Beside the demonstration camera a school whose cameras are away and were recorded for weeks, and a broken pack."""
    api.http.post("/sites", json={"id": OLD, "name": "老城区第二小学"}).raise_for_status()
    for number, (id, name) in enumerate((("wok", "烹饪间"), ("sink", "洗消间"), ("store", "仓库")), 1):
        camera = {"id": id, "site": OLD, "name": name, "main": {"url": f"rtsp://10.4.0.{number}/1"}}
        if id == "wok":
            camera["sub"] = {"url": "rtsp://10.4.0.1/2"}
        answer = api.http.post("/cameras", json=camera)
        assert answer.status_code == 201, answer.text
    for name, role in (("zhang", "chief"), ("ops", "sre")):
        account = {"name": name, "password": PASSWORD, "roles": [role]}
        assert api.http.post("/accounts", json=account).status_code == 201
    bad = stack.data.parent / "packs" / "half-a-pack"
    bad.mkdir()
    (bad / "manifest.json").write_text(json.dumps({"name": "half"}))
    # Playwright's loop runs in this thread.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, fill(stack, time.time_ns() // 1000)).result(60)


def plan_of(api: Api, camera: str) -> dict[str, object]:
    return dict(api.http.get(f"/cameras/{camera}").json()["recording"])


def test_fewer_days_are_looked_at_before_anything_is_deleted(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("ops", "/manage/storage")
    wok = page.locator("[data-camera=wok]")
    expect(wok).to_contain_text("20 of 30 days", timeout=LIMIT_MS)
    expect(wok).to_contain_text("holes: 2, 2 h · held: 1")
    expect(wok).to_have_attribute("data-state", "filling")
    expect(page.locator("[data-camera=sink]")).to_have_attribute("data-state", "stale")
    expect(page.locator("[data-camera=store]")).to_have_attribute("data-state", "none")
    expect(page.locator(f"[data-site={OLD}]")).to_contain_text("29 GB · no limit")
    page.click("[data-show-trouble]")
    expect(page.locator(f"[data-site={OLD}] [data-camera]")).to_have_count(2)
    page.select_option("[name=state]", "")
    page.fill("[name=find]", "烹饪")
    expect(page.locator("[data-camera=sink]")).to_have_count(0)
    wok.locator("[data-edit]").click()
    page.fill("[name=days]", "6")
    expect(page.locator(".fault")).to_have_text("Enter a whole number from 7 to 3650.")
    expect(page.locator("[data-next]")).to_be_disabled()
    page.fill("[name=days]", "10")
    page.keyboard.press("Enter")
    told = page.locator("[data-loss]")
    expect(told).to_contain_text("9 GB are deleted for good (cameras: 1;", timeout=LIMIT_MS)
    expect(page.locator("[data-held]")).to_contain_text("2 GB stay")
    expect(page.locator("[data-apply]")).to_be_disabled()
    page.screenshot(path=shots / "storage-preview.png")
    assert plan_of(api, "wok")["retention_days"] == 30, "looking changes nothing"
    page.check("[name=understood]")
    page.click("[data-apply]")
    expect(page.locator("[data-step=wok]")).to_contain_text("changed", timeout=LIMIT_MS)
    page.click("[data-done]")
    expect(wok).to_contain_text("of 10 days", timeout=LIMIT_MS)
    assert plan_of(api, "wok") | {"retention_days": 30} == plan_of(api, "store"), "nothing else is changed"


def test_a_whole_school_is_changed_and_what_failed_is_named_and_tried_again(
    opens: Opens, api: Api, shots: Path
) -> None:
    page = opens("boss", "/manage/storage")
    page.click(f"[data-site={OLD}] [data-plan]")
    page.fill("[name=days]", "60")
    page.select_option("[name=stream]", "sub")
    page.click("[data-next]")
    expect(page.locator("[data-no-loss]")).to_be_visible(timeout=LIMIT_MS)
    page.click("[data-apply]")
    expect(page.locator("[data-step].failed")).to_have_count(2, timeout=LIMIT_MS)
    expect(page.locator("[data-step=sink]")).to_contain_text("It has no sub stream")
    expect(page.locator("[data-step=wok]")).to_contain_text("changed")
    page.screenshot(path=shots / "storage-failed.png")
    for number, id in ((2, "sink"), (3, "store")):
        mended = api.http.patch(f"/cameras/{id}", json={"sub": {"url": f"rtsp://10.4.0.{number}/2"}})
        assert mended.status_code == 200, mended.text
    page.click("[data-again]")
    expect(page.locator("[data-step].done")).to_have_count(3, timeout=LIMIT_MS)
    page.click("[data-done]")
    assert [plan_of(api, id)["retention_days"] for id in ("wok", "sink", "store")] == [60, 60, 60]
    assert [plan_of(api, id)["stream"] for id in ("wok", "sink", "store")] == ["sub", "sub", "sub"]
    expect(page.locator("[data-camera=store]")).to_contain_text("sub stream", timeout=LIMIT_MS)


def test_a_selection_and_the_limit_of_a_school(opens: Opens, api: Api, shots: Path) -> None:
    page = opens("boss", "/manage/storage")
    for id in ("wok", "store"):
        page.locator(f"[data-camera={id}]").get_by_role("checkbox").check()
    expect(page.get_by_role("region", name="2 chosen")).to_be_visible()
    page.click("[data-edit-chosen]")
    page.select_option("[name=mode]", "calendar")
    expect(page.locator(".fault")).to_contain_text("needs hours")
    page.get_by_role("button", name="Add hours").click()
    page.click("[data-next]")
    page.click("[data-apply]")
    expect(page.locator("[data-step].done")).to_have_count(2, timeout=LIMIT_MS)
    page.click("[data-done]")
    assert plan_of(api, "store")["windows"] == [{"days": [1, 2, 3, 4, 5], "start": "06:00", "end": "18:30"}]
    assert plan_of(api, "sink")["mode"] == "continuous"
    page.click(f"[data-site={OLD}] [data-limit]")
    page.fill("[name=gigabytes]", "12")
    expect(page.get_by_role("dialog")).to_contain_text("17 GB too much: about", timeout=LIMIT_MS)
    expect(page.locator("[data-stays]")).to_contain_text("too much remain")
    page.screenshot(path=shots / "storage-limit.png")
    page.fill("[name=gigabytes]", "40")
    expect(page.locator("[data-fits]")).to_be_visible()
    page.fill("[name=gigabytes]", "20")
    page.click("[data-save-limit]")
    expect(page.locator(f"[data-site={OLD}]")).to_contain_text("limit 20 GB 9 GB over", timeout=LIMIT_MS)
    assert api.http.get(f"/sites/{OLD}").json()["recordings_gb"] == 20


def test_who_may_not_change_it_may_look_or_not_even_that(opens: Opens) -> None:
    page = opens("zhang", "/manage/storage")
    expect(page.locator("[data-camera=wok]")).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator("[data-edit], [data-plan], [data-limit], input[type=checkbox]")).to_have_count(0)
    page = opens("li", "/manage/storage")
    expect(page.locator(".manage .empty")).to_contain_text("You may not see this page", timeout=LIMIT_MS)


def test_packs_are_shown_with_what_was_refused_and_why(opens: Opens, shots: Path) -> None:
    page = opens("ops", "/manage/models")
    heads = page.locator("[data-pack='heads@1']")
    expect(heads).to_have_attribute("data-state", "in_force", timeout=LIMIT_MS)
    for words in ("MIT", "640×352", "7.3 MB", "the product itself", "5f9d0c07eee7d7dae"):
        expect(heads).to_contain_text(words)
    attributes = page.locator("[data-pack='head-attributes@1']")
    attributes.locator("summary").click()
    expect(attributes.locator("[data-figures]")).to_contain_text("0.9722")
    expect(page.locator("[data-capability=heads]")).to_contain_text("by heads@1")
    refused = page.locator("[data-refused-pack=half-a-pack]")
    expect(refused).to_contain_text("The manifest is wrong: version: Field required", timeout=LIMIT_MS)
    page.screenshot(path=shots / "models.png")


def test_pages_fit_in_both_languages_and_axe_finds_nothing_serious(opens: Opens, shots: Path) -> None:
    for width, language in LOOKS if "BK_SHOTS" in os.environ else LOOKS[:3]:
        page = opens("boss", PAGES[0], language=language, width=width, height=1500)
        for path in PAGES:
            page.goto(path)
            page.wait_for_selector("main .card:not([aria-busy])", timeout=LIMIT_MS)
            expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=LIMIT_MS)
            page.screenshot(path=shots / f"{path.strip('/').replace('/', '-')}-{language}-{width}.png")
            wide = page.evaluate(
                "() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth; }"
            )
            assert wide <= 0, f"{path} is {wide} px too wide at {width}"
            if (width, language) in LOOKS[:2]:
                assert findings(page) == [], path
        page.context.close()


def test_what_is_away_is_said_with_what_hangs_on_it_and_what_to_do(
    opens: Opens, stack: Stack, shots: Path, stopped: Callable[[str], None]
) -> None:
    page, second = opens("ops", "/manage/models"), opens("ops", "/manage/models")
    page.goto("/status")
    expect(page.locator("[data-mood=well]")).to_have_count(6, timeout=LIMIT_MS)
    recorder = page.locator("[data-service=recorder]")
    expect(recorder).to_contain_text("started")
    stopped("recorder")
    # It waits for an answer as long as the other page does for the end of the signs of life.
    second.goto("/manage/storage")
    expect(recorder).to_have_attribute("data-mood", "down", timeout=LIMIT_MS)
    expect(recorder).to_contain_text("Pictures wait on the bus")
    expect(recorder).to_contain_text("docker compose logs recorder")
    expect(page.locator("[data-summary]")).to_have_text(re.compile("To be looked at: 1 ?Recorder"))
    page.screenshot(path=shots / "status-recorder-away.png")
    expect(second.locator("[data-away]")).to_contain_text("The recorder does not answer", timeout=LIMIT_MS)
    second.screenshot(path=shots / "storage-away.png")
    second.locator("[data-away] a").click()
    expect(second.locator("[data-service=recorder]")).to_have_attribute("data-mood", "down", timeout=LIMIT_MS)


@pytest.fixture
def stopped(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Stops a service as a frozen machine does, and lets it go on in the end."""
    pids: list[int] = []

    def stop(service: str) -> None:
        pids.append(stack.pid_of(service))
        os.kill(pids[-1], signal.SIGSTOP)

    yield stop
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
