"""Routes: logging in with OpenID Connect."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import RedirectResponse

from services.gateway.adapters.http.access import address_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.sessions import set_cookie
from services.gateway.oidc import ATTEMPT_LIFETIME_S
from shared.errors import RequestRefused

router = APIRouter(prefix="/api/v1/oidc", tags=["sessions"])

_COOKIE = "bk_oidc"
_SENT: dict[int | str, dict[str, Any]] = {303: {"description": "Go there"}}


class OidcAnswer(Answer):
    """Whether one can log in elsewhere."""

    is_on: bool
    name: str = Field(description="what the button says; empty where it is off")


@router.get("", responses=refusals())
async def oidc(request: Request) -> OidcAnswer:
    """Whether the log-in page offers another door."""
    rooms = rooms_of(request)
    is_on = rooms.doors.oidc.provider is not None
    return OidcAnswer(is_on=is_on, name=rooms.doors.oidc_name if is_on else "")


@router.get("/login", status_code=303, response_class=Response, responses=_SENT | refusals(404))
async def begin_oidc(
    request: Request,
    next: Annotated[str | None, Query(max_length=500, description="a page of the console to go on to")] = None,
) -> Response:
    """Send this browser to the provider."""
    rooms = rooms_of(request)
    sent = await rooms.doors.oidc.send(next)
    answer = RedirectResponse(sent.address, 303, {"Cache-Control": "no-store"})
    # Lax: the way back begins at the provider, and a Strict cookie would not come along.
    answer.set_cookie(
        _COOKIE,
        sent.kept,
        max_age=ATTEMPT_LIFETIME_S,
        path=router.prefix,
        httponly=True,
        samesite="lax",
        secure=rooms.is_cookie_secure,
    )
    return answer


@router.get("/callback", status_code=303, response_class=Response, responses=_SENT | refusals(400, 401, 403, 404, 409))
async def end_oidc(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Where the provider sends browsers back to: opens a login, as with a password."""
    if error or not code:
        raise RequestRefused("not_vouched", "The provider did not let you in: begin again.")
    rooms = rooms_of(request)
    agent = request.headers.get("user-agent", "")
    opened, next = await rooms.doors.oidc.come_back(
        request.cookies.get(_COOKIE), state, code, address_of(request), agent
    )
    answer = RedirectResponse(next, 303, {"Cache-Control": "no-store"})
    set_cookie(rooms, opened, answer)
    answer.delete_cookie(_COOKIE, path=router.prefix, httponly=True, samesite="lax")
    return answer
