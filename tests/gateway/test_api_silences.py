"""Silences through the API: of one's own schools, class 1 by who may configure alone, each on record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from shared.errors import RequestRefused
from shared.messages.silences import Silence, SilenceEnd, SilenceList, SilenceStatus, SilencesWanted, SilenceWanted
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

END = "2027-01-01T00:00:00Z"


class Alerting:
    """Alerting at the bus, with the silences it is given."""

    def __init__(self) -> None:
        self.kept: dict[str, Silence] = {}
        self.asked: list[SilenceWanted] = []
        self.counted_of: tuple[str, ...] | None = None

    async def silences(self, request: bytes) -> SilenceList:
        wanted = SilencesWanted.decode(request)
        self.counted_of = wanted.sites
        return self._list(*(one for id, one in self.kept.items() if wanted.silence in (None, id)))

    async def add(self, request: bytes) -> SilenceList:
        wanted = SilenceWanted.decode(request)
        self.asked.append(wanted)
        if wanted.silence.covers_class_1 and not wanted.may_class_1:
            raise RequestRefused("class_1_not_silenced", "Only who may configure can keep class 1 quiet.", status=403)
        made = wanted.silence.model_copy(update={"silence": f"silence-{len(self.kept)}"})
        self.kept[made.silence] = made
        return self._list(made)

    async def end(self, request: bytes) -> SilenceList:
        wanted = SilenceEnd.decode(request)
        made = self.kept[wanted.silence].model_copy(update={"ended_by": wanted.by, "ended_us": 1_763_942_400_000_000})
        self.kept[wanted.silence] = made
        return self._list(made)

    def _list(self, *silences: Silence) -> SilenceList:
        status = (SilenceStatus(silence=one, is_in_force=True, suppressed=2) for one in silences)
        return SilenceList(items=tuple(status))


@pytest_asyncio.fixture(loop_scope="session")
async def alerting(gateway: Gateway) -> AsyncIterator[Alerting]:
    answering, bus = Alerting(), await gateway.peers.bus("alerting")
    answers = {"silences": answering.silences, "silence_add": answering.add, "silence_end": answering.end}
    stop = await bus.serve("alerting", answers)
    yield answering
    await stop()
    await bus.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def schools(gateway: Gateway) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Two schools with a camera each; a supervisor of all and one of the first alone."""
    async with gateway.client(await gateway.token()) as admin:
        for id in ("quiet-1", "quiet-2"):
            await admin.post("/sites", json={"id": id, "name": id})
            made = {"id": f"{id}-cook", "site": id, "name": "cook", "main": {"url": "rtsp://127.0.0.1:9/x"}}
            assert (await admin.post("/cameras", json=made)).status_code == 201, made
        for name, sites in (("everywhere", None), ("local", ["quiet-1"])):
            told = {"name": name, "password": PASSWORD, "roles": ["supervisor"], "sites": sites}
            assert (await admin.post("/accounts", json=told)).status_code == 201
        async with (
            gateway.client(await gateway.token("everywhere", PASSWORD)) as everywhere,
            gateway.client(await gateway.token("local", PASSWORD)) as local,
        ):
            yield {"everywhere": everywhere, "local": local}
        for id in ("quiet-1", "quiet-2"):
            await admin.delete(f"/cameras/{id}-cook")
            await admin.delete(f"/sites/{id}")


async def test_a_silence_is_made_seen_and_ended_on_record(
    admin: httpx.AsyncClient, alerting: Alerting, schools: dict[str, httpx.AsyncClient]
) -> None:
    told = {"cameras": ["quiet-1-cook"], "rules": ["no_mask"], "reason": "painting the wall", "end": END}
    made = await schools["everywhere"].post("/silences", json=told)
    assert (made.status_code, made.json()["sites"], made.json()["made_by"]) == (201, ["quiet-1"], "everywhere")
    assert alerting.asked[-1].may_class_1 is False
    (shown,) = (await admin.get("/silences", params={"current": True})).json()["items"]
    assert (shown["reason"], shown["suppressed"]) == ("painting the wall", 2)
    ended = await schools["everywhere"].delete(f"/silences/{shown['id']}")
    assert ended.json()["ended_by"] == "everywhere"
    deeds = (await admin.get("/audit", params={"limit": 2})).json()["items"]
    assert [one["action"] for one in deeds] == ["silence_ended", "silence_added"]
    assert deeds[1]["detail"]["reason"] == "painting the wall"
    assert (await admin.delete("/silences/nothing")).status_code == 404


async def test_class_1_and_every_school_at_once_are_for_who_may_configure(
    admin: httpx.AsyncClient, alerting: Alerting, schools: dict[str, httpx.AsyncClient]
) -> None:
    grave = {"sites": ["quiet-1"], "reason": "drill", "end": END, "covers_class_1": True}
    assert (await schools["everywhere"].post("/silences", json=grave)).json()["code"] == "class_1_not_silenced"
    assert (await admin.post("/silences", json=grave)).status_code == 201
    rule = {"rules": ["no_mask"], "reason": "being tuned", "end": END}
    assert (await schools["everywhere"].post("/silences", json=rule)).status_code == 403
    assert (await admin.post("/silences", json=rule)).status_code == 201
    assert (await admin.post("/silences", json=rule | {"sites": ["nowhere"]})).status_code == 404
    assert (await admin.post("/silences", json=rule | {"reason": ""})).status_code == 422
    both = rule | {"sites": ["quiet-1"], "cameras": ["quiet-2-cook"]}
    assert (await admin.post("/silences", json=both)).json()["code"] == "invalid_fields"


async def test_people_of_some_schools_silence_their_own_and_see_no_others(
    admin: httpx.AsyncClient, alerting: Alerting, schools: dict[str, httpx.AsyncClient]
) -> None:
    for sites in (["quiet-1", "quiet-2"], ["quiet-2"]):
        assert (await admin.post("/silences", json={"sites": sites, "reason": "x", "end": END})).status_code == 201
    shown = (await schools["local"].get("/silences")).json()["items"]
    assert [one["sites"] for one in shown] == [["quiet-1"]]
    refused = await schools["local"].post("/silences", json={"sites": ["quiet-2"], "reason": "x", "end": END})
    assert refused.json()["code"] == "out_of_scope"
    assert (await schools["local"].delete("/silences/silence-1")).status_code == 404
    assert (await schools["local"].delete("/silences/silence-0")).json()["code"] == "out_of_scope"
    own = await schools["local"].post("/silences", json={"cameras": ["quiet-1-cook"], "reason": "x", "end": END})
    assert own.status_code == 201


async def test_of_a_silence_of_several_schools_each_sees_its_own_cameras_and_counts(
    admin: httpx.AsyncClient, alerting: Alerting, schools: dict[str, httpx.AsyncClient]
) -> None:
    both = ["quiet-1", "quiet-2"]
    for cameras in (["quiet-1-cook", "quiet-2-cook"], ["quiet-2-cook"], []):
        told = {"sites": both, "cameras": cameras, "reason": "x", "end": END}
        assert (await admin.post("/silences", json=told)).status_code == 201
    of_all = (await schools["everywhere"].get("/silences")).json()["items"]
    assert [(one["sites"], one["cameras"]) for one in of_all] == [
        (both, ["quiet-1-cook", "quiet-2-cook"]),
        (both, ["quiet-2-cook"]),
        (both, []),
    ]
    assert alerting.counted_of is None
    theirs = (await schools["local"].get("/silences")).json()["items"]
    assert [(one["sites"], one["cameras"]) for one in theirs] == [(["quiet-1"], ["quiet-1-cook"]), (["quiet-1"], [])]
    assert alerting.counted_of == ("quiet-1",)
    assert (await schools["local"].delete("/silences/silence-1")).status_code == 404, "about none of their cameras"
