"""An installation that pages of managing are tried on: people of several roles, a push service beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.alerting.push_service import PushService, certificate, pushing_beside
from tests.e2e.live_client import Api
from tests.stack import Stack

SITE = "demo"
PASSWORD = "long enough for all"
LIMIT_MS = 45_000
PEOPLE = (
    ("boss", "admin", None),
    ("li", "supervisor", None),
    ("wang", "supervisor", None),
    ("cook", "school", [SITE]),
)
TABS = (
    "rules",
    "silences",
    "notices",
    "duty",
    "accounts",
    "organisation",
    "import",
    "calendars",
    "public",
    "storage",
    "models",
)


@pytest.fixture(scope="module")
def pushing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    """A push service, known before the installation starts."""
    files = certificate(tmp_path_factory.mktemp("push"))
    with pushing_beside(*files) as service:
        yield service


@pytest.fixture(scope="module")
def stack(pushing: PushService) -> Iterator[Stack]:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    footage = Path("~/.cache/bright-kitchen/footage").expanduser()
    env = {
        "BK_SIMULATE_CACHE": os.environ.get("BK_SIMULATE_CACHE", str(footage)),
        # Nothing listens there: a test of the channel says so.
        "BK_NOTICE_MAIL_SERVER": "127.0.0.1:9",
        "BK_NOTICE_MAIL_TLS": "none",
        "BK_NOTICE_MAIL_FROM": "kitchens@bureau.example",
        "BK_NOTICE_PUSH_HOSTS": f"127.0.0.1:{pushing.port}",
        "BK_NOTICE_PUSH_NETWORKS": "127.0.0.0/8",
        "SSL_CERT_FILE": str(pushing.trusted),
        "BK_PACKS_DIR": str(folder / "packs"),
    }
    (folder / "packs").mkdir()
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

    def open_as(
        name: str,
        path: str,
        *,
        language: str = "en",
        width: int = 1280,
        height: int = 900,
        permissions: Sequence[str] = (),
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=stack.url)
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        if permissions:
            context.grant_permissions(list(permissions))
        context.add_init_script(f"localStorage.setItem('bk-language', '{language}')")
        page = context.new_page()
        page.goto(f"/login?next={path}")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("#password", state="detached", timeout=LIMIT_MS)
        if path.startswith("/manage"):
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
