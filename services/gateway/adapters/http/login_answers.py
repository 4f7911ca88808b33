"""Open logins and tokens for programs, as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from services.gateway.adapters.http.bodies import Answer
from services.gateway.api_tokens import ApiToken, handle_of
from services.gateway.logins import OpenLogin
from services.gateway.roles import Verb


class LoginAnswer(Answer):
    """A login that counts now."""

    id: str = Field(description="to end it with; no way in")
    address: str = Field(description="where it was opened from")
    agent: str = Field(description="what the browser or program called itself")
    began_at: datetime
    expires_at: datetime
    is_this: bool = Field(description="the one that this request came with")


class ApiTokenAnswer(Answer):
    """A token for a program, without the token."""

    id: str = Field(description="to end it with; no way in")
    name: str
    verbs: list[Verb] = Field(description="what it may do, as far as its account may")
    sites: list[str] | None = Field(description="the only schools it may see; null: those of its account")
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None = Field(None, description="when it was last used, to the minute")


class SecondFactorAnswer(Answer):
    """Whether a code is asked for at log-in."""

    is_on: bool
    recovery_codes_left: int


def login_answers(logins: Iterable[OpenLogin], own: str | None) -> list[LoginAnswer]:
    """Args: own: the login that asks."""
    return [
        LoginAnswer(
            id=handle_of(login.id),
            address=login.address,
            agent=login.agent,
            began_at=login.began_at,
            expires_at=login.expires_at,
            is_this=login.id == own,
        )
        for login in logins
    ]


def api_token_answer(token: ApiToken) -> ApiTokenAnswer:
    return ApiTokenAnswer(
        id=token.handle,
        name=token.name,
        verbs=list(token.verbs),
        sites=None if token.sites is None else list(token.sites),
        created_at=token.created_at,
        ends_at=token.expires_at,
        used_at=token.used_at,
    )


def api_token_answers(tokens: Iterable[ApiToken]) -> list[ApiTokenAnswer]:
    return [api_token_answer(token) for token in tokens]
