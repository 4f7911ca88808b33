"""What analysis can do, through the API: as the detector says it, and a named refusal where none answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.bus import Bus
from shared.clock import SystemClock
from shared.messages.detector import Capabilities, CapabilityState, PackFigure, PackState, SiteNights
from shared.presence import Presence
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _answering(worker: str, *items: CapabilityState):  # type: ignore[no-untyped-def]
    async def answer(request: bytes) -> Capabilities:
        return Capabilities(worker=worker, device="cpu", items=items)

    return answer


@asynccontextmanager
async def _alive(bus: Bus, *workers: str) -> AsyncIterator[None]:
    """They give signs of life as workers do, for as long as the block lasts."""
    members = [Presence(bus, "detector", worker, SystemClock()) for worker in workers]
    bucket = await bus.kv("members_detector")

    async def beat(member: Presence) -> None:
        while True:
            await member.run_once()

    beats = [asyncio.create_task(beat(member)) for member in members]
    try:
        async with asyncio.timeout(10):
            while not set(workers) <= set(await bucket.keys()):
                await asyncio.sleep(0.01)
        yield
    finally:
        for task in beats:
            task.cancel()
        await asyncio.gather(*beats, return_exceptions=True)
        for member in members:
            await member.leave()


HEADS = CapabilityState(capability="heads", state="ready", pack="heads@1", digest="ab" * 32, device="cpu")
UNIFORM = CapabilityState(capability="uniform", state="unavailable", reason="no pack brings it")


async def test_capabilities_are_shown_as_the_detectors_say_them(gateway: Gateway) -> None:
    """One worker; then a second one that cannot do what the first can; and one that is silent."""
    async with gateway.client(await gateway.token()) as client:
        nobody = await client.get("/analysis/capabilities")
        assert nobody.status_code == 503, nobody.text
        bus = await gateway.peers.bus("detector")
        stop = await bus.serve("detector", {}, pinned={"capabilities": _answering("w1", HEADS, UNIFORM)}, instance="w1")
        async with _alive(bus, "w1"):
            found = (await client.get("/analysis/capabilities")).json()
        assert [item["capability"] for item in found["items"]] == ["heads", "uniform"]
        assert (found["items"][0]["pack"], found["items"][0]["state"]) == ("heads@1", "ready")
        assert (found["items"][1]["state"], found["items"][1]["reason"]) == ("unavailable", "no pack brings it")
        assert (found["workers"], found["silent"]) == ([{"worker": "w1", "device": "cpu", "packs": []}], [])

        broken = HEADS.model_copy(update={"state": "unavailable", "reason": "heads@1: broken"})
        stop_second = await bus.serve("detector", {}, pinned={"capabilities": _answering("w2", broken)}, instance="w2")
        async with _alive(bus, "w1", "w2", "w3"):
            found = (await client.get("/analysis/capabilities")).json()
        assert found["silent"] == ["w3"]
        assert found["items"][0]["state"] == "unavailable"
        assert found["items"][0]["reason"] == "on 1 of 2 workers (w2): heads@1: broken"
        for end in (stop, stop_second):
            await end()
        await bus.close()


PACK = PackState(
    pack="heads@1", state="in_force", since_us=1_700_000_000_000_000, capability="heads", origin="shipped",
    digest="ab" * 32, size_bytes=7, format="onnx", input="640 x 352", labels=("head",), licence="MIT", source="a test",
    devices=("cpu",), figures=(PackFigure(name="mask.found", value="0.9"),),
)  # fmt: skip
BROKEN = PackState(
    pack="folder", state="refused", since_us=1_700_000_000_000_000, reason="manifest.json: Invalid", origin="folder"
)


async def test_packs_are_told_to_those_who_configure_or_run_it(gateway: Gateway) -> None:
    async def answer(request: bytes) -> Capabilities:
        return Capabilities(worker="w1", device="cpu", items=(HEADS,), packs=(PACK, BROKEN))

    bus = await gateway.peers.bus("detector")
    stop = await bus.serve("detector", {}, pinned={"capabilities": answer}, instance="w1")
    async with gateway.client(await gateway.token()) as boss:
        for name, role in (("packs-sre", "sre"), ("packs-viewer", "viewer")):
            account = {"name": name, "password": PASSWORD, "roles": [role]}
            assert (await boss.post("/accounts", json=account)).status_code == 201
    async with _alive(bus, "w1"), gateway.client(await gateway.token("packs-sre", PASSWORD)) as sre:
        (worker,) = (await sre.get("/analysis/capabilities")).json()["workers"]
    assert worker["packs"][0] == {
        "pack": "heads@1", "state": "in_force", "since": "2023-11-14T22:13:20Z", "capability": "heads", "reason": "",
        "origin": "shipped", "digest": "ab" * 32, "size_bytes": 7, "format": "onnx", "input": "640 x 352",
        "labels": ["head"], "licence": "MIT", "source": "a test", "devices": ["cpu"],
        "figures": [{"name": "mask.found", "value": "0.9"}],
    }  # fmt: skip
    assert (worker["packs"][1]["state"], worker["packs"][1]["reason"]) == ("refused", "manifest.json: Invalid")
    async with _alive(bus, "w1"), gateway.client(await gateway.token("packs-viewer", PASSWORD)) as viewer:
        told = (await viewer.get("/analysis/capabilities")).json()
    assert (told["workers"][0]["packs"], told["items"][0]["pack"]) == ([], "heads@1")
    await stop()
    await bus.close()


async def test_whether_nights_are_watched_is_told_of_the_schools_that_one_sees(gateway: Gateway) -> None:
    """Two workers with cameras of three schools."""
    nights = {
        "w1": (SiteNights(site="night-1", cameras=3, watched=3), SiteNights(site="night-2", cameras=2, watched=0)),
        "w2": (SiteNights(site="night-2", cameras=2, watched=1), SiteNights(site="night-3", cameras=1, watched=0)),
    }

    def answering(worker: str):  # type: ignore[no-untyped-def]
        async def answer(request: bytes) -> Capabilities:
            return Capabilities(worker=worker, device="cpu", items=(), nights=nights[worker])

        return answer

    bus = await gateway.peers.bus("detector")
    ends = [await bus.serve("detector", {}, pinned={"capabilities": answering(one)}, instance=one) for one in nights]
    async with gateway.client(await gateway.token()) as boss:
        assert (await boss.post("/sites", json={"id": "night-2", "name": "n"})).status_code == 201
        account = {"name": "night-cook", "password": PASSWORD, "roles": ["school"], "sites": ["night-2"]}
        assert (await boss.post("/accounts", json=account)).status_code == 201
        async with _alive(bus, *nights), gateway.client(await gateway.token("night-cook", PASSWORD)) as cook:
            of_all, of_one = [await one.get("/analysis/capabilities") for one in (boss, cook)]
        assert of_all.json()["nights"] == {"cameras": 8, "watched": 4, "sites_without": ["night-2", "night-3"]}
        assert of_one.json()["nights"] == {"cameras": 4, "watched": 1, "sites_without": ["night-2"]}
        await boss.delete("/sites/night-2")
    for end in ends:
        await end()
    await bus.close()


async def test_without_a_login_nothing_is_told(gateway: Gateway) -> None:
    async with gateway.client() as client:
        assert (await client.get("/analysis/capabilities")).status_code == 401
