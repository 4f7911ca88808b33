"""Two who change one account at once: each change stays, and somebody is left who may log in and make others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from services.gateway.accounts import Account, PasswordHasher
from services.gateway.handlers.own_account import OwnAccount
from services.gateway.handlers.people import People
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from services.gateway.refusals import InvalidFields
from services.gateway.units import Units
from shared.errors import RequestRefused
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANOTHER = "quite another password"


@dataclass
class SlowHasher:
    """The real one, and what happens while it is at it."""

    real: PasswordHasher
    meanwhile: Callable[[], Awaitable[object]]

    async def hash(self, password: str) -> str:
        hashed = await self.real.hash(password)
        await self.meanwhile()
        return hashed

    async def matches(self, password: str, password_hash: str | None) -> bool:
        return await self.real.matches(password, password_hash)


@dataclass
class SlowUnits:
    """The real ones, and what happens while they are asked."""

    real: Units
    meanwhile: Callable[[], Awaitable[object]]

    async def missing(self, ids: Iterable[str]) -> list[str]:
        found = await self.real.missing(ids)
        await self.meanwhile()
        return found


async def account(admin: httpx.AsyncClient, name: str, **more: Any) -> None:
    body = {"name": name, "password": PASSWORD, "roles": ["supervisor"]} | more
    assert (await admin.post("/accounts", json=body)).status_code == 201


async def kept(gateway: Gateway, name: str) -> Account:
    found = await gateway.rooms.people.accounts.find(name)
    assert found is not None
    return found


def by(gateway: Gateway, name: str) -> By:
    people = gateway.rooms.people
    return By(Identity(name, ("supervisor",), None, people.clock.now()), "192.0.2.20")


def own_account(gateway: Gateway, people: People) -> OwnAccount:
    return OwnAccount(people, gateway.rooms.doors.own_account.tokens)


@dataclass
class SlowMatcher:
    """The real one, and what happens after the password was found right."""

    real: PasswordHasher
    meanwhile: Callable[[], Awaitable[object]]

    async def hash(self, password: str) -> str:
        return await self.real.hash(password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        is_right = await self.real.matches(password, password_hash)
        await self.meanwhile()
        return is_right


async def test_a_password_that_is_no_more_opens_nothing(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "once-reset")

    async def reset() -> None:
        answer = await admin.patch("/accounts/once-reset", json={"password": ANOTHER})
        assert answer.status_code == 200, answer.text

    people = replace(gateway.rooms.people, hasher=SlowMatcher(gateway.rooms.people.hasher, reset))
    with pytest.raises(RequestRefused) as refused:
        await people.log_in("once-reset", PASSWORD, "192.0.2.21")
    assert (refused.value.code, refused.value.status) == ("wrong_credentials", 401)
    assert await people.logins.of("once-reset", people.clock.now()) == []
    told = (await admin.get("/audit", params={"who": "once-reset", "action": "log_in"})).json()["items"]
    assert [row["outcome"] for row in told] == ["wrong_credentials"]


async def test_a_new_password_switches_nobody_on_again(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "once-fired", sites=["a", "b"])

    async def fired() -> None:
        body = {"is_enabled": False, "roles": ["viewer"], "sites": ["a"]}
        assert (await admin.patch("/accounts/once-fired", json=body)).status_code == 200

    people = replace(gateway.rooms.people, hasher=SlowHasher(gateway.rooms.people.hasher, fired))
    await own_account(gateway, people).change_password(by(gateway, "once-fired"), PASSWORD, ANOTHER)
    now = await kept(gateway, "once-fired")
    assert (now.is_enabled, now.roles, now.sites) == (False, ("viewer",), ("a",))
    assert await people.hasher.matches(ANOTHER, now.password_hash)


async def test_a_password_that_an_administrator_gave_meanwhile_stays(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    """Who was thrown out of an account does not take it back with the old password."""
    await account(admin, "taken-back")

    async def taken_back() -> None:
        body = {"password": "given by the bureau", "must_change_password": True}
        assert (await admin.patch("/accounts/taken-back", json=body)).status_code == 200

    people = replace(gateway.rooms.people, hasher=SlowHasher(gateway.rooms.people.hasher, taken_back))
    with pytest.raises(InvalidFields):
        await own_account(gateway, people).change_password(by(gateway, "taken-back"), PASSWORD, ANOTHER)
    now = await kept(gateway, "taken-back")
    assert await people.hasher.matches("given by the bureau", now.password_hash)
    assert await people.accounts.must_change_password("taken-back")


async def test_a_change_of_an_account_leaves_its_new_password(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "moves-desk")
    usual = gateway.rooms.people

    async def meanwhile() -> None:
        await own_account(gateway, usual).change_password(by(gateway, "moves-desk"), PASSWORD, ANOTHER)

    people = replace(usual, units=SlowUnits(usual.units, meanwhile))  # type: ignore[arg-type]
    boss = by(gateway, "admin").identity
    changed = await people.change_account(boss, "192.0.2.20", "moves-desk", roles=("inspector",))
    assert changed == await kept(gateway, "moves-desk")
    assert changed.roles == ("inspector",)
    assert await people.hasher.matches(ANOTHER, changed.password_hash)


async def test_two_changes_at_once_are_both_made(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "twice-at-once")
    for _ in range(5):
        await admin.patch("/accounts/twice-at-once", json={"roles": ["supervisor"], "is_enabled": True})
        bodies: tuple[dict[str, object], ...] = ({"is_enabled": False}, {"roles": ["viewer"]}, {"sites": ["a"]})
        await asyncio.gather(*(admin.patch("/accounts/twice-at-once", json=body) for body in bodies))
        now = await kept(gateway, "twice-at-once")
        assert (now.is_enabled, now.roles, now.sites) == (False, ("viewer",), ("a",))


async def test_somebody_is_left_who_may_make_others(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    people = gateway.rooms.people
    boss = by(gateway, "admin").identity
    await account(admin, "second-boss", roles=["admin"])
    for other in await people.accounts.all():
        if "admin" in other.roles and other.name not in ("admin", "second-boss"):
            await people.change_account(boss, "192.0.2.20", other.name, roles=("viewer",))
    try:
        for _ in range(8):
            both = ("admin", "second-boss")
            less = (people.change_account(boss, "192.0.2.20", name, roles=("viewer",)) for name in both)
            answers = await asyncio.gather(*less, return_exceptions=True)
            refused = [each.code for each in answers if isinstance(each, RequestRefused)]
            assert refused == ["last_administrator"], answers
            for name in both:
                await people.change_account(boss, "192.0.2.20", name, roles=("admin",))
    finally:
        await people.change_account(boss, "192.0.2.20", "admin", roles=("admin",), is_enabled=True)
