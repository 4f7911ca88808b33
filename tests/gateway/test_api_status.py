"""The system at a glance, through the API: each process of each service, and reasons for those who can act on them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.messages.status import Missing, ServiceStatus, WorkerHealth
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHY = "no answer from S3 at 10.0.0.9"


def _health(worker: str, *missing: Missing):  # type: ignore[no-untyped-def]
    async def answer(request: bytes) -> WorkerHealth:
        started_us = 1_700_000_000_000_000
        return WorkerHealth(service="recorder", worker=worker, version="7.1", started_us=started_us, missing=missing)

    return answer


async def _status(request: bytes) -> ServiceStatus:
    return ServiceStatus(service="recorder", worker="r1", version="7.1", capabilities=("recording",))


async def recorder(client: httpx.AsyncClient) -> dict[str, Any]:
    told = (await client.get("/status")).json()
    assert told["bus"] == "up"
    return next(one for one in told["services"] if one["name"] == "recorder")


async def test_each_process_is_told_and_reasons_to_those_who_can_act(gateway: Gateway) -> None:
    """Nobody; one that cannot start yet; then one that is ready, one that lacks S3, and one that is silent."""
    async with gateway.client(await gateway.token()) as boss:
        account = {"name": "status-li", "password": PASSWORD, "roles": ["supervisor"]}
        assert (await boss.post("/accounts", json=account)).status_code == 201
        nobody = await recorder(boss)
        assert (nobody["state"], nobody["instances"]) == ("down", [])
        bus, other = await gateway.peers.bus("recorder"), await gateway.peers.bus("recorder")
        starting = _health("r1", Missing(what="start", reason="still starting, it waits: database away"))
        stops = [await bus.serve("recorder", {"health": starting})]
        # What is known of single processes may be some seconds old; a gateway that knows nothing yet asks at once.
        gateway.rooms.services._instances.clear()  # type: ignore[attr-defined]
        told = await recorder(boss)
        assert (told["state"], told["version"]) == ("degraded", None)
        assert told["instances"] == [{
            "worker": "r1", "state": "not_ready", "version": "7.1", "started": "2023-11-14T22:13:20Z",
            "missing": [{"what": "start", "reason": "still starting, it waits: database away"}],
        }]  # fmt: skip

        members = await bus.kv("members_recorder")
        for worker in ("r1", "r2", "r3"):
            await members.put(worker, b"1")
        lacks = _health("r2", Missing(what="objects", reason=WHY))
        stops.append(await bus.serve("recorder", {"status": _status}, pinned={"health": _health("r1")}, instance="r1"))
        stops.append(await other.serve("recorder", {}, pinned={"health": lacks}, instance="r2"))
        told = await recorder(boss)
        assert (told["state"], told["workers"], told["version"]) == ("up", 3, "7.1")
        assert [(one["worker"], one["state"]) for one in told["instances"]] == [
            ("r1", "ready"), ("r2", "not_ready"), ("r3", "silent"),
        ]  # fmt: skip
        assert told["instances"][1]["missing"] == [{"what": "objects", "reason": WHY}]
        async with gateway.client(await gateway.token("status-li", PASSWORD)) as li:
            told = await recorder(li)
        assert told["instances"][1]["missing"] == [{"what": "objects", "reason": ""}]
        for stop in stops:
            await stop()
        for worker in ("r1", "r2", "r3"):
            entry = await members.get(worker)
            if entry is not None:
                await members.delete(worker, entry.revision)
        await bus.close()
        await other.close()
