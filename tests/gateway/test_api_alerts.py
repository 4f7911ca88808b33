"""Alerts through the API: listed in pages, shown whole, taken and judged, each on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from shared.errors import RequestRefused
from shared.messages.alert_proofs import (
    AlertPicture,
    AlertPictureWanted,
    AlertProof,
    AlertReplay,
    ReplayWanted,
)
from shared.messages.alerting import (
    Alert,
    AlertAcknowledgement,
    AlertList,
    AlertRef,
    AlertReview,
    AlertsWanted,
    Review,
)
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

_MESSAGES = Path(__file__).parents[1] / "data" / "messages"
GOLDEN = Alert.decode((_MESSAGES / "Alert.v1.json").read_bytes())
PROOF = AlertProof.decode((_MESSAGES / "AlertProof.v1.json").read_bytes())
REPLAY = AlertReplay.decode((_MESSAGES / "AlertReplay.v1.json").read_bytes())


class Alerting:
    """Alerting at the bus, with three alerts."""

    def __init__(self) -> None:
        self.asked: list[AlertsWanted] = []
        self.replays: list[ReplayWanted] = []
        made = (
            GOLDEN.model_copy(update={"alert": f"a{number}", "first_us": GOLDEN.first_us - number, "review": None})
            for number in range(3)
        )
        self.kept = {alert.alert: alert for alert in made}

    async def alerts(self, request: bytes) -> AlertList:
        wanted = AlertsWanted.decode(request)
        self.asked.append(wanted)
        after = wanted.before.partition(".")[2] if wanted.before else ""
        return AlertList(items=tuple(alert for id, alert in self.kept.items() if id > after)[: wanted.limit])

    async def alert(self, request: bytes) -> Alert:
        return self._one(AlertRef.decode(request).alert)

    async def acknowledge(self, request: bytes) -> Alert:
        wanted = AlertAcknowledgement.decode(request)
        return self._one(wanted.alert).model_copy(update={"acknowledged_by": wanted.by})

    async def review(self, request: bytes) -> Alert:
        wanted = AlertReview.decode(request)
        review = Review(verdict=wanted.verdict, by=wanted.by, at_us=GOLDEN.first_us, note=wanted.note)
        return self._one(wanted.alert).model_copy(update={"review": review})

    async def picture(self, request: bytes) -> AlertPicture:
        alert = self._one(AlertPictureWanted.decode(request).alert)
        assert alert.best is not None
        return AlertPicture(at_us=alert.best.at_us, captured_us=alert.best.at_us, sha256="ef" * 32, data_base64="/9j/")

    async def replay(self, request: bytes) -> AlertReplay:
        wanted = ReplayWanted.decode(request)
        self._one(wanted.alert)
        self.replays.append(wanted)
        return REPLAY.model_copy(update={"alert": wanted.alert})

    def _one(self, id: str) -> Alert:
        if id not in self.kept:
            raise RequestRefused("no_such_alert", f"There is no alert {id!r}.", status=404)
        return self.kept[id]


@pytest_asyncio.fixture(loop_scope="session")
async def alerting(gateway: Gateway) -> AsyncIterator[Alerting]:
    answering, bus = Alerting(), await gateway.peers.bus("alerting")
    stop = await bus.serve(
        "alerting",
        {
            "alerts": answering.alerts,
            "alert": answering.alert,
            "alert_acknowledge": answering.acknowledge,
            "alert_review": answering.review,
            "alert_picture": answering.picture,
            "alert_replay": answering.replay,
        },
    )
    yield answering
    await stop()
    await bus.close()


async def test_pages_follow_each_other_and_filters_are_passed_on(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    first = (
        await admin.get("/alerts", params={"limit": 2, "risk": [1, 2], "rule": "no_mask", "verdict": "none"})
    ).json()
    assert [one["id"] for one in first["items"]] == ["a0", "a1"]
    asked = alerting.asked[-1]
    assert (asked.risks, asked.rules, asked.verdicts, asked.is_silent) == ((1, 2), ("no_mask",), ("none",), False)
    last = (await admin.get("/alerts", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert ([one["id"] for one in last["items"]], last["next_cursor"]) == (["a2"], None)
    assert (await admin.get("/alerts", params={"risk": 7})).status_code == 422
    for said, passed_on in (({}, None), ({"in_case": "false"}, False), ({"in_case": "true"}, True)):
        await admin.get("/alerts", params=said)
        assert alerting.asked[-1].is_in_case is passed_on


async def test_one_is_shown_with_what_it_rests_on(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    shown = (await admin.get("/alerts/a1")).json()
    assert shown["best"]["boxes"] == [{"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}]
    assert shown["frames"][0]["fragment_sha256"] == "ab" * 32
    assert shown["latency_ms"]["inferred"] == 0.0
    assert (await admin.get("/alerts/nothing")).json()["code"] == "no_such_alert"


async def test_who_took_it_and_who_judged_it_is_on_record(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    taken = await admin.post("/alerts/a0/acknowledgement")
    assert taken.json()["acknowledged_by"] == "admin"
    judged = await admin.post("/alerts/a0/review", json={"verdict": "false", "note": "a cat"})
    assert judged.json()["review"]["verdict"] == "false"
    deeds = (await admin.get("/audit", params={"limit": 5})).json()["items"]
    assert [(one["action"], one["detail"].get("verdict")) for one in deeds[:2]] == [
        ("alert_reviewed", "false"),
        ("alert_acknowledged", None),
    ]
    assert (await admin.post("/alerts/a0/review", json={"verdict": "perhaps"})).status_code == 422


async def test_a_viewer_sees_and_does_not_judge(gateway: Gateway, admin: httpx.AsyncClient, alerting: Alerting) -> None:
    await admin.post("/accounts", json={"name": "onlooker", "password": PASSWORD, "roles": ["viewer"]})
    async with gateway.client(await gateway.token("onlooker", PASSWORD)) as viewer:
        assert (await viewer.get("/alerts")).status_code == 200
        refused = await viewer.post("/alerts/a0/review", json={"verdict": "false"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def proved(alerting: Alerting, id: str, **proof: object) -> None:
    alert = alerting.kept[id]
    assert alert.best is not None
    made = PROOF.model_copy(update={"picture_at_us": alert.best.at_us, **proof})
    alerting.kept[id] = alert.model_copy(update={"proof": made, "clip": made.clip if made.state == "ready" else None})


async def test_its_proof_is_shown_and_the_kept_picture_is_sent(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    proved(alerting, "a1")
    proof = (await admin.get("/alerts/a1")).json()["proof"]
    assert (proof["state"], proof["is_held"], proof["facts"], proof["clip"]["size_bytes"]) == (
        "ready",
        True,
        61,
        9876543,
    )
    assert proof["clip"]["id"] == PROOF.clip
    picture = await admin.get("/alerts/a1/picture.jpg")
    assert (picture.status_code, picture.content) == (200, b"\xff\xd8\xff")
    assert picture.headers["etag"] == f'"{"ef" * 32}"'
    deed = (await admin.get("/audit", params={"limit": 1})).json()["items"][0]
    assert (deed["action"], deed["detail"]["alert"]) == ("snapshot", "a1")


async def test_a_clip_that_is_not_there_says_why(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    proved(alerting, "a0", state="waiting", detail="The recorder cuts it.")
    waits = await admin.get("/alerts/a0/clip.mp4")
    assert (waits.status_code, waits.json()["code"]) == (409, "clip_not_ready")
    assert "The recorder cuts it." in waits.json()["detail"]
    proved(alerting, "a0", state="impossible", why="nothing_recorded", detail="Nothing was recorded then.")
    never = await admin.get("/alerts/a0/clip.mp4")
    assert (never.status_code, never.json()["code"]) == (404, "no_clip")
    assert (await admin.get("/alerts/nothing/clip.mp4")).status_code == 404


async def test_it_is_ruled_again(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    done = (await admin.post("/alerts/a1/replay", json={"rule_version": 2})).json()
    assert (done["stands"], done["verdict"], done["facts"]) == (True, "same", 61)
    assert alerting.replays[-1] == ReplayWanted(alert="a1", rule_version=2)
    assert (await admin.post("/alerts/a1/replay")).status_code == 200
    assert (await admin.post("/alerts/a1/replay", json={"rule_version": 0})).status_code == 422
    assert (await admin.post("/alerts/nothing/replay")).json()["code"] == "no_such_alert"


async def test_a_viewer_does_not_rule(gateway: Gateway, admin: httpx.AsyncClient, alerting: Alerting) -> None:
    await admin.post("/accounts", json={"name": "watcher", "password": PASSWORD, "roles": ["viewer"]})
    async with gateway.client(await gateway.token("watcher", PASSWORD)) as viewer:
        assert (await viewer.post("/alerts/a1/replay")).status_code == 403
