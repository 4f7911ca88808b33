"""Drills through the whole product: kitchens that answer, and each way in which one does not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from shared import subjects
from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.messages.drills import DrillFailed, DrillPassed
from shared.subjects import SERVICES, CameraRef
from tests.e2e.live_client import Api
from tests.intercom.simulated_rooms import SimulatedRooms
from tests.intercom.talker import Talker
from tests.peers.gst import GstCamera
from tests.stack import Stack

RUN_LIMIT_S = 90.0
# Camera: number in the fleet, and its kitchen.
KITCHENS = {"hears": (1, "one"), "mute": (2, "two"), "deaf": (3, "three"), "left": (4, "four"), "right": (5, "five")}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="bk-drills-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    running = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1", "BK_DRILLS_AT_ONCE": "8"})
    running.start()
    yield running
    running.stop()
    print((folder / "data" / "logs" / "intercom.log").read_text()[-3000:])


@pytest.fixture(scope="module")
def rooms(folder: Path) -> Iterator[SimulatedRooms]:
    with SimulatedRooms(len(KITCHENS), folder) as running:
        running.turn(2, speaker=0)
        running.turn(3, microphone=0)
        running.turn(4, into=5)
        running.turn(5, into=4)
        yield running


@pytest.fixture(scope="module")
def api(stack: Stack, rooms: SimulatedRooms) -> Iterator[Api]:
    """With every camera registered and online."""
    logged_in = Api(stack.url, stack.admin_password)
    with GstCamera(backchannel="pcma", audio="pcma", loop=True) as other_peoples:
        logged_in.site("school")
        logged_in.add("gst", other_peoples.url)
        for camera, (number, site) in KITCHENS.items():
            logged_in.site(site)
            body = {"id": camera, "site": site, "name": camera, "purpose": "processing"}
            answer = logged_in.http.post("/cameras", json=body | {"main": {"url": rooms.url(number)}})
            assert answer.status_code == 201, answer.text
        for camera in (*KITCHENS, "gst"):
            logged_in.until_condition(camera, "online", 40)
        yield logged_in
    logged_in.close()


def ended(api: Api, id: str) -> dict[str, Any]:
    """The run, when it has ended."""
    until_s = time.monotonic() + RUN_LIMIT_S
    while time.monotonic() < until_s:
        run = dict(api.http.get(f"/drills/{id}").json())
        if run["state"] != "running":
            return run
        time.sleep(0.2)
    raise AssertionError(f"not ended after {RUN_LIMIT_S} s: {run}")


def start(api: Api, **wanted: Any) -> str:
    answer = api.http.post("/drills", json=wanted)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"].endswith(answer.json()["id"])
    return str(answer.json()["id"])


async def test_each_kitchen_is_found_as_it_is(api: Api, stack: Stack, rooms: SimulatedRooms) -> None:
    run = ended(api, start(api, all=True))
    results = {result["camera"]: result for result in run["results"]}
    assert {camera: (result["outcome"], result["cause"]) for camera, result in results.items()} == {
        "hears": ("passed", "heard"),
        "gst": ("passed", "heard"),
        "mute": ("not_heard", "tone_not_found"),
        "deaf": ("not_heard", "microphone_silent"),
        "left": ("wrong_room", results["left"]["cause"]),
        "right": ("wrong_room", results["right"]["cause"]),
    }, run
    assert (results["left"]["other"], results["right"]["other"]) == ("five/right", "four/left")
    assert run["counts"] == {"passed": 2, "not_heard": 2, "wrong_room": 2}
    for camera in ("hears", "gst"):
        assert 20 < results[camera]["delay_ms"] < 3000, results[camera]
        assert results[camera]["evidence"] >= 56
    assert -40 < results["hears"]["level_dbfs"] < -25, "20 dB fainter than it was said"
    assert results["deaf"]["noise_dbfs"] < -75 < results["mute"]["noise_dbfs"]
    reach = api.http.get("/reachability").json()
    assert {camera["camera"]: camera["state"] for camera in reach["cameras"]} == {
        camera: "reachable" if camera in ("hears", "gst") else "failed" for camera in results
    }
    assert (reach["camera_ratio"], reach["site_ratio"]) == (0.3333, 0.3333)
    assert [one["camera"] for one in api.http.get("/reachability?site=two").json()["cameras"]] == ["mute"]
    await _told_by_facts(stack, results)
    assert await _metric(stack, 'bk_intercom_reachable_ratio{of="sites"}') == pytest.approx(1 / 3, abs=0.001)
    trail = api.http.get("/audit").json()["items"]
    assert [(row["who"], row["detail"]["count"]) for row in trail if row["action"] == "drills_started"] == [
        ("admin", "6")
    ]


async def _told_by_facts(stack: Stack, results: dict[str, dict[str, Any]]) -> None:
    credentials = Credentials.load_or_create(stack.data / "secrets.json", tuple(SERVICES))
    url = f"nats://127.0.0.1:{json.loads((stack.data / 'ports.json').read_text())['nats']}"
    bus = await Bus.connect(url, name="test", user="gateway", password=credentials.bus["gateway"])
    told: dict[str, DrillPassed | DrillFailed] = {}

    async def hear(subject: str, data: bytes, seq: int) -> None:
        kind = DrillPassed if subject.endswith("drill_passed") else DrillFailed
        fact = kind.decode(data)
        assert CameraRef(fact.site, fact.camera).key in subject
        told[fact.camera] = fact

    end = await bus.subscribe_facts(subjects.facts("intercom"), hear, since_seq=1)
    async with asyncio.timeout(10):
        while told.keys() != results.keys():
            await asyncio.sleep(0.05)
    await end()
    await bus.close()
    for camera, fact in told.items():
        is_passed = results[camera]["outcome"] == "passed"
        assert isinstance(fact, DrillPassed if is_passed else DrillFailed)
        if isinstance(fact, DrillFailed):
            assert (fact.outcome, fact.cause) == (results[camera]["outcome"], results[camera]["cause"])


async def _metric(stack: Stack, name: str) -> float:
    """When it is a number: it is measured again after a run."""
    port = json.loads((stack.data / "running.json").read_text())["services"]["intercom"]
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(30):
        while True:
            lines = (await http.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()
            found = [line.rpartition(" ")[2] for line in lines if line.startswith(name)]
            if found and found[0] not in ("NaN", "0.0"):
                return float(found[0])
            await asyncio.sleep(0.1)


async def test_who_speaks_goes_first(api: Api, stack: Stack) -> None:
    li = Talker(stack.url, api.token)
    assert (await li.offer("hears", prepare="true")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    run = await asyncio.to_thread(ended, api, start(api, cameras=["hears"]))
    assert (run["results"][0]["outcome"], run["results"][0]["cause"]) == ("could_not_speak", "floor_taken")
    assert "admin is speaking" in run["results"][0]["detail"]
    assert (await li.state())["state"] == "talking", "nobody was interrupted"
    assert (await li.http.delete(li.talk)).status_code == 204
    await li.close()
    assert api.http.get("/reachability?site=one").json()["cameras"][0]["state"] == "reachable", "that says nothing"


def test_a_run_is_stopped_and_nothing_sounds_afterwards(api: Api, rooms: SimulatedRooms) -> None:
    before = rooms.packets(1)
    id = start(api, all=True)
    refused = api.http.post("/drills", json={"all": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "drills_running")
    until_s = time.monotonic() + 20
    while rooms.packets(1) == before and time.monotonic() < until_s:
        time.sleep(0.05)
    run = api.http.post(f"/drills/{id}/stop").json()
    assert run["state"] == "stopped"
    assert {result["outcome"] for result in run["results"]} >= {"skipped"}
    assert all(result["outcome"] is not None for result in run["results"])
    said = [rooms.packets(number) for number in range(1, 6)]
    time.sleep(1.0)
    assert [rooms.packets(number) for number in range(1, 6)] == said
    assert [one["state"] for one in api.http.get("/drills").json()["items"]] == ["stopped", "done", "done"]


def test_a_quiet_hour_drills_its_kitchen_once(api: Api) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime.now(zone)
    window = {
        "days": [1, 2, 3, 4, 5, 6, 7],
        "start": f"{now - timedelta(minutes=2):%H:%M}",
        "end": f"{now + timedelta(minutes=30):%H:%M}",
    }
    answer = api.http.put("/sites/one/drill-schedule", json={"window": window, "level_dbfs": -20})
    assert answer.status_code == 200, answer.text
    until_s = time.monotonic() + 40
    while not (runs := api.http.get("/drills").json()["items"])[0]["is_scheduled"] and time.monotonic() < until_s:
        time.sleep(0.1)
    run = ended(api, runs[0]["id"])
    assert (run["asked_by"], run["is_scheduled"], run["level_dbfs"]) == ("schedule", True, -20.0)
    assert [(result["camera"], result["outcome"]) for result in run["results"]] == [("hears", "passed")]
    api.http.put("/sites/one/drill-schedule", json={"window": window, "level_dbfs": -22})
    time.sleep(2.0)
    assert api.http.get("/drills").json()["items"][0]["id"] == run["id"], "once in a quiet hour"
    assert [one["site"] for one in api.http.get("/drill-schedules").json()["items"]] == ["one"]
    assert api.http.delete("/sites/one/drill-schedule").status_code == 204
    assert api.http.get("/drill-schedules").json()["items"] == []
