"""What analysis can do, through the API: as the detector says it, and a named refusal where none answers."""

from __future__ import annotations

import pytest

from shared.messages.detector import Capabilities, CapabilityState
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _answering(worker: str, *items: CapabilityState):  # type: ignore[no-untyped-def]
    async def answer(request: bytes) -> Capabilities:
        return Capabilities(worker=worker, device="cpu", items=items)

    return answer


HEADS = CapabilityState(capability="heads", state="ready", pack="heads@1", digest="ab" * 32, device="cpu")
UNIFORM = CapabilityState(capability="uniform", state="unavailable", reason="no pack brings it")


async def test_capabilities_are_shown_as_the_detectors_say_them(gateway: Gateway) -> None:
    """One worker; then a second one that cannot do what the first can; and one that is silent."""
    async with gateway.client(await gateway.token()) as client:
        nobody = await client.get("/analysis/capabilities")
        assert nobody.status_code == 503, nobody.text
        bus = await gateway.peers.bus("detector")
        members = await bus.kv("members_detector")
        await members.put("w1", b"1")
        stop = await bus.serve("detector", {}, pinned={"capabilities": _answering("w1", HEADS, UNIFORM)}, instance="w1")
        found = (await client.get("/analysis/capabilities")).json()
        assert [item["capability"] for item in found["items"]] == ["heads", "uniform"]
        assert (found["items"][0]["pack"], found["items"][0]["state"]) == ("heads@1", "ready")
        assert (found["items"][1]["state"], found["items"][1]["reason"]) == ("unavailable", "no pack brings it")
        assert (found["workers"], found["silent"]) == ([{"worker": "w1", "device": "cpu"}], [])

        broken = HEADS.model_copy(update={"state": "unavailable", "reason": "heads@1: broken"})
        stop_second = await bus.serve("detector", {}, pinned={"capabilities": _answering("w2", broken)}, instance="w2")
        for worker in (b"w1", b"w2", b"w3"):
            await members.put(worker.decode(), b"2")
        found = (await client.get("/analysis/capabilities")).json()
        assert found["silent"] == ["w3"]
        assert found["items"][0]["state"] == "unavailable"
        assert found["items"][0]["reason"] == "on 1 of 2 workers (w2): heads@1: broken"
        for end in (stop, stop_second):
            await end()
        for worker in ("w1", "w2", "w3"):
            entry = await members.get(worker)
            if entry is not None:
                await members.delete(worker, entry.revision)
        await bus.close()


async def test_without_a_login_nothing_is_told(gateway: Gateway) -> None:
    async with gateway.client() as client:
        assert (await client.get("/analysis/capabilities")).status_code == 401
