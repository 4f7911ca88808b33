"""A real browser on the whole product."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shared.embedded.ports import HOST, free_port
from tests.stack import Stack

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
USER, PASSWORD = "cook", "only-in-this-test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone before the next module: Playwright's loop would be in the way of asynchronous tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """An empty profile, in English, before logging in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=stack.url)
    context.add_init_script("localStorage.getItem('bk-language') ?? localStorage.setItem('bk-language', 'en')")
    yield context.new_page()
    context.close()


@pytest.fixture
def logged_in(page: Page, stack: Stack) -> Page:
    page.goto("/login?next=/live")
    page.fill("#password", stack.admin_password)
    page.click("button[type=submit]")
    page.wait_for_selector(".tile.playing", timeout=30_000)
    return page


@pytest.fixture
def camera_of(tmp_path: Path) -> Callable[..., object]:
    """An RTSP camera of our own that plays a file: `with camera_of(file) as url`; again with the same port."""

    @contextmanager
    def simulate(file: Path, port: int | None = None) -> Iterator[str]:
        chosen = port or free_port()
        words = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", "--count=1", f"--port={chosen}"]
        with (tmp_path / "camera.log").open("ab") as log:
            child = subprocess.Popen(
                [*words, f"--file={file}", f"--user={USER}"],
                stdout=log,
                stderr=log,
                env=os.environ | {"BK_SIMULATE_PASSWORD": PASSWORD},
            )
        try:
            until_it_listens(chosen)
            yield f"rtsp://{HOST}:{chosen}/cam/1"
        finally:
            child.terminate()
            child.wait(10)

    return simulate


def until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the simulated camera does not listen"
            time.sleep(0.1)
