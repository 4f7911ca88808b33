"""Logging in and out, and who may log in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from services.gateway.accounts import Account, Accounts, PasswordHasher, is_open_at
from services.gateway.api_tokens import LOGIN_PREFIX, PREFIX, ApiTokenOwner, ApiTokens
from services.gateway.audit import AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.guests import guest_of_login, is_guest_token
from services.gateway.handlers.second_factors import SecondFactorDesk
from services.gateway.identity import Identity, not_logged_in
from services.gateway.lockout import ANY_ACCOUNT, FailedLogins
from services.gateway.logins import Endings, Login, Logins, login_id
from services.gateway.refusals import InvalidFields, TryLater, no_such, taken
from services.gateway.roles import Role
from services.gateway.units import Units, no_such_unit
from shared.clock import Clock
from shared.errors import RequestRefused

FIRST_ADMINISTRATOR = "admin"
_TOKEN_BYTES = 32
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class OpenedLogin:
    """`token` exists only here and at the caller; we keep its hash."""

    token: str
    login: Login


class Guests(Protocol):
    """Who is let in by a room's link. All raise RequestRefused 401."""

    async def identity(self, token: str, *, is_cookie: bool) -> Identity: ...

    async def identity_of_login(self, id: str) -> Identity | None:
        """None where it is no guest's."""
        ...


@dataclass(frozen=True, slots=True)
class People:
    """Accounts and logins."""

    accounts: Accounts
    units: Units
    logins: Logins
    failed: FailedLogins
    hasher: PasswordHasher
    trail: AuditTrail
    clock: Clock
    login_lifetime_s: float
    guests: Guests
    second: SecondFactorDesk
    tokens: ApiTokens
    endings: Endings

    async def log_in(
        self, name: str, password: str, address: str, code: str | None = None, agent: str = ""
    ) -> OpenedLogin:
        """Raises TryLater (429) or RequestRefused (401), which never tells whether the account exists.

        Args: code: of the second factor, or a recovery code; agent: what the browser calls itself.
        """
        name = name.strip().casefold()
        now = self.clock.now()
        await self.refuse_guessing(name, address, now)
        account = await self.accounts.find(name)
        is_right = await self.hasher.matches(password, account.password_hash if account else None)
        if account is None or not is_right or not is_open_at(account, self.clock.now_us()):
            raise await self._wrong_credentials(name, address, now)
        await self._require_second_factor(account.name, code, address)
        await self.failed.succeeded(name, address)
        return await self.open_login(account, address, agent)

    async def open_login(self, account: Account, address: str, agent: str, by: str = "password") -> OpenedLogin:
        """For somebody who has proved who they are."""
        now = self.clock.now()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        must_change = by == "password" and await self.accounts.must_change_password(account.name)
        expires_at = now + timedelta(seconds=self.login_lifetime_s)
        if account.ends_at is not None:
            expires_at = min(expires_at, account.ends_at)
        login = Login(login_id(token), account.name, account.roles, expires_at, account.seen_sites, must_change)
        detail = {} if by == "password" else {"by": by}
        if not await self.logins.add(login, account.password_hash, address, agent[:_AGENT_LENGTH], now):
            raise await self._wrong_credentials(account.name, address, now)
        await self.trail.add(Deed("log_in", account.name, address, now, detail=detail))
        return OpenedLogin(token, login)

    async def _wrong_credentials(self, name: str, address: str, now: datetime) -> RequestRefused:
        await self.trail.add(Deed("log_in", name[:64], address, now, outcome="wrong_credentials"))
        return RequestRefused("wrong_credentials", "The name or the password is wrong.", status=401)

    async def end_login(self, id: str) -> None:
        """At once, with everything in this process that began with it."""
        await self.logins.end(id)
        self.endings.tell(id)

    async def end_logins(self, account: str, but: str | None = None) -> None:
        for id in await self.logins.end_all_of(account, but):
            self.endings.tell(id)

    async def identity(self, token: str, *, is_cookie: bool) -> Identity:
        """Who holds this token; raises RequestRefused 401."""
        if is_guest_token(token):
            return await self.guests.identity(token, is_cookie=is_cookie)
        if token.startswith(PREFIX) and not is_cookie:
            found = await self.tokens.find(login_id(token), self.clock.now())
            if found is not None:
                return _of_program(found)
        return await self.identity_of_login(login_id(token), is_cookie=is_cookie)

    async def identity_of_login(self, id: str, *, is_cookie: bool = False) -> Identity:
        guest = await self.guests.identity_of_login(id)
        if guest is not None:
            return guest
        if id.startswith(LOGIN_PREFIX):
            found = await self.tokens.find(id.removeprefix(LOGIN_PREFIX), self.clock.now())
            if found is None:
                raise not_logged_in()
            return _of_program(found)
        login = await self.logins.find(id, self.clock.now())
        if login is None:
            raise not_logged_in()
        return _of_login(login, is_cookie=is_cookie)

    async def logged_in_among(self, ids: Sequence[str]) -> dict[str, Identity]:
        """Who holds those of these logins that still are one, as they are now. Raises PeerError: nobody can say."""
        own = [id for id in ids if not id.startswith(LOGIN_PREFIX) and guest_of_login(id) is None]
        found = await self.logins.open_among(own, self.clock.now()) if own else []
        known = {login.id: _of_login(login) for login in found}
        for id in set(ids).difference(own):
            try:
                known[id] = await self.identity_of_login(id)
            except RequestRefused:
                continue
        return known

    async def guest(self, token: str) -> Identity:
        """Who holds this guest's link; raises RequestRefused 401."""
        return await self.guests.identity(token, is_cookie=False)

    async def log_out(self, identity: Identity, address: str) -> None:
        if identity.login is not None:
            await self.end_login(identity.login)
        await self.trail.add(Deed("log_out", identity.name, address, self.clock.now()))

    async def add_account(
        self,
        by: Identity,
        address: str,
        name: str,
        password: str,
        roles: tuple[Role, ...],
        sites: tuple[str, ...] | None = None,
        units: tuple[str, ...] | None = None,
        ends_at: datetime | None = None,
        must_change_password: bool = False,
    ) -> Account:
        now = self.clock.now()
        account = Account(name.casefold(), await self.hasher.hash(password), roles, True, now, sites, ends_at, units)
        require_fitting(account, now)
        await self._require_units(account)
        if not await self.accounts.add(account):
            raise taken("account", account.name)
        if must_change_password:
            await self.accounts.set_must_change_password(account.name, True)
        await self.trail.add(Deed("account_added", by.name, address, now, detail=_named(account)))
        return account

    async def change_account(
        self,
        by: Identity,
        address: str,
        name: str,
        *,
        password: str | None = None,
        roles: tuple[Role, ...] | None = None,
        is_enabled: bool | None = None,
        sites: tuple[str, ...] | None = None,
        is_for_all_sites: bool = False,
        units: tuple[str, ...] | None = None,
        is_for_all_units: bool = False,
        ends_at: datetime | None = None,
        is_without_end: bool = False,
        must_change_password: bool | None = None,
    ) -> Account:
        """Ends every login of the account: what it may do now, its old tokens must not outlive."""
        account = await self.accounts.find(name.casefold())
        if account is None:
            raise no_such("account", name)
        hashed = None if password is None else await self.hasher.hash(password)

        def applied(there: Account) -> Account:
            changed = replace(
                there,
                password_hash=there.password_hash if hashed is None else hashed,
                roles=there.roles if roles is None else roles,
                is_enabled=there.is_enabled if is_enabled is None else is_enabled,
                sites=None if is_for_all_sites else there.sites if sites is None else sites,
                units=None if is_for_all_units else there.units if units is None else units,
                ends_at=None if is_without_end else there.ends_at if ends_at is None else ends_at,
            )
            require_fitting(changed, None if ends_at is None else self.clock.now())
            return changed

        await self._require_units(applied(account))
        # Applied to what is there then: somebody else may have changed it since, or its owner the password.
        must_change = None if must_change_password is None and password is None else bool(must_change_password)
        changed = await self.accounts.change(
            account.name,
            lambda there, others: with_an_administrator(applied(there), others),
            must_change_password=must_change,
        )
        if changed is None:
            raise no_such("account", name)
        await self.end_logins(account.name)
        detail = _named(changed) | ({"password": "changed"} if password is not None else {})
        await self.trail.add(Deed("account_changed", by.name, address, self.clock.now(), detail=detail))
        return changed

    async def make_first_administrator(self, keep: Callable[[str], None], *, is_password_once: bool = True) -> None:
        """Where there is nobody yet. `keep` is given the generated password before the account exists."""
        if not await self.accounts.is_empty():
            return
        password = secrets.token_urlsafe(18)
        account = Account(FIRST_ADMINISTRATOR, await self.hasher.hash(password), ("admin",), True, self.clock.now())
        await self.accounts.add_first(account, lambda: keep(password))
        if is_password_once:
            await self.accounts.set_must_change_password(account.name, True)

    async def _require_units(self, account: Account) -> None:
        missing = await self.units.missing(account.units or ())
        if missing:
            raise InvalidFields([no_such_unit("units", each) for each in missing])

    async def _require_second_factor(self, account: str, code: str | None, address: str) -> None:
        """After the password was right: who does not have it learns nothing about the second factor."""
        if not await self.second.is_on(account):
            return
        if not code:
            await self.failed.taken_back(account, address)
            raise RequestRefused(
                "second_factor_needed", "Send `code` as well: of the authenticator app, or a recovery code.", status=401
            )
        if not await self.second.accepts(account, code, address):
            await self.trail.add(Deed("log_in", account, address, self.clock.now(), outcome="wrong_code"))
            raise RequestRefused("wrong_code", "The code is wrong, or was used already.", status=401)

    async def refuse_guessing(self, name: str, address: str, now: datetime) -> None:
        now_s = now.timestamp()
        for account in (ANY_ACCOUNT, name):
            wait_s = await self.failed.attempt(account, address, now_s)
            if wait_s > 0:
                raise TryLater(
                    "too_many_failures",
                    f"Too many failed attempts. Try again in {round(wait_s + 0.5)} s.",
                    status=429,
                    retry_after_s=max(1, round(wait_s + 0.5)),
                )


def _of_login(login: Login, *, is_cookie: bool = False) -> Identity:
    return Identity(
        login.account,
        login.roles,
        login.id,
        login.expires_at,
        is_cookie,
        login.sites,
        must_change_password=login.must_change_password,
    )


def _of_program(found: ApiTokenOwner) -> Identity:
    """Who a program acts for, and the least of what both may do."""
    token = found.token
    login = LOGIN_PREFIX + token.id
    return Identity(token.account, found.roles, login, found.expires_at, sites=found.seen_sites, verbs=found.verbs)


def with_an_administrator(changed: Account, others: frozenset[str]) -> Account:
    """The account, where somebody is left who may log in and make others. Args: others: those besides it."""
    if others or (changed.is_enabled and "admin" in changed.roles):
        return changed
    raise RequestRefused("last_administrator", "This is the last administrator. Make another one first.", status=409)


def _named(account: Account) -> dict[str, str]:
    named = {"account": account.name, "roles": ",".join(account.roles), "is_enabled": str(account.is_enabled).lower()}
    if account.ends_at is not None:
        named["ends_at"] = account.ends_at.isoformat()
    if account.units is not None:
        named["units"] = ",".join(account.units)
    return named if account.sites is None else named | {"sites": ",".join(account.sites)}


def require_fitting(account: Account, now: datetime | None = None) -> None:
    """A school's people see their school and no other; whoever manages all cannot be kept to some; guests leave again.

    Args: now: where an end is given, which must be to come.
    """
    if now is not None and account.ends_at is not None and account.ends_at <= now:
        raise InvalidFields([fault("ends_at", "moment_over")])
    if "guest" in account.roles and (account.ends_at is None or not account.is_limited):
        field = "ends_at" if account.ends_at is None else "sites"
        raise InvalidFields([fault(field, "guest_unbounded")])
    if "admin" in account.roles and account.ends_at is not None:
        raise InvalidFields([fault("ends_at", "admin_has_end")])
    if "school" in account.roles and not account.sites and not account.units:
        raise InvalidFields([fault("sites", "school_without_site")])
    if "admin" in account.roles and account.is_limited:
        field = "units" if account.sites is None else "sites"
        raise InvalidFields([fault(field, "admin_sees_all", left_out=field)])
