"""A rule was broken, and the kitchen hears of it: alerting, intercom and a camera's loudspeaker, none of them a stand-in.

What a detector would have seen is told to the bus by hand; everything behind it is the product.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.messages.detector import FrameAnalysed
from shared.subjects import SERVICES
from tests.alerting.facts import SECOND_US, frame, mover, person
from tests.e2e.live_client import Api
from tests.e2e.sim_fleet import PASSWORD, USER, SimFleet, sim_fleet
from tests.stack import Stack

LIMIT_S = 90.0
RODENT = "后厨发现老鼠，请立即检查。"
MASK = "Put on a mask, please."


class Kitchen:
    """One camera that hears, one that nobody reaches, and two rules that speak."""

    def __init__(self, stack: Stack, fleet: SimFleet, api: Api):
        self.stack = stack
        self.fleet = fleet
        self.api = api

    def tell(self, facts: Sequence[FrameAnalysed]) -> None:
        """As the detector."""
        ports = json.loads((self.stack.data / "ports.json").read_text())
        secrets = Credentials.load_or_create(self.stack.data / "secrets.json", SERVICES)

        async def say() -> None:
            url = f"nats://{HOST}:{ports['nats']}"
            bus = await Bus.connect(url, name="test", user="detector", password=secrets.bus["detector"])
            for fact in facts:
                await bus.publish_fact(fact)
            await bus.close()

        asyncio.run(say())

    def alert(self, rule: str, camera: str) -> dict[str, Any]:
        def found() -> Any:
            items = self.api.http.get("/alerts", params={"rule": rule, "camera": camera}).json()["items"]
            return items and self.api.http.get(f"/alerts/{items[0]['id']}").json()

        return dict(until(found))

    def until_warned(self, alert: str, *states: str) -> dict[str, Any]:
        def found() -> Any:
            warning = self.api.http.get(f"/alerts/{alert}").json()["warning"]
            return warning if warning is not None and warning["state"] in states else None

        return dict(until(found))

    def spoken(self, text: str, language: str) -> NDArray[np.float64]:
        """How the library says it, on a camera's 8 kHz."""
        made = self.api.http.post("/announcements/preview", json={"text": text, "language": language})
        assert made.status_code == 200, made.text
        with wave.open(io.BytesIO(made.content)) as reader:
            sound = np.frombuffer(reader.readframes(reader.getnframes()), "<i2").astype(float)
        return sound[: len(sound) // 2 * 2].reshape(-1, 2).mean(axis=1)


def until(is_so: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    deadline = time.monotonic() + limit_s
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def likeness(heard: NDArray[np.float64], sentence: NDArray[np.float64]) -> float:
    """The largest normalised cross-correlation, at any offset: 1 is the same sound."""
    length = len(heard) + len(sentence)
    product = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(sentence, length))
    peak = np.abs(np.fft.irfft(product, length)).max()
    return float(peak / (np.linalg.norm(heard) * np.linalg.norm(sentence) + 1e-9))


@pytest.fixture(scope="module")
def kitchen() -> Iterator[Kitchen]:
    folder = Path(mkdtemp(prefix="bk-spoken-"))
    folder.chmod(0o755)
    with ExitStack() as open_things:
        open_things.callback(rmtree, folder, ignore_errors=True)
        fleet = open_things.enter_context(sim_fleet(folder, 1))
        env = {"BK_CONNECT_TIMEOUT_S": "2", "BK_BROADCAST_RETRY_S": "2"}
        stack = Stack(folder / "data", demo=0, env=env)
        stack.start()
        open_things.callback(lambda: print(stack.logs()))
        open_things.callback(stack.stop)
        api = Api(stack.url, stack.admin_password)
        open_things.callback(api.close)
        api.site("school")
        quiet = {"recording": {"mode": "off"}, "analysis": {"is_enabled": False}}
        api.add("speaks", fleet.url(1), username=USER, password=PASSWORD, **quiet)
        api.add("closed", "rtsp://127.0.0.1:9/none", **quiet)
        speaks(api, "rodent", announcement=RODENT, warns_kitchen=True)
        speaks(api, "no_mask", announcement=MASK, when=[])
        yield Kitchen(stack, fleet, api)


def speaks(api: Api, rule: str, **more: Any) -> None:
    """The seed's rule, and what it says."""
    in_force = {one["rule"]["rule"]: one["rule"] for one in api.http.get("/rules").json()["items"]}
    changed = api.http.put(f"/rules/{rule}", json=in_force[rule] | more)
    assert changed.status_code == 200, changed.text


def test_class_1_is_spoken_at_once_and_the_receipt_stays_with_the_alert(kitchen: Kitchen) -> None:
    start_us = time.time_ns() // 1000 - 4 * SECOND_US
    for camera in ("speaks", "closed"):
        kitchen.tell([frame(n * 0.5, movers=[mover()], id=camera, site="school", start_us=start_us) for n in range(8)])
    alert = kitchen.alert("rodent", "speaks")
    assert alert["review"] is None, "nobody has looked at it yet"
    assert len(until(lambda: kitchen.fleet.speeches(1))) == 1
    warning = kitchen.until_warned(alert["id"], "played", "not_played", "too_late")
    assert (warning["state"], warning["trigger"], warning["text"]) == ("played", "at_once", RODENT), warning
    assert (warning["receipt"]["camera"], warning["receipt"]["state"]) in (("speaks", "heard"), ("speaks", "played"))
    assert warning["receipt"]["packets"] > 0
    broadcast = kitchen.api.http.get(f"/broadcasts/{warning['broadcast']}").json()
    assert broadcast["reason"] == f"rule rodent, alert {alert['id']}"
    assert [(one["camera"], one["state"]) for one in broadcast["receipts"]] in (
        [("speaks", "heard")],
        [("speaks", "played")],
    )
    like = likeness(kitchen.fleet.heard(1).astype(float), kitchen.spoken(RODENT, "zh-CN"))
    print(f"what came out of the loudspeaker is the sentence to {like:.2f}")
    assert like > 0.6

    # Where nobody can be reached, that is written down, with why.
    silent = kitchen.alert("rodent", "closed")
    missed = kitchen.until_warned(silent["id"], "played", "not_played", "too_late")
    assert (missed["state"], missed["reason"]) == ("not_played", "camera_unreachable"), missed
    assert missed["detail"]


def test_class_2_is_spoken_when_a_person_has_confirmed_it_and_once(kitchen: Kitchen) -> None:
    before = len(kitchen.fleet.speeches(1))
    start_us = time.time_ns() // 1000 - 6 * SECOND_US
    bare = [frame(n * 0.5, [person(mask=0.02)], id="speaks", site="school", start_us=start_us) for n in range(10)]
    kitchen.tell(bare)
    alert = kitchen.alert("no_mask", "speaks")
    assert alert["warning"] is None
    for _ in range(2):
        judged = kitchen.api.http.post(f"/alerts/{alert['id']}/review", json={"verdict": "confirmed", "note": ""})
        assert judged.status_code == 200, judged.text
    warning = kitchen.until_warned(alert["id"], "played", "not_played", "too_late")
    assert (warning["state"], warning["trigger"]) == ("played", "confirmed"), warning
    (speech,) = kitchen.fleet.speeches(1)[before:]
    said = kitchen.fleet.heard(1)[-speech["octets"] :].astype(float)
    like = likeness(said, kitchen.spoken(MASK, "en"))
    print(f"an English sentence is said by an English voice: {like:.2f}")
    assert like > 0.6
