"""Routes: who may log in."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.gateway.accounts import Account
from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.login_answers import (
    ApiTokenAnswer,
    LoginAnswer,
    SecondFactorAnswer,
    api_token_answers,
    login_answers,
)
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import AccountAnswer, AccountChange, NewAccount, Page

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


@router.get("", responses=refusals(401, 403))
async def list_accounts(request: Request) -> Page[AccountAnswer]:
    """Everybody who has an account."""
    accounts = await rooms_of(request).people.accounts.all()
    return Page(items=[_answer(account) for account in accounts])


@router.post("", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_account(body: NewAccount, request: Request) -> AccountAnswer:
    """Let somebody log in."""
    people = rooms_of(request).people
    by, address = identity_of(request), address_of(request)
    sites = None if body.sites is None else tuple(body.sites)
    return _answer(
        await people.add_account(
            by,
            address,
            body.name,
            body.password,
            tuple(body.roles),
            sites,
            None if body.units is None else tuple(body.units),
            ends_at=body.ends_at,
            must_change_password=body.must_change_password,
        )
    )


@router.patch("/{name}", responses=refusals(401, 403, 404, 409, 422))
async def change_account(name: str, body: AccountChange, request: Request) -> AccountAnswer:
    """Change password or roles, or switch an account off. Its logins end."""
    changed = await rooms_of(request).people.change_account(
        identity_of(request),
        address_of(request),
        name,
        password=body.password,
        roles=None if body.roles is None else tuple(body.roles),
        is_enabled=body.is_enabled,
        sites=None if body.sites is None else tuple(body.sites),
        must_change_password=body.must_change_password,
        is_for_all_sites=body.sites is None and "sites" in body.model_fields_set,
        units=None if body.units is None else tuple(body.units),
        is_for_all_units=body.units is None and "units" in body.model_fields_set,
        ends_at=body.ends_at,
        is_without_end=body.ends_at is None and "ends_at" in body.model_fields_set,
    )
    return _answer(changed)


@router.get("/{name}/sessions", responses=refusals(401, 403, 404))
async def list_logins_of(name: str, request: Request) -> Page[LoginAnswer]:
    """Where somebody is logged in, newest first."""
    return Page(items=login_answers(await rooms_of(request).doors.own_account.logins(name), None))


@router.delete("/{name}/sessions", status_code=204, responses=refusals(401, 403, 404))
async def end_logins_of(name: str, request: Request) -> None:
    """Log somebody out everywhere, at once."""
    await rooms_of(request).doors.own_account.end_logins(by_of(request), name)


@router.get("/{name}/second-factor", responses=refusals(401, 403, 404))
async def second_factor_of(name: str, request: Request) -> SecondFactorAnswer:
    """Whether somebody is asked for a code at log-in."""
    is_on, left = await rooms_of(request).doors.own_account.second_factor_of(name)
    return SecondFactorAnswer(is_on=is_on, recovery_codes_left=left)


@router.delete("/{name}/second-factor", status_code=204, responses=refusals(401, 403, 404))
async def remove_second_factor_of(name: str, request: Request) -> None:
    """For somebody who lost phone and recovery codes: the password alone logs in again."""
    await rooms_of(request).doors.own_account.remove_second_factor_of(by_of(request), name)


@router.get("/{name}/api-tokens", responses=refusals(401, 403, 404))
async def list_api_tokens_of(name: str, request: Request) -> Page[ApiTokenAnswer]:
    """Tokens for programs that somebody has."""
    return Page(items=api_token_answers(await rooms_of(request).doors.own_account.api_tokens(name)))


@router.delete("/{name}/api-tokens/{token}", status_code=204, responses=refusals(401, 403, 404))
async def end_api_token_of(name: str, token: str, request: Request) -> None:
    """End somebody's token at once."""
    await rooms_of(request).doors.own_account.end_api_token(by_of(request), name, token)


def _answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        name=account.name,
        roles=list(account.roles),
        is_enabled=account.is_enabled,
        created_at=account.created_at,
        sites=None if account.sites is None else list(account.sites),
        units=None if account.units is None else list(account.units),
        ends_at=account.ends_at,
    )
