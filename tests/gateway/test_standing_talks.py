"""Who is logged out, or whose school has moved away, does not go on speaking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from services.gateway.audit import Deed
from services.gateway.handlers.registry import By
from services.gateway.handlers.standing_talks import StandingTalks
from services.gateway.identity import Identity, not_logged_in
from services.gateway.roles import Verb
from shared.clock import FakeClock
from shared.errors import PeerError


class People:
    """Implements `Logins`: everybody as `now` says; None: logged out."""

    def __init__(self, identity: Identity):
        self.now: Identity | None = identity
        self.is_away = False
        self.meanwhile: Callable[[], None] = lambda: None

    async def identity_of_login(self, id: str, *, is_cookie: bool = False) -> Identity:
        self.meanwhile()
        if self.is_away:
            raise PeerError("away")
        if self.now is None:
            raise not_logged_in()
        return self.now


class Trail:
    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    async def add(self, deed: Deed) -> None:
        self.deeds.append(deed)


@pytest.mark.parametrize(
    ("sites", "is_away", "ends"),
    [
        (("a", "b"), False, []),
        (("a",), False, ["broadcast"]),
        ((), False, ["broadcast", "talk"]),
        (None, False, []),
        ("out", False, ["broadcast", "talk"]),
        ("out", True, []),
        ((), True, []),
    ],
)
async def test_a_talk_ends_with_the_right_to_it(sites: Any, is_away: bool, ends: list[str]) -> None:
    clock, trail = FakeClock(), Trail()
    li = Identity("li", ("supervisor",), "login-1", clock.now(), sites=("a", "b"))
    people = People(li)
    standing = StandingTalks(people, cast(Any, trail), clock)
    ended: list[str] = []
    for id, schools in (("talk", ("a",)), ("broadcast", ("a", "b"))):

        async def end(id: str = id) -> None:
            ended.append(id)

        standing.opened(By(li, "192.0.2.1"), id, schools, end)
    people.now = None if sites == "out" else replace(li, sites=sites)
    people.is_away = is_away
    await standing.keep_round()
    await standing.keep_round()
    assert sorted(ended) == ends, "each once"
    assert sorted(deed.detail["talk"] for deed in trail.deeds) == ends


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ({}, []),
        ({"roles": ("inspector",)}, ["broadcast", "looking", "talk"]),
        ({"verbs": frozenset(("talk",))}, ["looking"]),
        ({"verbs": frozenset(("view",))}, ["broadcast", "looking", "talk"]),
        ({"must_change_password": True}, ["broadcast", "looking", "talk"]),
    ],
)
async def test_a_talk_ends_with_the_verbs_that_it_takes(change: dict[str, Any], ends: list[str]) -> None:
    """A token for a program, say, whose owner has other roles by now."""
    clock, trail = FakeClock(), Trail()
    li = Identity("li", ("supervisor",), "login-1", clock.now())
    people = People(li)
    standing = StandingTalks(people, cast(Any, trail), clock)
    ended: list[str] = []
    takes: dict[str, tuple[Verb, ...]] = {"talk": ("talk",), "broadcast": ("talk",), "looking": ("talk", "view")}
    for id, verbs in takes.items():

        async def end(id: str = id) -> None:
            ended.append(id)

        standing.opened(By(li, "192.0.2.1"), id, ("a",), end, verbs)
    people.now = replace(li, **change)
    await standing.keep_round()
    assert sorted(ended) == ends
    assert {deed.detail["why"] for deed in trail.deeds} <= {"not allowed any more"}


async def test_a_talk_that_ends_while_the_database_is_away_harms_nobody() -> None:
    clock = FakeClock()
    li = Identity("li", ("supervisor",), "login-1", clock.now())
    people = People(li)
    standing = StandingTalks(people, cast(Any, Trail()), clock)

    async def end() -> None:
        raise AssertionError("nothing says that it must end")

    standing.opened(By(li, "192.0.2.1"), "talk", ("a",), end)
    people.is_away, people.meanwhile = True, lambda: standing.ended("talk")
    await standing.keep_round()
