"""Accounts, logins and failed logins in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Executable,
    Row,
    String,
    and_,
    any_,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.gateway.accounts import Account, seen_sites
from services.gateway.adapters.postgres.tables import accounts, api_tokens, failed_logins, logins, passwords_due
from services.gateway.lockout import ANY_ACCOUNT, rule_for
from services.gateway.logins import Login, OpenLogin
from services.gateway.roles import Role
from shared.database import Database

# A failure older than this says nothing any more; the row goes.
_LISTED = 200
# The schools under an account's units, as the organisation is at that moment: beside every query that finds one.
SITES_OF_UNITS = case(
    (accounts.c.units.is_(None), null()), else_=func.sites_under(accounts.c.units, type_=ARRAY(String))
).label("of_units")
_ACCOUNTS = select(accounts, SITES_OF_UNITS)
_IS_ADMINISTRATOR = and_(accounts.c.is_enabled, literal("admin") == any_(accounts.c.roles))
_FORGET_FAILURES_S = 24 * 3600.0


class PostgresAccounts:
    """Implements `Accounts`."""

    def __init__(self, database: Database):
        self._database = database
        self._told: list[Callable[[], None]] = []

    def on_change(self, told: Callable[[], None]) -> None:
        """Called after an account was added or changed."""
        self._told.append(told)

    def _tell(self) -> None:
        for told in self._told:
            told()

    async def find(self, name: str) -> Account | None:
        async with self._database.autocommit() as session:
            row = (await session.execute(_ACCOUNTS.where(accounts.c.name == name))).first()
        return None if row is None else _account(row)

    async def all(self) -> list[Account]:
        async with self._database.autocommit() as session:
            return [_account(row) for row in await session.execute(_ACCOUNTS.order_by(accounts.c.name))]

    async def add(self, account: Account) -> bool:
        statement = insert(accounts).values(_values(account)).on_conflict_do_nothing().returning(accounts.c.name)
        async with self._database.autocommit() as session:
            is_added = (await session.execute(statement)).first() is not None
        self._tell()
        return is_added

    async def add_first(self, account: Account, before: Callable[[], None]) -> None:
        async with self._database.transaction() as session:
            await session.execute(text("lock table accounts in exclusive mode"))
            if await session.scalar(select(func.count()).select_from(accounts)):
                return
            await session.execute(insert(accounts).values(_values(account)))
            before()

    async def change(
        self,
        name: str,
        change: Callable[[Account, frozenset[str]], Account],
        *,
        must_change_password: bool | None = None,
    ) -> Account | None:
        # Administrators are locked with it, in one order: of two who make each other less, the second sees the first.
        concerned = or_(accounts.c.name == name, _IS_ADMINISTRATOR)
        locked = _ACCOUNTS.where(concerned).order_by(accounts.c.name).with_for_update(of=accounts, key_share=True)
        of_it = accounts.c.name == name
        async with self._database.transaction() as session:
            rows = {row.name: row for row in await session.execute(locked)}
            if name not in rows:
                return None
            before = _account(rows.pop(name))
            was, will_be = _values(before), _values(change(before, frozenset(rows)))
            changed = {column: value for column, value in will_be.items() if value != was[column]}
            if changed:
                await session.execute(update(accounts).where(of_it).values(changed))
            if must_change_password is not None:
                await session.execute(_due(name, must_change_password))
            row = (await session.execute(_ACCOUNTS.where(of_it))).one()
        self._tell()
        return _account(row)

    async def set_password(self, name: str, password_hash: str, instead_of: str) -> bool:
        own = (accounts.c.name == name, accounts.c.password_hash == instead_of)
        statement = update(accounts).where(*own).values(password_hash=password_hash).returning(accounts.c.name)
        async with self._database.transaction() as session:
            if (await session.execute(statement)).first() is None:
                return False
            await session.execute(_due(name, False))
        return True

    async def is_empty(self) -> bool:
        async with self._database.autocommit() as session:
            return (await session.scalar(select(func.count()).select_from(accounts))) == 0

    async def must_change_password(self, name: str) -> bool:
        query = select(passwords_due.c.account).where(passwords_due.c.account == name)
        async with self._database.autocommit() as session:
            return await session.scalar(query) is not None

    async def set_must_change_password(self, name: str, must: bool) -> None:
        async with self._database.autocommit() as session:
            await session.execute(_due(name, must))


class PostgresLogins:
    """Implements `Logins`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, login: Login, password_hash: str, address: str, agent: str, at: datetime) -> bool:
        values = {
            "id": login.id,
            "account": login.account,
            "address": address,
            "agent": agent,
            "began_at": at,
            "expires_at": login.expires_at,
        }
        # Who changes the password now waits, and then ends this login too; who has changed it is seen.
        proved = select(accounts.c.name).where(
            accounts.c.name == login.account, accounts.c.password_hash == password_hash
        )
        async with self._database.transaction() as session:
            if await session.scalar(proved.with_for_update(read=True)) is None:
                return False
            await session.execute(insert(logins).values(values))
        return True

    async def find(self, id: str, at: datetime) -> Login | None:
        found = await self.open_among((id,), at)
        return found[0] if found else None

    async def open_among(self, ids: Sequence[str], at: datetime) -> list[Login]:
        # Roles and schools are the account's of now, not those at the time of the login.
        statement = (
            select(
                logins.c.id,
                logins.c.account,
                logins.c.expires_at,
                accounts.c.roles,
                accounts.c.sites,
                accounts.c.units,
                SITES_OF_UNITS,
                accounts.c.ends_at,
                passwords_due.c.account.is_not(None).label("must_change"),
            )
            .join(accounts, accounts.c.name == logins.c.account)
            .outerjoin(passwords_due, passwords_due.c.account == logins.c.account)
            .where(logins.c.id.in_(ids), logins.c.expires_at > at, accounts.c.is_enabled)
            .where(or_(accounts.c.ends_at.is_(None), accounts.c.ends_at > at))
        )
        async with self._database.autocommit() as session:
            rows = (await session.execute(statement)).all()
        return [_login(row) for row in rows]

    async def end(self, id: str) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(logins).where(logins.c.id == id))

    async def end_all_of(self, account: str, but: str | None = None) -> list[str]:
        where = (logins.c.account == account, *(() if but is None else (logins.c.id != but,)))
        async with self._database.autocommit() as session:
            return list((await session.scalars(delete(logins).where(*where).returning(logins.c.id))).all())

    async def of(self, account: str, at: datetime) -> list[OpenLogin]:
        query = select(logins).where(logins.c.account == account, logins.c.expires_at > at)
        async with self._database.autocommit() as session:
            rows = (await session.execute(query.order_by(logins.c.began_at.desc()).limit(_LISTED))).all()
        return [OpenLogin(row.id, row.address, row.agent, row.began_at, row.expires_at) for row in rows]

    async def forget_expired(self, at: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(logins).where(logins.c.expires_at <= at))
            await session.execute(delete(api_tokens).where(api_tokens.c.expires_at <= at))
            too_old_s = at.timestamp() - _FORGET_FAILURES_S
            await session.execute(delete(failed_logins).where(failed_logins.c.last_s < too_old_s))


class PostgresFailedLogins:
    """Implements `FailedLogins`; the row is locked while it is counted, so attempts at once are counted one by one."""

    def __init__(self, database: Database):
        self._database = database

    async def attempt(self, account: str, address: str, now_s: float) -> float:
        key = {"account": account[:64], "address": address}
        async with self._database.transaction() as session:
            # One statement makes the row or finds it, and locks it: whoever logs in beside us may delete it any moment.
            own = insert(failed_logins).values(**key, failures=0, last_s=now_s)
            own = own.on_conflict_do_update(
                index_elements=["account", "address"], set_={"failures": failed_logins.c.failures}
            )
            row = (await session.execute(own.returning(failed_logins.c.failures, failed_logins.c.last_s))).one()
            where = (failed_logins.c.account == key["account"], failed_logins.c.address == address)
            rule = rule_for(account)
            failures = row.failures if now_s - row.last_s < rule.forget_s else 0
            pause_s = rule.wait_s(failures)
            # Of two at once the other's moment may be later than ours, and nobody has to wait for that.
            wait_s: float = row.last_s + pause_s - now_s
            if pause_s > 0 and wait_s > 0:
                return wait_s
            counted = {"failures": failures + 1, "last_s": max(now_s, row.last_s)}
            await session.execute(update(failed_logins).where(*where).values(counted))
        return 0.0

    async def taken_back(self, account: str, address: str) -> None:
        of_address = (failed_logins.c.address == address, failed_logins.c.account.in_((account[:64], ANY_ACCOUNT)))
        one_less = {"failures": func.greatest(failed_logins.c.failures - 1, 0)}
        async with self._database.autocommit() as session:
            await session.execute(update(failed_logins).where(*of_address).values(one_less))

    async def succeeded(self, account: str, address: str) -> None:
        own = (failed_logins.c.account == account[:64], failed_logins.c.address == address)
        of_address = (failed_logins.c.account == ANY_ACCOUNT, failed_logins.c.address == address)
        one_less = {"failures": func.greatest(failed_logins.c.failures - 1, 0)}
        async with self._database.transaction() as session:
            await session.execute(delete(failed_logins).where(*own))
            await session.execute(update(failed_logins).where(*of_address).values(one_less))


def _due(name: str, must: bool) -> Executable:
    """Whether its password must be changed before anything else."""
    if must:
        return insert(passwords_due).values(account=name).on_conflict_do_nothing()
    return delete(passwords_due).where(passwords_due.c.account == name)


def _login(row: Row[Any]) -> Login:
    expires_at = row.expires_at if row.ends_at is None else min(row.expires_at, row.ends_at)
    seen = seen_sites(row.sites, row.units, row.of_units or ())
    return Login(row.id, row.account, _roles(row.roles), expires_at, seen, row.must_change)


def _values(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "password_hash": account.password_hash,
        "roles": list(account.roles),
        "is_enabled": account.is_enabled,
        "created_at": account.created_at,
        "sites": _names(account.sites),
        "ends_at": account.ends_at,
        "units": _names(account.units),
    }


def _account(row: Row[Any]) -> Account:
    return Account(
        row.name,
        row.password_hash,
        _roles(row.roles),
        row.is_enabled,
        row.created_at,
        _sites(row.sites),
        row.ends_at,
        _sites(row.units),
        tuple(row.of_units or ()),
    )


def _names(sites: Sequence[str] | None) -> list[str] | None:
    return None if sites is None else list(sites)


def _sites(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _roles(names: Sequence[str]) -> tuple[Role, ...]:
    return tuple(cast(Role, name) for name in names)
