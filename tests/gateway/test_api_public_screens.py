"""Public screens through the API: made, shown once, renewed, ended; and what everybody with a link gets to see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from services.gateway.logins import login_id
from services.gateway.public_screens import PublicScreen
from shared.errors import RequestRefused
from shared.messages.cameras import RecordingWindow
from shared.messages.public_pictures import BlurredPicture, BlurredPictureWanted
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday, 20:00 in Shanghai
CAMERAS = ("public-cook", "public-wash")


def later(days: float = 1) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


class Detector:
    """A detector at the bus that holds all shards: what it is asked, and what it says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.captured_us = 1_760_000_000_000_000
        self.why_not: str | None = None

    async def picture(self, request: bytes) -> BlurredPicture:
        wanted = BlurredPictureWanted.decode(request)
        self.asked.append(wanted.camera)
        if self.why_not is not None:
            raise RequestRefused(self.why_not, "words of the detector's own", status=503)
        return BlurredPicture.of(b"\xff\xd8" + wanted.camera.encode(), self.captured_us, 640, 360)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def detector(gateway: Gateway) -> AsyncIterator[Detector]:
    answering, bus = Detector(), await gateway.peers.bus("detector")
    stop = await bus.serve("detector", {}, pinned={"blurred_picture": answering.picture}, instance="public-worker")
    shards = await bus.kv("shards_detector")
    for camera in CAMERAS:
        await shards.put(str(CameraRef("public-site", camera).shard), b"public-worker")
    yield answering
    for camera in CAMERAS:
        await shards.delete(str(CameraRef("public-site", camera).shard))
    await stop()
    await bus.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def cameras(gateway: Gateway) -> None:
    async with gateway.client(await gateway.token()) as client:
        await client.post("/sites", json={"id": "public-site", "name": "secret name of the school"})
        for name in CAMERAS:
            body = {"id": name, "site": "public-site", "name": f"{name} shown", "main": {"url": "rtsp://10.7.7.7/x"}}
            assert (await client.post("/cameras", json=body)).status_code == 201


@pytest.fixture
def screen(cameras: None) -> dict[str, object]:
    return {"name": "第二小学食堂", "cameras": list(CAMERAS), "ends_at": later()}


@pytest_asyncio.fixture(loop_scope="session")
async def nobody(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as client:
        yield client


@pytest.fixture
def fresh(gateway: Gateway) -> Iterator[None]:
    """What is known of links for a moment is not in the way."""
    gateway.rooms.public_screens._known.clear()
    yield
    gateway.rooms.public_screens._known.clear()


async def test_one_is_made_shown_once_renewed_and_ended(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, screen: dict[str, object], fresh: None
) -> None:
    answer = await admin.post("/public-screens", json=screen)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    id, token = made["screen"]["id"], made["token"]
    assert made["path"] == f"/public/{token}"
    assert made["screen"]["state"] == "open"
    listed = await admin.get("/public-screens")
    assert id in [one["id"] for one in listed.json()["items"]]
    assert token not in listed.text
    assert login_id(token) not in listed.text
    shown = await nobody.get(f"/public/{token}")
    assert shown.json()["cameras"] == [
        {"number": 1, "name": "public-cook shown"},
        {"number": 2, "name": "public-wash shown"},
    ]
    assert not any(secret in shown.text for secret in ("public-site", "secret name", "10.7.7.7", '"public-cook"'))
    renewed = (await admin.post(f"/public-screens/{id}/link")).json()["token"]
    assert (await nobody.get(f"/public/{token}")).json()["code"] == "no_such_link"
    assert (await nobody.get(f"/public/{renewed}")).status_code == 200
    assert (await admin.delete(f"/public-screens/{id}")).status_code == 204
    assert (await nobody.get(f"/public/{renewed}")).status_code == 404
    assert (await nobody.get(f"/public/{renewed}/pictures/1.jpg")).status_code == 404
    assert (await admin.get(f"/public-screens/{id}")).status_code == 404
    rows = [row for row in (await admin.get("/audit?limit=50")).json()["items"] if row["detail"].get("screen") == id]
    assert [row["action"] for row in rows] == [
        "public_screen_ended",
        "public_screen_link_renewed",
        "public_screen_added",
    ]
    assert not any(each in str(rows) for each in (token, renewed))


async def test_a_change_that_somebody_else_made_meanwhile_is_not_lost(
    admin: httpx.AsyncClient, screen: dict[str, object]
) -> None:
    answer = await admin.post("/public-screens", json=screen)
    id, tag = answer.json()["screen"]["id"], answer.headers["ETag"]
    changed = await admin.patch(f"/public-screens/{id}", json={"name": "another"}, headers={"If-Match": tag})
    assert changed.json()["name"] == "another"
    assert changed.json()["cameras"] == list(CAMERAS)
    again = await admin.patch(f"/public-screens/{id}", json={"is_on": False}, headers={"If-Match": tag})
    assert again.status_code == 412
    assert (await admin.get(f"/public-screens/{id}")).headers["ETag"] == changed.headers["ETag"]
    await admin.delete(f"/public-screens/{id}")


@pytest.mark.parametrize(
    "change",
    [
        {"cameras": []},
        {"cameras": ["public-none"]},
        {"cameras": ["a"] * 13},
        {"ends_at": "2020-01-01T00:00:00Z"},
        {"ends_at": "2099-01-01T00:00:00Z"},
        {"ends_at": "2030-01-01T00:00:00"},
        {"time_zone": "Mars/Base"},
        {"hours": [{"days": [8], "start": "08:00", "end": "09:00"}]},
        {"name": ""},
        {"token": "x"},
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    admin: httpx.AsyncClient, screen: dict[str, object], change: dict[str, object]
) -> None:
    answer = await admin.post("/public-screens", json=screen | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["change"]


async def test_a_camera_that_is_not_analysed_cannot_be_chosen(
    admin: httpx.AsyncClient, screen: dict[str, object]
) -> None:
    await admin.patch("/cameras/public-wash", json={"analysis": {"is_enabled": False}})
    answer = await admin.post("/public-screens", json=screen)
    assert answer.status_code == 422
    assert "not analysed" in answer.text
    await admin.patch("/cameras/public-wash", json={"analysis": {"is_enabled": True}})


async def test_many_look_and_the_detector_is_asked_once(
    gateway: Gateway,
    admin: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    detector: Detector,
    screen: dict[str, object],
    fresh: None,
) -> None:
    made = (await admin.post("/public-screens", json=screen)).json()
    address = f"/public/{made['token']}/pictures/1.jpg"
    detector.asked.clear()
    answers = await asyncio.gather(*(nobody.get(address) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    first = answers[0]
    assert first.content == b"\xff\xd8public-cook"
    assert first.headers["Content-Type"] == "image/jpeg"
    assert first.headers["Cache-Control"] == "public, max-age=1"
    assert first.headers["X-Captured-Us"] == str(detector.captured_us)
    assert "set-cookie" not in first.headers
    # A busy machine may take longer than the second of one picture.
    assert len(detector.asked) <= 1 + len(answers) // 10
    assert set(detector.asked) == {"public-cook"}
    known = await nobody.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    await admin.delete(f"/public-screens/{made['screen']['id']}")


@pytest.mark.parametrize(
    ("said", "told"), [("not_yet", "picture_preparing"), ("models_unavailable", "picture_away"), ("", "picture_away")]
)
async def test_where_no_face_can_be_hidden_there_is_no_picture(
    gateway: Gateway,
    admin: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    detector: Detector,
    screen: dict[str, object],
    fresh: None,
    said: str,
    told: str,
) -> None:
    pictures = gateway.rooms.public_screens.faces
    await pictures.close()  # type: ignore[attr-defined]  # what was answered a moment ago is forgotten
    made = (await admin.post("/public-screens", json=screen)).json()
    detector.why_not = said or "face_remains"
    answer = await nobody.get(f"/public/{made['token']}/pictures/2.jpg")
    detector.why_not = None
    assert (answer.status_code, answer.json()["code"]) == (503, told)
    assert "detector" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Retry-After"]) >= 1
    await pictures.close()  # type: ignore[attr-defined]
    await admin.delete(f"/public-screens/{made['screen']['id']}")


async def test_a_closed_screen_says_so_and_shows_nothing(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, detector: Detector, screen: dict[str, object], fresh: None
) -> None:
    made = (await admin.post("/public-screens", json=screen)).json()
    address = f"/public-screens/{made['screen']['id']}"
    never = [{"days": [_tomorrow_in_shanghai()], "start": "10:00", "end": "10:01"}]
    for change, state in (({"is_on": False}, "off"), ({"is_on": True, "hours": never}, "outside_hours")):
        assert (await admin.patch(address, json=change)).json()["state"] == state
        view = (await nobody.get(f"/public/{made['token']}")).json()
        assert (view["state"], view["cameras"]) == (state, [])
        picture = await nobody.get(f"/public/{made['token']}/pictures/1.jpg")
        assert (picture.status_code, picture.json()["code"]) == (403, f"screen_{state}")
    await admin.delete(address)


def _tomorrow_in_shanghai() -> int:
    return (datetime.now(UTC) + timedelta(hours=8, days=2)).isoweekday()


async def test_who_asks_too_often_waits(
    gateway: Gateway, nobody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = gateway.rooms.doors.limits.public
    monkeypatch.setattr(limit, "per_s", 0.01)
    monkeypatch.setattr(limit, "burst", 2.0)
    limit._buckets.clear()
    assert [(await nobody.get("/public/pub_x")).status_code for _ in range(3)] == [404, 404, 429]
    assert (await nobody.get("/oidc")).status_code == 200, "nobody else waits for it"
    monkeypatch.undo()
    limit._buckets.clear()


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "open"),
        ({"is_on": False}, "off"),
        ({"ends_at": NOW}, "over"),
        ({"ends_at": NOW, "is_on": False}, "over"),
        ({"hours": (RecordingWindow(days=(1,), from_minute=19 * 60, to_minute=21 * 60),)}, "open"),
        ({"hours": (RecordingWindow(days=(1,), from_minute=21 * 60, to_minute=22 * 60),)}, "outside_hours"),
        ({"hours": (RecordingWindow(days=(2,), from_minute=0, to_minute=1439),)}, "outside_hours"),
    ],
)
async def test_its_state_is_a_matter_of_the_kitchens_clock(change: dict[str, object], state: str) -> None:
    given: dict[str, object] = {
        "id": "s", "token_hash": "", "name": "x", "cameras": (), "ends_at": NOW + timedelta(days=1), "hours": (),
        "time_zone": "Asia/Shanghai", "is_on": True, "made_by": "x", "made_at": NOW, "link_made_at": NOW,
    }  # fmt: skip
    assert PublicScreen(**(given | change)).state(NOW) == state  # type: ignore[arg-type]
