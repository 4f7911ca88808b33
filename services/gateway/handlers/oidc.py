"""Logging in with OpenID Connect: sent to the provider, come back, made an account with what their groups may do."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Protocol

from services.gateway.accounts import Account, is_open_at
from services.gateway.audit import Deed
from services.gateway.handlers.people import OpenedLogin, People, require_fitting, with_an_administrator
from services.gateway.handlers.second_factors import Box
from services.gateway.oidc import (
    ATTEMPT_LIFETIME_S,
    Attempt,
    GroupGrant,
    Person,
    Provider,
    account_name,
    challenge_of,
    granted,
    safe_next,
)
from services.gateway.refusals import InvalidFields
from shared.errors import BrightKitchenError, RequestRefused

_CONTEXT = "oidc attempt"


class LinkedAccounts(Protocol):
    """Which account somebody of a provider has here."""

    async def find(self, issuer: str, subject: str) -> str | None: ...

    async def link(self, issuer: str, subject: str, account: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """`kept` goes into a cookie of the browser that is sent."""

    address: str
    kept: str


@dataclass(frozen=True, slots=True)
class OidcDesk:
    """`provider` is None where there is none: then nobody can log in this way."""

    provider: Provider | None
    grants: Mapping[str, GroupGrant]
    links: LinkedAccounts
    people: People
    box: Box

    async def send(self, next: str | None) -> Sent:
        attempt = Attempt(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=safe_next(next),
            expires_us=self.people.clock.now_us() + ATTEMPT_LIFETIME_S * 1_000_000,
        )
        address = await self._on().address(attempt, challenge_of(attempt.verifier))
        return Sent(address, self.box.seal(json.dumps(astuple(attempt)), _CONTEXT))

    async def come_back(
        self, kept: str | None, state: str, code: str, address: str, agent: str
    ) -> tuple[OpenedLogin, str]:
        """A login, and the page to go on to. Raises RequestRefused, PeerError."""
        provider = self._on()
        attempt = self._attempt(kept, state)
        person = await provider.person(code, attempt)
        grant = granted(person.groups, self.grants)
        now = self.people.clock.now()
        try:
            account = None if grant is None else await self._account(person, grant)
        except RequestRefused as refusal:
            await self.people.trail.add(Deed("log_in", person.name[:64], address, now, outcome=refusal.code))
            raise
        if account is None or not is_open_at(account, self.people.clock.now_us()):
            await self.people.trail.add(Deed("log_in", person.name[:64], address, now, outcome="no_role"))
            raise RequestRefused(
                "no_role",
                "You are known, and your groups may do nothing here, or nothing that holds at all of their schools:"
                " ask an administrator.",
                status=403,
            )
        return await self.people.open_login(account, address, agent, by="oidc"), attempt.next

    async def _account(self, person: Person, grant: GroupGrant) -> Account:
        people = self.people
        name = await self.links.find(person.issuer, person.subject)
        account = None if name is None else await people.accounts.find(name)
        if account is None:
            new = await self._new(person, grant)
            return await people.accounts.find(new.name) or new
        if _by_grant(account, grant) == account:
            return account
        changed = await people.accounts.change(
            account.name, lambda there, others: with_an_administrator(_by_grant(there, grant), others)
        )
        await people.end_logins(account.name)  # what it may do now, older logins must not outlive
        return changed or account

    async def _new(self, person: Person, grant: GroupGrant) -> Account:
        people = self.people
        # A hash of what nobody knows: it takes as long to refuse as any other.
        nobody = await people.hasher.hash(secrets.token_urlsafe(32))
        for is_taken in (False, True):
            name = account_name(person, is_taken=is_taken)
            account = Account(name, nobody, grant.roles, True, people.clock.now(), grant.sites, units=grant.units)
            _require_fitting(account)
            if await people.accounts.add(account):
                await self.links.link(person.issuer, person.subject, name)
                detail = {"account": name, "by": "oidc", "roles": ",".join(grant.roles)}
                await people.trail.add(Deed("account_added", name, None, people.clock.now(), detail=detail))
                return account
        raise RequestRefused("account_exists", "Both names for you are taken: ask an administrator.", status=409)

    async def close(self) -> None:
        if self.provider is not None:
            await self.provider.close()

    def _on(self) -> Provider:
        if self.provider is None:
            raise RequestRefused("oidc_off", "Logging in elsewhere is not set up: BK_OIDC_ISSUER.", status=404)
        return self.provider

    def _attempt(self, kept: str | None, state: str) -> Attempt:
        """What this browser was sent with; an answer that it did not ask for is worth nothing."""
        try:
            attempt = Attempt(*json.loads(self.box.open(kept or "", _CONTEXT)))
        except BrightKitchenError:
            attempt = None
        is_ours = attempt is not None and hmac.compare_digest(attempt.state.encode(), state.encode())
        if attempt is None or not is_ours or attempt.expires_us < self.people.clock.now_us():
            raise RequestRefused("attempt_unknown", "This log-in was not begun here, or too long ago: begin again.")
        return attempt


def _by_grant(account: Account, grant: GroupGrant) -> Account:
    """With what it may do; the rest, such as being switched off, is as it is."""
    changed = replace(account, roles=grant.roles, sites=grant.sites, units=grant.units)
    if changed != account:
        _require_fitting(changed)
    return changed


def _require_fitting(account: Account) -> None:
    """The same rules as for accounts made by hand; here the settings are at fault, not who logs in."""
    try:
        require_fitting(account)
    except InvalidFields as fault:
        words = "; ".join(f"{each.problem} {each.change}" for each in fault.faults)
        raise RequestRefused("no_role", f"The groups of BK_OIDC_GROUPS do not fit: {words}", status=403) from fault
