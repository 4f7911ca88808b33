"""Clips and sealed cases of who may see some schools: made, found, fetched and removed there, and nothing of others.

What answers behind the gateway are the recorder's own desks on its own schema; nothing is cut or sealed here.
"""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from services.recorder.adapters.postgres.clips import PostgresClips
from services.recorder.adapters.postgres.evidence_jobs import PostgresEvidenceJobs
from services.recorder.clip_desk import ClipDesk
from services.recorder.evidence.evidence_jobs import EvidenceCounter
from services.recorder.evidence.evidence_store import SealedCase
from services.recorder.holds import Hold
from services.recorder.wiring import _MIGRATIONS
from shared.database import Database
from shared.messages.clips import ASKED_BY_ALERTING, ClipWanted
from tests.gateway.running_gateway import PASSWORD, Gateway, register_school

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN, FOREIGN = "clips-own", "clips-foreign"
_ENDED = datetime.now(UTC) - timedelta(minutes=10)
RANGE = {"start": (_ENDED - timedelta(minutes=1)).isoformat(), "end": _ENDED.isoformat()}
LOCKED = {"locked_until": (_ENDED + timedelta(days=30)).isoformat(), "reason": "kept for the hearing"}


class NothingSealed:
    """No case is sealed yet."""

    async def case(self, id: str) -> SealedCase | None:
        return None


async def _placed(hold: Hold) -> Hold:
    return hold


def _now_us() -> int:
    return time.time_ns() // 1000


@pytest_asyncio.fixture(loop_scope="session", scope="module", autouse=True)
async def recorder(gateway: Gateway) -> AsyncIterator[None]:
    """The recorder's counters for clips and for evidence."""
    database = Database(gateway.peers.postgres.url("recorder"), "recorder")
    await database.migrate(_MIGRATIONS)
    clips = ClipDesk(PostgresClips(database), _now_us, lambda: None)
    cases = EvidenceCounter(
        PostgresEvidenceJobs(database), NothingSealed(), _placed, lambda name, seconds: "", _now_us, lambda: None
    )
    bus = await gateway.peers.bus("recorder")
    stop = await bus.serve(
        "recorder",
        {
            "clip_make": clips.make, "clip": clips.clip, "clips": clips.clips, "clip_remove": clips.remove,
            "evidence_seal": cases.seal, "evidence": cases.case, "evidence_list": cases.cases,
            "evidence_file": cases.file,
        },
    )  # fmt: skip
    yield
    await stop()
    await bus.close()
    await database.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def everywhere(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator, and two schools with a camera each."""
    async with gateway.client(await gateway.token()) as admin:
        for site in (OWN, FOREIGN):
            await register_school(admin, site)
        yield admin


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def local(gateway: Gateway, everywhere: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A supervisor of the first of them."""
    account = {"name": "clips-keeper", "password": PASSWORD, "roles": ["supervisor"], "sites": [OWN]}
    assert (await everywhere.post("/accounts", json=account)).status_code == 201
    async with gateway.client(await gateway.token("clips-keeper", PASSWORD)) as client:
        yield client


async def clip_of(client: httpx.AsyncClient, site: str) -> str:
    made = await client.post("/clips", json={"camera": f"{site}-1"} | RANGE)
    assert made.status_code == 202, made.text
    return str(made.json()["id"])


async def case_of(client: httpx.AsyncClient, *sites: str) -> str:
    made = await client.post("/evidence", json={"cameras": [f"{site}-1" for site in sites]} | RANGE | LOCKED)
    assert made.status_code == 202, made.text
    return str(made.json()["id"])


async def ids(client: httpx.AsyncClient, path: str) -> set[str]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["items"]}


async def refusal(client: httpx.AsyncClient, method: str, path: str) -> tuple[int, str, str]:
    answer = await client.request(method, path)
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


async def test_a_clip_is_its_schools(everywhere: httpx.AsyncClient, local: httpx.AsyncClient) -> None:
    own, foreign = await clip_of(local, OWN), await clip_of(everywhere, FOREIGN)
    assert await ids(local, "/clips") == {own}
    assert await ids(everywhere, "/clips") >= {own, foreign}
    assert await ids(local, f"/clips?camera={FOREIGN}-1") == set()
    assert (await local.get(f"/clips/{own}")).json()["state"] == "queued"
    assert (await refusal(local, "GET", f"/clips/{own}/file.mp4"))[1] == "clip_not_ready"
    for method, tail in (("GET", ""), ("GET", "/file.mp4"), ("DELETE", "")):
        hidden = await refusal(local, method, f"/clips/{foreign}{tail}")
        assert hidden == await refusal(local, method, f"/clips/no-such-clip{tail}"), "as if there were none"
        assert hidden[:2] == (404, "no_such_clip")
    assert await ids(everywhere, "/clips") >= {foreign}, "it was not removed"
    assert (await local.delete(f"/clips/{own}")).status_code == 204
    assert await ids(local, "/clips") == set()


async def test_what_proves_an_alert_is_removed_by_nobody(
    gateway: Gateway, everywhere: httpx.AsyncClient, local: httpx.AsyncClient
) -> None:
    from_us = round(_ENDED.timestamp() * 1e6) - 60_000_000
    wanted = ClipWanted(
        clip="clip-of-an-alert", site=OWN, camera=f"{OWN}-1", from_us=from_us, to_us=from_us + 10_000_000,
        asked_by=ASKED_BY_ALERTING,
    )  # fmt: skip
    bus = await gateway.peers.bus("alerting")
    await bus.request("recorder", "clip_make", wanted, timeout_s=10)
    await bus.close()
    for somebody in (local, everywhere):
        assert (await refusal(somebody, "DELETE", "/clips/clip-of-an-alert"))[:2] == (409, "clip_proves_alert")
        assert (await somebody.get("/clips/clip-of-an-alert")).status_code == 200


async def test_a_case_is_theirs_who_may_see_all_of_it(everywhere: httpx.AsyncClient, local: httpx.AsyncClient) -> None:
    own, both = await case_of(local, OWN), await case_of(everywhere, OWN, FOREIGN)
    assert await ids(local, "/evidence") == {own}
    assert await ids(everywhere, "/evidence") >= {own, both}
    assert (await local.get(f"/evidence/{own}")).json()["reason"] == LOCKED["reason"]
    assert (await refusal(local, "GET", f"/evidence/{own}/file.zip"))[:2] == (409, "case_not_sealed")
    for tail in ("", "/file.zip"):
        hidden = await refusal(local, "GET", f"/evidence/{both}{tail}")
        assert hidden == await refusal(local, "GET", f"/evidence/no-such-case{tail}"), "as if there were none"
        assert hidden[:2] == (404, "no_such_case")


async def test_case_files_come_in_pages_and_by_how_their_reason_begins(
    everywhere: httpx.AsyncClient, local: httpx.AsyncClient
) -> None:
    """What is sealed of a case is found however much else is: the machine seals two files of every answer."""

    async def sealed(client: httpx.AsyncClient, reason: str, site: str = OWN) -> str:
        made = await client.post("/evidence", json={"cameras": [f"{site}-1"]} | RANGE | LOCKED | {"reason": reason})
        assert made.status_code == 202, made.text
        return str(made.json()["id"])

    of_case = await sealed(local, "c0ffee open bins")
    of_order = await sealed(local, "order o-7%_: the picture before the correction")
    elsewhere = await sealed(everywhere, "c0ffee open bins", FOREIGN)
    others = [await sealed(local, f"order o-7xx: look {number}") for number in range(5)]

    both = {"reason": ["c0ffee ", "order o-7%_:"]}
    found = (await local.get("/evidence", params=both)).json()
    assert [one["id"] for one in found["items"]] == [of_order, of_case], "newest first, and nobody else's"
    assert found["next_cursor"] is None
    assert await ids(everywhere, "/evidence?reason=c0ffee%20") == {of_case, elsewhere}
    assert await ids(local, "/evidence?reason=ffee") == set(), "begins, not holds"

    seen: list[str] = []
    query = {"reason": "order o-7", "limit": "2"}
    while True:
        page = (await local.get("/evidence", params=query)).json()
        seen += [one["id"] for one in page["items"]]
        assert len(page["items"]) <= 2
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [*reversed(others), of_order], "each once"

    for wrong in ("cursor=nonsense", "reason=", "reason=" + "x" * 81):
        refused = await local.get(f"/evidence?{wrong}")
        assert refused.status_code in (400, 422), wrong
    made_up = base64.urlsafe_b64encode(b"yesterday.case").decode()
    assert (await local.get("/evidence", params={"cursor": made_up})).json()["code"] == "bad_cursor"
