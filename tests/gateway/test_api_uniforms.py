"""A kitchen's uniform through the API: photos one by one, told to the detector, trusted, forgotten, each on record."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from shared.errors import RequestRefused
from shared.messages.detector import SeenBox
from shared.messages.uniforms import UniformEnrolled, UniformPhotoJudged, UniformPhotoWanted
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SITE = "dressed"


def photo(kind: str = "JPEG", side: int = 400) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    Image.fromarray(pixels).save(file, kind, exif=exif)
    return file.getvalue()


class Eye:
    """The detector at the bus: takes every photo but the one it is told to refuse."""

    def __init__(self) -> None:
        self.asked: list[UniformPhotoWanted] = []
        self.refuses = ""

    async def judge(self, request: bytes) -> UniformPhotoJudged:
        wanted = UniformPhotoWanted.decode(request)
        self.asked.append(wanted)
        if self.refuses:
            raise RequestRefused("uniform_photo", self.refuses, status=422)
        alike = 0.9 if wanted.others else None
        torso = SeenBox(x=0.2, y=0.3, width=0.4, height=0.5)
        return UniformPhotoJudged(description=f"photo-{len(self.asked)}", torso=torso, alike=alike)


@pytest_asyncio.fixture(loop_scope="session")
async def eye(gateway: Gateway, admin: httpx.AsyncClient) -> AsyncIterator[Eye]:
    await admin.post("/sites", json={"id": SITE, "name": "Dressed"})
    answering, bus = Eye(), await gateway.peers.bus("detector")
    stop = await bus.serve("detector", {"uniform_photo": answering.judge})
    yield answering
    await stop()
    await bus.close()
    await admin.delete(f"/sites/{SITE}")


async def give(client: httpx.AsyncClient, body: bytes | None = None) -> httpx.Response:
    return await client.post(
        f"/sites/{SITE}/uniform/photos",
        content=photo() if body is None else body,
        headers={"Content-Type": "image/jpeg"},
    )


async def test_five_photos_make_a_uniform_that_a_supervisor_may_trust(
    gateway: Gateway, admin: httpx.AsyncClient, eye: Eye
) -> None:
    assert (await admin.get(f"/sites/{SITE}/uniform")).json()["state"] == "none"
    early = await admin.patch(f"/sites/{SITE}/uniform", json={"is_trusted": True})
    assert (early.status_code, early.json()["code"]) == (409, "uniform_incomplete")
    states = []
    for number in range(5):
        answer = await give(admin, photo("PNG" if number else "JPEG"))
        assert answer.status_code == 201, answer.text
        states.append(answer.json()["uniform"]["state"])
    assert states == ["collecting"] * 4 + ["advisory"]
    assert answer.json()["alike"] == 0.9
    assert [len(wanted.others) for wanted in eye.asked] == [0, 1, 2, 3, 4]

    trusted = await admin.patch(f"/sites/{SITE}/uniform", json={"is_trusted": True})
    assert trusted.json()["state"] == "trusted"
    bucket = await gateway.observer.kv("uniforms")
    entry = await bucket.get(SITE)
    assert entry is not None
    assert entry.value is not None
    told = UniformEnrolled.decode(entry.value)
    assert told.photos == ("photo-1", "photo-2", "photo-3", "photo-4", "photo-5")
    assert (told.is_trusted, told.changed_by) == (True, "admin")

    another = await give(admin)
    assert another.json()["uniform"]["state"] == "advisory", "another photo makes another judge"
    assert (await admin.delete(f"/sites/{SITE}/uniform")).status_code == 204
    assert (await admin.get(f"/sites/{SITE}/uniform")).json()["photos"] == 0
    trail = (await admin.get("/audit")).json()["items"]
    actions = [row["action"] for row in trail if row["detail"].get("site") == SITE]
    assert actions[:3] == ["uniform_forgotten", "uniform_photo_added", "uniform_trusted"]


async def test_what_is_no_photo_is_refused_and_nothing_is_kept(admin: httpx.AsyncClient, eye: Eye) -> None:
    for body in (b"", b"<html>", photo()[:200], b"%PDF-1.7\n" + photo()):
        answer = await give(admin, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_photo"), answer.text
    assert (await give(admin, b"x" * 12_000_001)).status_code == 413
    eye.refuses = "Nobody was found in this photo."
    refused = await give(admin)
    assert (refused.status_code, refused.json()["detail"]) == (422, "Nobody was found in this photo.")
    assert (await admin.get(f"/sites/{SITE}/uniform")).json()["state"] == "none"


async def test_a_photo_travels_without_what_its_camera_wrote_into_it(admin: httpx.AsyncClient, eye: Eye) -> None:
    import base64

    assert (await give(admin, photo(side=2000))).status_code == 201
    sent = base64.b64decode(eye.asked[-1].photo)
    with Image.open(io.BytesIO(sent)) as picture:
        assert max(picture.size) == 1600
        assert not picture.getexif()
    assert b"where it was taken" not in sent
    await admin.delete(f"/sites/{SITE}/uniform")


async def test_twenty_photos_are_enough(admin: httpx.AsyncClient, eye: Eye) -> None:
    small = photo(side=64)
    for _ in range(20):
        assert (await give(admin, small)).status_code == 201
    full = await give(admin, small)
    assert (full.status_code, full.json()["code"]) == (409, "uniform_full")
    await admin.delete(f"/sites/{SITE}/uniform")


async def test_where_no_detector_answers_it_is_said(admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": SITE, "name": "Dressed"})
    answer = await give(admin)
    assert (answer.status_code, answer.json()["code"]) == (503, "peer_away"), answer.text
    await admin.delete(f"/sites/{SITE}")


async def test_a_site_that_is_removed_takes_its_uniform_along(
    gateway: Gateway, admin: httpx.AsyncClient, eye: Eye
) -> None:
    assert (await give(admin)).status_code == 201
    assert (await admin.delete(f"/sites/{SITE}")).status_code == 204
    entry = await (await gateway.observer.kv("uniforms")).get(SITE)
    assert entry is None or entry.value is None
