"""What is stored and what fewer days would delete, through the API: as the recorder says it, to whom it concerns."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from shared.messages.retention import (
    RetentionTrial,
    RetentionTrialOf,
    RetentionTrialStream,
    StorageOf,
    StorageStatus,
    StoredStream,
)
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_US = 86_400_000_000
KEPT = StoredStream(
    site="stored", camera="stored-1", stream="main", oldest_us=DAY_US, newest_us=11 * DAY_US, segments=7, size_bytes=900,
    retention_days=30, gaps=2, gaps_us=90_000_000, holds=1, cut_us=5 * DAY_US,
)  # fmt: skip
OLD = StoredStream(
    site="stored", camera="gone", stream="sub", newest_us=3 * DAY_US, segments=0, size_bytes=0, retention_days=30
)


async def storage(request: bytes) -> StorageStatus:
    wanted = StorageOf.decode(request)
    return StorageStatus(items=tuple(each for each in (KEPT, OLD) if wanted.site in (None, each.site)))


async def trial(request: bytes) -> RetentionTrial:
    wanted = RetentionTrialOf.decode(request)
    items = [
        RetentionTrialStream(
            camera=camera, stream="main", segments=wanted.retention_days, size_bytes=100, from_us=DAY_US,
            to_us=2 * DAY_US, held_segments=1, held_bytes=10,
        )
        for camera in wanted.cameras
    ]  # fmt: skip
    return RetentionTrial(before_us=9 * DAY_US, items=tuple(items))


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def boss(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A school with a camera, and people of several roles."""
    async with gateway.client(await gateway.token()) as client:
        await client.post("/sites", json={"id": "stored", "name": "Stored"})
        camera = {"id": "stored-1", "site": "stored", "name": "Wok", "main": {"url": "rtsp://127.0.0.1:9/x"}}
        assert (await client.post("/cameras", json=camera)).status_code == 201
        for name, role in (("stored-sre", "sre"), ("stored-chief", "chief")):
            account = {"name": name, "password": PASSWORD, "roles": [role]}
            assert (await client.post("/accounts", json=account)).status_code == 201
        yield client
        await client.delete("/cameras/stored-1")
        await client.delete("/sites/stored")


async def test_what_is_stored_is_told_with_its_holes_and_holds(gateway: Gateway, boss: httpx.AsyncClient) -> None:
    assert (await boss.get("/storage")).status_code == 503, "no recorder is running"
    bus = await gateway.peers.bus("recorder")
    stop = await bus.serve("recorder", {"storage": storage})
    first, second = (await boss.get("/storage", params={"site": "stored"})).json()["items"]
    assert first == {
        "site": "stored", "camera": "stored-1", "stream": "main", "oldest": "1970-01-02T00:00:00Z",
        "newest": "1970-01-12T00:00:00Z", "days_held": 10.0, "retention_days": 30, "segments": 7, "size_bytes": 900,
        "gaps": 2, "gap_s": 90.0, "holds": 1, "cut_at": "1970-01-06T00:00:00Z",
    }  # fmt: skip
    assert (second["oldest"], second["gaps"], second["gap_s"], second["cut_at"]) == (None, None, None, None)
    assert (await boss.get("/storage", params={"site": "other"})).json()["items"] == []
    await stop()
    await bus.close()


async def test_who_looks_at_kitchens_need_not_know_where_recordings_have_holes(
    gateway: Gateway, boss: httpx.AsyncClient
) -> None:
    bus = await gateway.peers.bus("recorder")
    stop = await bus.serve("recorder", {"storage": storage})
    for role in ("viewer", "supervisor", "inspector"):
        account = {"name": f"stored-{role}", "password": PASSWORD, "roles": [role]}
        assert (await boss.post("/accounts", json=account)).status_code == 201
        async with gateway.client(await gateway.token(f"stored-{role}", PASSWORD)) as person:
            refused = await person.get("/storage", params={"site": "stored"})
            assert (refused.status_code, refused.json().get("code")) == (403, "not_allowed"), role
    for name in ("stored-sre", "stored-chief"):
        async with gateway.client(await gateway.token(name, PASSWORD)) as person:
            assert len((await person.get("/storage")).json()["items"]) == 2, name
    of_some = {"name": "stored-some", "password": PASSWORD, "roles": ["chief"], "sites": ["stored"]}
    assert (await boss.post("/accounts", json=of_some)).status_code == 201
    async with gateway.client(await gateway.token("stored-some", PASSWORD)) as person:
        assert (await person.get("/storage")).json()["code"] == "out_of_scope"
    await stop()
    await bus.close()


async def test_a_trial_is_for_those_who_may_change_cameras(gateway: Gateway, boss: httpx.AsyncClient) -> None:
    order = {"cameras": ["stored-1", "stored-1"], "retention_days": 9}
    assert (await boss.post("/storage/retention-trial", json=order)).status_code == 503
    bus = await gateway.peers.bus("recorder")
    stop = await bus.serve("recorder", {"retention_trial": trial})
    async with gateway.client(await gateway.token("stored-sre", PASSWORD)) as sre:
        answer = await sre.post("/storage/retention-trial", json=order)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "before": "1970-01-10T00:00:00Z",
            "items": [{
                "camera": "stored-1", "stream": "main", "segments": 9, "size_bytes": 100,
                "start": "1970-01-02T00:00:00Z", "end": "1970-01-03T00:00:00Z", "held_segments": 1, "held_bytes": 10,
            }],
        }  # fmt: skip
        foreign = await sre.post("/storage/retention-trial", json=order | {"cameras": ["no-such"]})
        assert (foreign.status_code, foreign.json()["code"]) == (404, "no_such_camera")
        for wrong in ({"retention_days": 6}, {"cameras": []}, {"cameras": [f"c{n}" for n in range(51)]}):
            assert (await sre.post("/storage/retention-trial", json=order | wrong)).status_code == 422, wrong
    async with gateway.client(await gateway.token("stored-chief", PASSWORD)) as chief:
        refused = await chief.post("/storage/retention-trial", json=order)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    await stop()
    await bus.close()


async def test_the_audit_trail_keeps_how_many_days_there_were(boss: httpx.AsyncClient) -> None:
    plan = (await boss.get("/cameras/stored-1")).json()["recording"]
    changed = await boss.patch("/cameras/stored-1", json={"recording": plan | {"retention_days": 8}})
    assert changed.status_code == 200, changed.text
    rows = (await boss.get("/audit", params={"limit": 20})).json()["items"]
    row = next(each for each in rows if each["action"] == "camera_changed" and each["camera"] == "stored-1")
    assert row["detail"] == {"fields": "recording", "retention_days": "8", "retention_days_before": "30"}
