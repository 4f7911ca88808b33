"""Nobody sees a kitchen without a row that its school may read: sheets, kept playlists, talks that look, sealed cases.

The recorder at the bus and the store behind it are as small as the gateway's questions; what is tested is what is on
record once bytes were handed out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.messages.clips import ThumbnailsReply
from shared.messages.evidence import EvidenceStatus, EvidenceStream
from shared.messages.playback import GopPlace, ObjectPlace
from tests.gateway.running_gateway import PASSWORD, Gateway, register_school

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHOOL, OTHER = "seen-here", "seen-there"
PIECE = f"/cameras/{SCHOOL}-1/recordings/main/2026/11/23/080000-aa.mp4"
GOP = f"/cameras/{SCHOOL}-1/gops/main/aa/1763942400000000-90000.mp4"
SHEET = f"/cameras/{SCHOOL}-1/thumbnails.jpg?hour=2026-11-23T08:00:00Z"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
LOOKS = OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"


async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every object is four bytes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nseen")
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module", autouse=True)
async def recorder(gateway: Gateway) -> AsyncIterator[None]:
    """Has a sheet, an object, a GOP, and a case of both schools."""
    objects = await asyncio.start_server(store, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{objects.sockets[0].getsockname()[1]}/object"

    async def thumbnails(request: bytes) -> ThumbnailsReply:
        return ThumbnailsReply(object_name="sheet", filled=(True,) * 60, cell_width=160, cell_height=90)

    async def place(request: bytes) -> ObjectPlace:
        return ObjectPlace(url=url, lasts_s=600)

    async def gop(request: bytes) -> GopPlace:
        return GopPlace(url=url, offset=0, size_bytes=4)

    async def case(request: bytes) -> EvidenceStatus:
        # Twice the same camera: its row is one.
        cameras = ((SCHOOL, "main"), (SCHOOL, "sub"), (OTHER, "main"))
        streams = tuple(EvidenceStream(site=site, camera=f"{site}-1", stream=stream) for site, stream in cameras)  # type: ignore[arg-type]
        return EvidenceStatus(
            case="case-1", asked_by="li", asked_us=1, reason="r", streams=streams, from_us=1, to_us=2,
            locked_until_us=3, state="sealed", progress=1.0,
        )  # fmt: skip

    answers: dict[str, Any] = {"thumbnails": thumbnails, "object": place, "gop": gop, "evidence": case}
    bus = await gateway.peers.bus("recorder")
    stop = await bus.serve("recorder", answers | {"evidence_file": place})
    async with gateway.client(await gateway.token()) as admin:
        for site in (SCHOOL, OTHER):
            await register_school(admin, site)
    yield
    await stop()
    await bus.close()
    objects.close()


async def new_supervisor(gateway: Gateway, admin: httpx.AsyncClient, name: str) -> httpx.AsyncClient:
    account = {"name": name, "password": PASSWORD, "roles": ["supervisor"]}
    assert (await admin.post("/accounts", json=account)).status_code == 201
    return gateway.client(await gateway.token(name, PASSWORD))


async def told(admin: httpx.AsyncClient, site: str, who: str) -> list[tuple[str, str]]:
    """What that school reads of this person, oldest first: deed and camera."""
    rows = (await admin.get(f"/sites/{site}/watching", params={"limit": 200})).json()["items"]
    return [(row["action"], row["camera"]) for row in reversed(rows) if row["who"] == who]


@pytest.mark.parametrize(("name", "path"), [("sheets", SHEET), ("pieces", PIECE), ("gops", GOP)])
async def test_what_is_shown_without_a_playlist_is_a_playback(
    gateway: Gateway, admin: httpx.AsyncClient, name: str, path: str
) -> None:
    async with await new_supervisor(gateway, admin, f"looks-at-{name}") as person:
        answers = await asyncio.gather(*(person.get(path) for _ in range(4)))
        assert [(each.status_code, each.content) for each in answers] == [(200, b"seen")] * 4
        await person.get(SHEET)
    assert await told(admin, SCHOOL, f"looks-at-{name}") == [("playback", f"{SCHOOL}-1")], "one row for one look"
    assert await told(admin, OTHER, f"looks-at-{name}") == []


async def test_what_does_not_exist_shows_nothing_and_is_not_told(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    async with await new_supervisor(gateway, admin, "guesses") as person:
        assert (await person.get(PIECE.replace(".mp4", ".txt"))).status_code == 404
        assert (await person.get(GOP.replace("90000", "x"))).status_code == 404
    assert await told(admin, SCHOOL, "guesses") == []


async def test_a_talk_that_looks_is_told_and_one_that_only_speaks_is_not(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    async with await new_supervisor(gateway, admin, "speaks") as person:
        for offer in (OFFER, LOOKS):
            # No intercom runs: what is on record is what was tried.
            answer = await person.post(
                f"/cameras/{SCHOOL}-1/talk", content=offer, headers={"Content-Type": "application/sdp"}
            )
            assert answer.status_code == 503, answer.text
    assert await told(admin, SCHOOL, "speaks") == [("talk_opened", f"{SCHOOL}-1")]


async def test_whoever_takes_a_sealed_case_is_told_to_every_school_in_it(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    async with await new_supervisor(gateway, admin, "takes") as person:
        answer = await person.get("/evidence/case-1/file.zip")
        assert (answer.status_code, answer.content) == (200, b"seen")
    for site in (SCHOOL, OTHER):
        assert await told(admin, site, "takes") == [("evidence_downloaded", f"{site}-1")]


async def test_a_download_that_begins_in_the_middle_is_told_and_its_parts_are_one(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    async with await new_supervisor(gateway, admin, "parts") as person:
        for part in ("bytes=1-", "bytes=2-", "bytes=3-"):
            await person.get("/evidence/case-1/file.zip", headers={"Range": part})
    for site in (SCHOOL, OTHER):
        assert await told(admin, site, "parts") == [("evidence_downloaded", f"{site}-1")]
