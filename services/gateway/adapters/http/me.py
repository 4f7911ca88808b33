"""Routes: one's own account: password, second factor, tokens for programs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.login_answers import (
    ApiTokenAnswer,
    SecondFactorAnswer,
    api_token_answer,
    api_token_answers,
)
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Id, Name, NewPassword, Page
from services.gateway.roles import Verb

router = APIRouter(prefix="/api/v1/me", tags=["me"])

_PRESENT = Field(max_length=256, json_schema_extra={"format": "password"}, description="the present one, once more")


class PasswordChange(Body):
    """A new password."""

    password: str = _PRESENT
    new_password: NewPassword


class SecondFactorBegin(Body):
    """Asked again, so that a login left open does not lock its owner out."""

    password: str = _PRESENT


class SecondFactorSecret(Answer):
    """Shown once."""

    secret: str = Field(description="base32, for typing")
    uri: str = Field(description="otpauth://, for a QR code")


class SecondFactorCode(Body):
    """A code of the authenticator app."""

    code: str = Field(max_length=40, examples=["492039"])


class RecoveryCodes(Answer):
    """Shown once; each logs in once in the place of a code."""

    recovery_codes: list[str]


class SecondFactorRemoval(Body):
    """The password and a code, so that neither alone is enough."""

    password: str = _PRESENT
    code: str = Field(max_length=40, description="of the authenticator app, or a recovery code")


class NewApiToken(Body):
    """A token for a program."""

    password: str = _PRESENT
    name: Name = Field(examples=["district dashboard"])
    verbs: list[Verb] = Field(min_length=1, max_length=30, description="what it may do; nothing you may not")
    sites: list[Id] | None = Field(None, max_length=1000, description="the only schools it may see; null: all of yours")
    ends_at: Moment = Field(description="within a year")


class ApiTokenAdded(Answer):
    """A new token; it is shown once."""

    token: str = Field(description="send it as `Authorization: Bearer <token>`")
    api_token: ApiTokenAnswer


@router.put("/password", status_code=204, responses=refusals(401, 403, 422, 429))
async def change_password(body: PasswordChange, request: Request) -> None:
    """Choose another password. Every other login of the account ends."""
    await rooms_of(request).doors.own_account.change_password(by_of(request), body.password, body.new_password)


@router.get("/second-factor", responses=refusals(401, 403))
async def second_factor(request: Request) -> SecondFactorAnswer:
    """Whether a code is asked for at log-in, and how many recovery codes are left."""
    desk, name = rooms_of(request).people.second, identity_of(request).name
    return SecondFactorAnswer(is_on=await desk.is_on(name), recovery_codes_left=await desk.recovery_left(name))


@router.post("/second-factor", status_code=201, responses=refusals(401, 403, 409, 422, 429))
async def begin_second_factor(body: SecondFactorBegin, request: Request) -> SecondFactorSecret:
    """A secret for the authenticator app. It counts from the first code that is confirmed."""
    begun = await rooms_of(request).doors.own_account.begin_second_factor(by_of(request), body.password)
    return SecondFactorSecret(secret=begun.secret, uri=begun.uri)


@router.post("/second-factor/confirmation", responses=refusals(401, 403, 409, 422))
async def confirm_second_factor(body: SecondFactorCode, request: Request, response: Response) -> RecoveryCodes:
    """The first code: from now on one is asked for at log-in. Answers recovery codes for the day the phone is lost."""
    desk = rooms_of(request).people.second
    codes = await desk.confirm(identity_of(request).name, body.code, address_of(request))
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodes(recovery_codes=codes)


@router.post("/second-factor/removal", status_code=204, responses=refusals(401, 403, 422, 429))
async def end_second_factor(body: SecondFactorRemoval, request: Request) -> None:
    """The password alone logs in again."""
    await rooms_of(request).doors.own_account.end_second_factor(by_of(request), body.password, body.code)


@router.get("/api-tokens", responses=refusals(401, 403))
async def list_api_tokens(request: Request) -> Page[ApiTokenAnswer]:
    """One's tokens for programs."""
    tokens = await rooms_of(request).doors.own_account.api_tokens(identity_of(request).name)
    return Page(items=api_token_answers(tokens))


@router.post("/api-tokens", status_code=201, responses=refusals(401, 403, 409, 422, 429))
async def add_api_token(body: NewApiToken, request: Request) -> ApiTokenAdded:
    """A token for a program: some of what one may do oneself, until a day."""
    sites = None if body.sites is None else tuple(body.sites)
    text, token = await rooms_of(request).doors.own_account.add_api_token(
        by_of(request), body.password, body.name, tuple(dict.fromkeys(body.verbs)), sites, body.ends_at
    )
    return ApiTokenAdded(token=text, api_token=api_token_answer(token))


@router.delete("/api-tokens/{token}", status_code=204, responses=refusals(401, 403, 404))
async def end_api_token(token: str, request: Request) -> None:
    """End a token of one's own at once."""
    by = by_of(request)
    await rooms_of(request).doors.own_account.end_api_token(by, by.identity.name, token)
