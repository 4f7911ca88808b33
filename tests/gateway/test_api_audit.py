"""The audit trail over HTTP: chained whoever writes, filtered, exported, and shown to the school that was watched."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import connect

from services.gateway.adapters.postgres.audit import PostgresAuditTrail
from services.gateway.audit import Deed
from services.gateway.cameras import Camera, StreamSource
from services.gateway.handlers.playbacks import SAME_PLAYBACK_S, SILENT_S, PlaybackRecord
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from shared.audit_chain import ChainedRow, read_csv, read_json, verify
from shared.clock import FakeClock
from shared.database import Database, DatabaseUnreachable
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def sql(gateway: Gateway) -> AsyncIterator[Any]:
    url = gateway.peers.postgres.url("gateway").replace("+asyncpg", "")
    connection = await asyncpg.connect(url, server_settings={"search_path": "gateway"})
    try:
        yield connection
    finally:
        await connection.close()


async def exported(admin: httpx.AsyncClient, **params: str | int) -> list[ChainedRow]:
    answer = await admin.get("/audit/export", params=params)
    assert answer.status_code == 200, answer.text
    lines = io.StringIO(answer.text, newline="")
    return list(read_csv(lines) if params.get("format") == "csv" else read_json(lines))


async def test_the_chain_holds_with_several_gateways_writing_at_once(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    before = (await exported(admin))[-1].number
    databases = [Database(gateway.peers.postgres.url("gateway"), "gateway") for _ in range(3)]
    writers = [PostgresAuditTrail(database) for database in databases]
    odd = {"键": "值 '\"\\", "a": "", "purpose": "patrol", "": "=1+1"}

    async def write(writer: PostgresAuditTrail, name: str) -> None:
        for number in range(25):
            deed = Deed("live_view_ended", f"{name}=李", "::1", datetime.now(UTC), camera=None, seconds=number / 7)
            await writer.add(replace(deed, detail=odd))

    began = time.perf_counter()
    await asyncio.gather(*(write(writer, f"w{n}") for n, writer in enumerate(writers * 4)))
    took_ms = (time.perf_counter() - began) * 1e3 / 300
    print(f"\n12 writers over 3 gateways' pools: {took_ms:.2f} ms a row")
    for database in databases:
        await database.close()
    rows = await exported(admin)
    verdict = verify(rows)
    assert verdict.broken_at is None, verdict
    ours = [row for row in rows if row.who and row.who.endswith("=李")]
    assert len(ours) == 300
    numbers = [row.number for row in rows if row.number > before]
    assert numbers == list(range(before + 1, before + 1 + len(numbers))), "no number is left out"
    assert await exported(admin, format="csv", after=before), "spreadsheets get the same"
    assert verify(await exported(admin, format="csv")).broken_at is None


async def test_the_database_refuses_and_the_chain_tells_who_got_around_it(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    async with sql(gateway) as connection:
        for statement in ("update audit set who = 'x'", "delete from audit", "truncate audit"):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await connection.execute(statement)
        row = await connection.fetchrow("select number, who, hash from audit where number = 3")
        forged = "insert into audit (number, at, action, outcome, detail, hash) values (3, now(), 'x', 'x', '{}', '')"
        await connection.execute(forged)
        newest = await connection.fetchrow("select number, hash from audit order by number desc limit 1")
        assert newest["number"] > 3, "numbers and hashes are the database's own, whatever was sent"
        assert len(newest["hash"]) == 32
        # The owner of the table can switch the trigger off; that is what the chain is for.
        await connection.execute("alter table audit disable trigger append_only")
        try:
            await connection.execute("update audit set who = 'somebody else' where number = 3")
            verdict = verify(await exported(admin))
            assert (verdict.broken_at, verdict.rows) == (3, 2)
        finally:
            await connection.execute("update audit set who = $1 where number = 3", row["who"])
            await connection.execute("alter table audit enable trigger append_only")
    assert verify(await exported(admin)).broken_at is None


async def register(admin: httpx.AsyncClient, camera: str, site: str) -> None:
    await admin.post("/sites", json={"id": site, "name": site})
    body = {"id": camera, "site": site, "name": camera, "main": {"url": "rtsp://10.0.0.9/1"}}
    assert (await admin.post("/cameras", json=body)).status_code == 201


async def account(admin: httpx.AsyncClient, name: str, role: str, *sites: str) -> None:
    body = {"name": name, "password": PASSWORD, "roles": [role]} | ({"sites": list(sites)} if sites else {})
    assert (await admin.post("/accounts", json=body)).status_code == 201


async def test_a_school_sees_who_watched_its_kitchen_and_for_how_long(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    await register(admin, "watched-1", "watched")
    await register(admin, "unwatched-1", "unwatched")
    await account(admin, "watched-school", "school", "watched")
    await account(admin, "patroller", "supervisor")
    token = await gateway.token("patroller", PASSWORD)
    address = f"{gateway.ws_url}/api/v1/cameras/watched-1/live?purpose=patrol"
    async with gateway.client(await gateway.token("watched-school", PASSWORD)) as school:
        async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None):
            seen = (await school.get("/sites/watched/watching")).json()["items"]
            assert [(each["who"], each["action"], each["purpose"]) for each in seen] == [
                ("patroller", "live_view", "patrol")
            ]
            assert seen[0]["seconds"] is None, "they still look"
            assert "address" not in seen[0]
        async with asyncio.timeout(10):
            while (seen := (await school.get("/sites/watched/watching")).json()["items"])[0]["seconds"] is None:
                await asyncio.sleep(0.02)
        assert len(seen) == 1
        assert 0 < seen[0]["seconds"] < 60
        other = await school.get("/sites/unwatched/watching")
        assert (other.status_code, other.json()["code"]) == (404, "no_such_site")
        assert (await school.get("/audit")).status_code == 403
        assert (await school.get("/sites/watched/watching", params={"camera": "unwatched-1"})).json()["items"] == []


async def test_an_auditor_reads_everything_and_looks_at_nothing(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await register(admin, "audited-1", "audited")
    await account(admin, "reader", "auditor")
    await account(admin, "looker", "supervisor")
    token = await gateway.token("looker", PASSWORD)
    address = f"{gateway.ws_url}/api/v1/cameras/audited-1/live?purpose=patrol"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None):
        pass
    async with gateway.client(await gateway.token("reader", PASSWORD)) as auditor:
        by_action = (await auditor.get("/audit", params={"action": "live_view", "site": "audited"})).json()["items"]
        assert [(row["who"], row["camera"], row["site"]) for row in by_action] == [("looker", "audited-1", "audited")]
        assert by_action[0]["detail"]["purpose"] == "patrol"
        ended = {"action": "live_view_ended", "purpose": "patrol", "who": "looker", "outcome": "ok"}
        async with asyncio.timeout(10):
            while not (await auditor.get("/audit", params=ended)).json()["items"]:
                await asyncio.sleep(0.02)
        at = by_action[0]["at"]
        assert (await auditor.get("/audit", params={"who": "looker", "until": at})).json()["items"][0][
            "action"
        ] == "log_in"
        first = (await auditor.get("/audit", params={"limit": 2})).json()
        second = (await auditor.get("/audit", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert [row["number"] for row in first["items"]][-1] - 1 == second["items"][0]["number"]
        assert (await auditor.get("/audit", params={"since": "yesterday"})).status_code == 422
        assert (await auditor.get("/cameras/audited-1/snapshot.jpg")).status_code == 403
        assert (await auditor.get("/sites")).status_code == 403
        await auditor.get("/audit/export", params={"after": first["items"][0]["number"]})
        newest = (await auditor.get("/audit", params={"limit": 1})).json()["items"][0]
        assert (newest["action"], newest["who"]) == ("audit_exported", "reader")


class Trail:
    """Keeps deeds in memory."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    async def add(self, deed: Deed) -> None:
        self.deeds.append(deed)


LI = By(Identity("li", ("supervisor",), "login", datetime(2026, 11, 23, tzinfo=UTC)), "10.0.0.7")
WANG = By(replace(LI.identity, name="wang"), "10.0.0.8")
COOK = Camera("cook-1", "school", "n", "hygiene", StreamSource("rtsp://h/1"))


async def test_a_playback_ends_when_nobody_asks_any_more() -> None:
    clock, trail = FakeClock(), Trail()
    record = PlaybackRecord(trail, clock, asyncio.Lock())  # type: ignore[arg-type]
    await record.asked(LI, COOK, "main", 1, 2, "case")
    for _ in range(8):
        await clock.advance(10)
        await record.seen(LI, COOK)
        await record.asked(LI, COOK, "main", 1, 2, "case")
        await record.end_round()
    assert [deed.action for deed in trail.deeds] == ["playback"]
    await clock.advance(SILENT_S + 1)
    await record.seen(WANG, COOK)
    await record.end_round()
    began, of_wang, ended = trail.deeds
    assert (of_wang.action, of_wang.who) == ("playback", "wang"), "theirs is another's look"
    assert (ended.action, ended.who, ended.seconds) == ("playback_ended", "li", 80.0)
    assert ended.detail["purpose"] == "case"
    assert ended.detail["began"] == began.at.isoformat()
    await record.asked(LI, COOK, "main", 1, 2, None)
    assert [deed.action for deed in trail.deeds[3:]] == ["playback"], "looked at again, on record again"


async def test_pieces_without_a_playlist_are_on_record_once_in_ten_minutes() -> None:
    clock, trail = FakeClock(), Trail()
    record = PlaybackRecord(trail, clock, asyncio.Lock())  # type: ignore[arg-type]
    await asyncio.gather(*(record.seen(LI, COOK, stream="main") for _ in range(6)))
    for _ in range(3):
        await clock.advance(SAME_PLAYBACK_S - 1)
        await record.end_round()
        await record.seen(LI, COOK, stream="main")
    (began,) = trail.deeds
    assert (began.action, began.who, began.camera, began.detail) == ("playback", "li", "cook-1", {"stream": "main"})
    await record.seen(LI, replace(COOK, id="cook-2"))
    assert [deed.camera for deed in trail.deeds] == ["cook-1", "cook-2"], "another camera is another look"
    await clock.advance(SAME_PLAYBACK_S + 1)
    await record.end_round()
    ended = [deed for deed in trail.deeds if deed.action == "playback_ended"]
    assert [(deed.camera, deed.seconds) for deed in ended] == [("cook-1", 3 * (SAME_PLAYBACK_S - 1)), ("cook-2", 0.0)]
    await record.seen(LI, COOK)
    assert (trail.deeds[-1].action, trail.deeds[-1].camera) == ("playback", "cook-1")


async def test_what_cannot_be_recorded_is_not_shown() -> None:
    class Away(Trail):
        async def add(self, deed: Deed) -> None:
            raise DatabaseUnreachable("away")

    record = PlaybackRecord(Away(), FakeClock(), asyncio.Lock())  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(DatabaseUnreachable):
            await record.seen(LI, COOK)
