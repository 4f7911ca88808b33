"""What analysis can do, through the API: as the detector says it, and a named refusal where none answers."""

from __future__ import annotations

import pytest

from shared.messages.detector import Capabilities, CapabilityState
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_capabilities_are_shown_as_the_detector_says_them(gateway: Gateway) -> None:
    async with gateway.client(await gateway.token()) as client:
        nobody = await client.get("/analysis/capabilities")
        assert nobody.status_code == 503, nobody.text
        bus = await gateway.peers.bus("detector")

        async def answer(request: bytes) -> Capabilities:
            items = (
                CapabilityState(capability="heads", state="ready", pack="heads@1", digest="ab" * 32, device="cpu"),
                CapabilityState(capability="uniform", state="unavailable", reason="no pack brings it"),
            )
            return Capabilities(worker="w1", device="cpu", items=items)

        stop = await bus.serve("detector", {"capabilities": answer})
        found = (await client.get("/analysis/capabilities")).json()
        await stop()
        await bus.close()
        assert [item["capability"] for item in found["items"]] == ["heads", "uniform"]
        assert found["items"][0]["pack"] == "heads@1"
        assert found["items"][1]["state"] == "unavailable"
        assert found["items"][1]["reason"] == "no pack brings it"


async def test_without_a_login_nothing_is_told(gateway: Gateway) -> None:
    async with gateway.client() as client:
        assert (await client.get("/analysis/capabilities")).status_code == 401
