"""Holds on a real PostgreSQL: placed once, lifted once, listed while they are in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.holds import Hold, HoldDesk
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.retention import HoldLifted, HoldsOf, HoldWanted

NOW = 1_790_000_000_000_000


@pytest.fixture
def store(database: Database) -> PostgresRetention:
    return PostgresRetention(database)


def hold(id: str, until_us: int | None = None) -> Hold:
    return Hold(id, "school", "wok", None, NOW - 9, NOW - 8, "case", "case", "li", NOW, until_us)


async def test_holds_in_force_are_listed_newest_first(store: PostgresRetention) -> None:
    desk = HoldDesk(store, lambda: NOW)
    for each in (hold("lifted"), hold("ran-out", until_us=NOW), hold("runs", until_us=NOW + 1)):
        await store.place(each)
    await store.place(replace(hold("later"), placed_us=NOW + 1))
    await desk.lift(HoldLifted(hold="lifted", by="li").encode())
    for asked, expected in [
        (HoldsOf(), ["later", "runs"]),
        (HoldsOf(limit=1), ["later"]),
        (HoldsOf(camera="wok"), ["later", "runs"]),
        (HoldsOf(camera="sink"), []),
    ]:
        assert [each.hold for each in (await desk.holds(asked.encode())).items] == expected


async def test_what_is_wrong_with_a_hold_is_said(store: PostgresRetention) -> None:
    desk = HoldDesk(store, lambda: NOW)
    wanted = HoldWanted(hold="a", site="school", camera="wok", from_us=5, to_us=9, why="first", by="li")
    assert (await desk.place(wanted.encode())).why == "first"
    # The same id again is the hold that is there.
    assert (await desk.place(wanted.model_copy(update={"why": "second"}).encode())).why == "first"
    with pytest.raises(RequestRefused, match="ends before"):
        await desk.place(wanted.model_copy(update={"to_us": 5}).encode())
    with pytest.raises(RequestRefused, match="no such hold"):
        await desk.lift(HoldLifted(hold="b", by="li").encode())
