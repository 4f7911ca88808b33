"""What happens around the pages of the closed loop: people who ask the API, a detector that says what it sees."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.messages.detector import FrameAnalysed
from shared.subjects import SERVICES
from tests.alerting.facts import frame, person
from tests.e2e.live_client import Api
from tests.stack import Stack

PASSWORD = "long enough for all"
SITE, CAMERA = "demo", "demo-1"
LIMIT_MS = 40_000
LOADED = "image => image.complete && image.naturalWidth > 0"


class People:
    """The installation as each of them asks it, beside their browser."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.admin = Api(stack.url, stack.admin_password)
        made = {"li": ("supervisor", None), "wang": ("supervisor", None), "chef": ("school", [SITE])}
        for name, (role, sites) in made.items():
            body = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
            assert self.admin.http.post("/accounts", json=body).status_code == 201
        self.api = {name: self._client(name) for name in made}

    def _client(self, name: str) -> httpx.Client:
        client = httpx.Client(base_url=f"{self.stack.url}/api/v1", timeout=30.0, trust_env=False)
        told = client.post("/sessions", json={"name": name, "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {told['token']}"
        return client

    def close(self) -> None:
        self.admin.close()
        for client in self.api.values():
            client.close()


def recorded(api: Api) -> int:
    return min((int(one["segments"]) for one in api.http.get("/storage").json()["items"]), default=0)


def until(is_so: Callable[[], Any], limit_s: float = LIMIT_MS / 1000) -> Any:
    deadline = time.monotonic() + limit_s
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def tell(stack: Stack, facts: Sequence[FrameAnalysed]) -> None:
    """What a detector says; in a thread of its own, because the browser's loop is in this one."""
    ports = json.loads((stack.data / "ports.json").read_text())
    secrets = Credentials.load_or_create(stack.data / "secrets.json", SERVICES)

    async def say() -> None:
        url = f"nats://{HOST}:{ports['nats']}"
        bus = await Bus.connect(url, name="test", user="detector", password=secrets.bus["detector"])
        for fact in facts:
            await bus.publish_fact(fact)
        await bus.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, say()).result(60)


def looks(start_us: int, count: int, mask: float, every_s: float = 0.5) -> list[FrameAnalysed]:
    where: dict[str, Any] = {"id": CAMERA, "site": SITE, "start_us": start_us}
    return [frame(number * every_s, [person(mask=mask)], **where) for number in range(count)]


def photo(folder: Path) -> Path:
    """As large as a phone's."""
    rows = np.linspace(40, 220, 2400, dtype=np.uint8)[:, None, None]
    pixels = np.broadcast_to(rows, (2400, 3200, 3)).copy()
    pixels[600:1800, 800:2400] = (40, 160, 110)
    path = folder / "lids.jpg"
    Image.fromarray(pixels).save(path, quality=92)
    return path


def shot(page: Page, name: str, folder: Path) -> None:
    """Kept as an artefact; nothing may be wider than the screen."""
    kept = Path(os.environ.get("BK_SHOTS", str(folder)))
    kept.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=kept / f"{name}.png", full_page=True)
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{name} is {over} px wider than the screen"


def shows(page: Page, selector: str) -> None:
    """A picture is there, and it is one."""
    image = page.locator(selector).first
    expect(image).to_be_visible(timeout=LIMIT_MS)
    image.scroll_into_view_if_needed()
    until(lambda: page.locator(selector).count() > 0 and page.locator(selector).first.evaluate(LOADED))
