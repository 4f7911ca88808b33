"""Routes: who may log in."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.gateway.accounts import Account
from services.gateway.adapters.http.access import address_of, identity_of
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
    roles = tuple(body.roles)
    return _answer(await people.add_account(by, address, body.name, body.password, roles, sites, body.ends_at))


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
        is_for_all_sites=body.sites is None and "sites" in body.model_fields_set,
        ends_at=body.ends_at,
        is_without_end=body.ends_at is None and "ends_at" in body.model_fields_set,
    )
    return _answer(changed)


def _answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        name=account.name,
        roles=list(account.roles),
        is_enabled=account.is_enabled,
        created_at=account.created_at,
        sites=None if account.sites is None else list(account.sites),
        ends_at=account.ends_at,
    )
