"""Routes: logging in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from services.gateway.adapters.http.access import COOKIE, address_of, by_of, identity_of
from services.gateway.adapters.http.login_answers import LoginAnswer, login_answers
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import Rooms, rooms_of
from services.gateway.adapters.http.schemas import CurrentSession, LogIn, Page, SessionOpened, User
from services.gateway.handlers.people import OpenedLogin
from services.gateway.identity import Identity
from services.gateway.roles import ALL_VERBS

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


@router.post("", status_code=201, responses=refusals(401, 422, 429))
async def log_in(body: LogIn, request: Request, response: Response) -> SessionOpened:
    """Log in. The token is for API clients; browsers get the same login in an HttpOnly cookie."""
    rooms = rooms_of(request)
    agent = request.headers.get("user-agent", "")
    async with rooms.doors.login_queue.turn():
        if await request.is_disconnected():
            raise ClientDisconnect  # gave up while waiting, and may be in line again
        opened = await rooms.people.log_in(body.name, body.password, address_of(request), body.code, agent)
    return _opened(rooms, opened, response)


@router.get("", responses=refusals(401, 403))
async def list_logins(request: Request) -> Page[LoginAnswer]:
    """Where one is logged in, newest first."""
    who = identity_of(request)
    return Page(items=login_answers(await rooms_of(request).doors.own_account.logins(who.name), who.login))


@router.delete("", status_code=204, responses=refusals(401, 403))
async def end_other_logins(request: Request) -> None:
    """End every login of one's own but the one that this request came with."""
    await rooms_of(request).doors.own_account.end_other_logins(by_of(request))


def _opened(rooms: Rooms, opened: OpenedLogin, response: Response) -> SessionOpened:
    set_cookie(rooms, opened, response)
    response.headers["Cache-Control"] = "no-store"
    login = opened.login
    identity = Identity(
        login.account,
        login.roles,
        login.id,
        login.expires_at,
        sites=login.sites,
        must_change_password=login.must_change_password,
    )
    return SessionOpened(token=opened.token, expires_at=login.expires_at, user=_user(identity))


def set_cookie(rooms: Rooms, opened: OpenedLogin, response: Response) -> None:
    """The login as browsers keep it."""
    response.set_cookie(
        COOKIE,
        opened.token,
        expires=opened.login.expires_at,
        path="/",
        httponly=True,
        samesite="strict",
        secure=rooms.is_cookie_secure,
    )


@router.get("/current", responses=refusals(401))
async def current_login(request: Request) -> CurrentSession:
    """Who is logged in, and until when."""
    identity = identity_of(request)
    return CurrentSession(user=_user(identity), expires_at=identity.expires_at)


@router.delete("/current", status_code=204, responses=refusals(401, 403))
async def log_out(request: Request, response: Response) -> None:
    """End this login at once, everywhere."""
    await rooms_of(request).people.log_out(identity_of(request), address_of(request))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.delete("/{session}", status_code=204, responses=refusals(401, 403, 404))
async def end_login(session: str, request: Request) -> None:
    """End one of one's own logins at once: its views, events and media tokens end with it."""
    by = by_of(request)
    await rooms_of(request).doors.own_account.end_login(by, by.identity.name, session)


def _user(identity: Identity) -> User:
    return User(
        name=identity.name,
        roles=list(identity.roles),
        sites=None if identity.sites is None else list(identity.sites),
        must_change_password=identity.must_change_password,
        verbs=[verb for verb in ALL_VERBS if identity.may(verb)],
    )
