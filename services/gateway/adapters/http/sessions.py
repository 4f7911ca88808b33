"""Routes: logging in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.gateway.adapters.http.access import COOKIE, address_of, identity_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import CurrentSession, LogIn, SessionOpened, User

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


@router.post("", status_code=201, responses=refusals(401, 422, 429))
async def log_in(body: LogIn, request: Request, response: Response) -> SessionOpened:
    """Log in. The token is for API clients; browsers get the same login in an HttpOnly cookie."""
    rooms = rooms_of(request)
    opened = await rooms.people.log_in(body.name, body.password, address_of(request))
    response.set_cookie(
        COOKIE,
        opened.token,
        expires=opened.login.expires_at,
        path="/",
        httponly=True,
        samesite="strict",
        secure=rooms.is_cookie_secure,
    )
    response.headers["Cache-Control"] = "no-store"
    user = User(name=opened.login.account, roles=list(opened.login.roles), sites=_sites(opened.login.sites))
    return SessionOpened(token=opened.token, expires_at=opened.login.expires_at, user=user)


@router.get("/current", responses=refusals(401))
async def current_login(request: Request) -> CurrentSession:
    """Who is logged in, and until when."""
    identity = identity_of(request)
    return CurrentSession(
        user=User(name=identity.name, roles=list(identity.roles), sites=_sites(identity.sites)),
        expires_at=identity.expires_at,
    )


@router.delete("/current", status_code=204, responses=refusals(401, 403))
async def log_out(request: Request, response: Response) -> None:
    """End this login at once, everywhere."""
    await rooms_of(request).people.log_out(identity_of(request), address_of(request))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _sites(sites: tuple[str, ...] | None) -> list[str] | None:
    return None if sites is None else list(sites)
