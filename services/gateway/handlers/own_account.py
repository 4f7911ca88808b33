"""What people do with their own account (password, logins, tokens for programs), and administrators with others."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.gateway.accounts import Account
from services.gateway.api_tokens import LOGIN_PREFIX, NEVER, PREFIX, ApiToken, ApiTokens, handle_of
from services.gateway.audit import Action, Deed
from services.gateway.faults import fault
from services.gateway.handlers.people import People
from services.gateway.handlers.registry import By
from services.gateway.handlers.second_factors import Begun
from services.gateway.identity import Identity
from services.gateway.logins import OpenLogin, login_id
from services.gateway.refusals import InvalidFields, no_such
from services.gateway.roles import Verb, verbs_of
from shared.errors import RequestRefused

TOKENS_MAX = 50
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Each of these is done by who is logged in; `_again` asks for the password where a stolen login must not do."""

    people: People
    tokens: ApiTokens

    async def change_password(self, by: By, password: str, new_password: str) -> None:
        """Ends every other login."""
        account = await self._again(by, password)
        if password == new_password:
            raise InvalidFields([fault("new_password", "same_password")])
        people = self.people
        hashed = await people.hasher.hash(new_password)
        if not await people.accounts.set_password(account.name, hashed, instead_of=account.password_hash):
            # Somebody gave the account another one while ours was being hashed.
            raise InvalidFields([fault("password", "not_your_password")])
        await people.end_logins(account.name, but=by.identity.login)
        await self._record("password_changed", by, account.name)

    async def begin_second_factor(self, by: By, password: str) -> Begun:
        account = await self._again(by, password)
        return await self.people.second.begin(account.name, by.address)

    async def end_second_factor(self, by: By, password: str, code: str) -> None:
        account = await self._again(by, password, code)
        await self.people.second.remove(account.name, by.identity.name, by.address)

    async def remove_second_factor_of(self, by: By, name: str) -> None:
        """By an administrator, of somebody who lost phone and recovery codes."""
        account = await self._of(name)
        if not await self.people.second.remove(account, by.identity.name, by.address):
            raise RequestRefused("no_second_factor", "This account has no second factor.", status=404)

    async def second_factor_of(self, name: str) -> tuple[bool, int]:
        """Whether it is on, and how many recovery codes are left."""
        account, second = await self._of(name), self.people.second
        return await second.is_on(account), await second.recovery_left(account)

    async def logins(self, name: str) -> list[OpenLogin]:
        return await self.people.logins.of(await self._of(name), self.people.clock.now())

    async def end_login(self, by: By, name: str, handle: str) -> None:
        """At once, and everything that began with it."""
        for login in await self.logins(name):
            if handle_of(login.id) == handle:
                await self._record("login_ended", by, name, login=handle)
                await self.people.end_login(login.id)
                return
        raise no_such("session", handle)

    async def end_other_logins(self, by: By) -> None:
        """One's own, but the one that asks."""
        await self._record("login_ended", by, by.identity.name, login="others")
        await self.people.end_logins(by.identity.name, but=by.identity.login)

    async def end_logins(self, by: By, name: str) -> None:
        account = await self._of(name)
        await self._record("login_ended", by, account, login="all")
        await self.people.end_logins(account)

    async def api_tokens(self, name: str) -> list[ApiToken]:
        return await self.tokens.of(await self._of(name))

    async def add_api_token(
        self,
        by: By,
        password: str,
        name: str,
        verbs: tuple[Verb, ...],
        sites: tuple[str, ...] | None,
        ends_at: datetime,
    ) -> tuple[str, ApiToken]:
        """The token is shown this once; its hash is kept. Never more than who asks may do."""
        account = await self._again(by, password)
        now = self.people.clock.now()
        _require_fitting(by.identity, verbs, sites, ends_at, now)
        if len(await self.tokens.of(account.name)) >= TOKENS_MAX:
            raise RequestRefused("too_many_tokens", f"You have {TOKENS_MAX} tokens: end one first.", status=409)
        text = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(login_id(text), account.name, name, verbs, sites, now, ends_at)
        await self._record("api_token_added", by, account.name, token=token.handle, verbs=",".join(verbs))
        await self.tokens.add(token)
        return text, token

    async def end_api_token(self, by: By, name: str, handle: str) -> None:
        account = await self._of(name)
        id = await self.tokens.end(account, handle)
        if id is None:
            raise no_such("api_token", handle)
        self.people.endings.tell(LOGIN_PREFIX + id)
        await self._record("api_token_ended", by, account, token=handle)

    async def _again(self, by: By, password: str, code: str | None = None) -> Account:
        """Who is logged in gives the password again, and a code where it is asked for; wrong ones are counted."""
        people, name = self.people, by.identity.name
        await people.refuse_guessing(name, by.address, people.clock.now())
        account = await people.accounts.find(name)
        if account is None or not await people.hasher.matches(password, account.password_hash):
            raise InvalidFields([fault("password", "not_your_password")])
        if code is not None and not await people.second.accepts(name, code, by.address):
            raise InvalidFields([fault("code", "code_wrong")])
        await people.failed.taken_back(name, by.address)
        return account

    async def _of(self, name: str) -> str:
        account = await self.people.accounts.find(name.casefold())
        if account is None:
            raise no_such("account", name)
        return account.name

    async def _record(self, action: Action, by: By, account: str, **detail: str) -> None:
        now = self.people.clock.now()
        await self.people.trail.add(
            Deed(action, by.identity.name, by.address, now, detail={"account": account} | detail)
        )


def _require_fitting(
    identity: Identity, verbs: tuple[Verb, ...], sites: tuple[str, ...] | None, ends_at: datetime, now: datetime
) -> None:
    faults = []
    beyond = sorted(set(verbs) - (verbs_of(identity.roles) - NEVER))
    if beyond:
        faults.append(fault("verbs", "beyond_yourself", verbs=", ".join(beyond)))
    foreign = sorted(site for site in sites or () if not identity.sees(site))
    if foreign:
        faults.append(fault("sites", "not_your_sites", sites=", ".join(foreign)))
    if not now < ends_at <= now + LONGEST:
        faults.append(fault("ends_at", "token_end"))
    if faults:
        raise InvalidFields(faults)
