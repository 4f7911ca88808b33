"""Whom alerting may tell: accounts as they are at the moment, on the bus."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.gateway.adapters import bucket_mirror
from shared.bus.kv_watch import KvEntry
from shared.messages.notices import PersonKnown
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 20.0


async def test_who_has_come_to_the_end_is_told_nothing_more(
    gateway: Gateway, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing changes at that moment: a round of the mirror finds it, and there is one every minute."""
    assert bucket_mirror.COMPARE_S <= 60
    monkeypatch.setattr(bucket_mirror, "COMPARE_S", 0.1)
    told: asyncio.Queue[PersonKnown] = asyncio.Queue()

    def changed(entry: KvEntry) -> None:
        known = None if entry.value is None else PersonKnown.decode(entry.value)
        if known is not None and known.person == "until-friday":
            told.put_nowait(known)

    watch = await (await gateway.observer.kv("people")).watch(changed)
    over = datetime.now(UTC) + timedelta(seconds=1.5)
    body = {"name": "until-friday", "password": PASSWORD, "roles": ["guest"], "sites": ["a"], "ends_at": str(over)}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    try:
        async with asyncio.timeout(LIMIT_S):
            assert (await told.get()).is_enabled
            assert not (await told.get()).is_enabled
            assert datetime.now(UTC) >= over
            later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            assert (await admin.patch("/accounts/until-friday", json={"ends_at": later})).status_code == 200
            assert (await told.get()).is_enabled, "and who is let in again is told again"
    finally:
        await watch.close()
