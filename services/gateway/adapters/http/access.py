"""The one table of which route needs which verb, and the one dependency that enforces it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection

from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.guests import GuestScope, guests_not_here
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity, must_change_password, not_allowed, not_logged_in, out_of_scope
from services.gateway.media_tokens import MediaVerb
from services.gateway.refusals import TryLater, no_such
from services.gateway.roles import Verb
from shared.errors import RequestRefused

COOKIE = "bk_session"
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Needs:
    """A verb (None = open to everybody), and the media token that may stand in for a login.

    `is_scoped`: the route itself keeps to the schools of who asks. A route about one camera or one site need not say
    so: that is checked here, by its path. Everything else is closed to accounts that are for some schools only.

    `guest`: a guest of an emergency room may come here too: to a camera of the room, with the verbs of the invitation
    (camera); to the room itself (room); to what is their own (self). Everything else is closed to guests.
    """

    verb: Verb | None
    token: MediaVerb | None = None
    is_scoped: bool = False
    guest: Literal["camera", "room", "self"] | None = None


RULES: Mapping[tuple[str, str], Needs] = {
    ("POST", "/api/v1/sessions"): Needs(None),
    ("GET", "/api/v1/sessions"): Needs("manage_self", is_scoped=True),
    ("DELETE", "/api/v1/sessions"): Needs("manage_self", is_scoped=True),
    ("DELETE", "/api/v1/sessions/{session}"): Needs("manage_self", is_scoped=True),
    ("PUT", "/api/v1/me/password"): Needs("manage_self", is_scoped=True),
    ("GET", "/api/v1/me/second-factor"): Needs("manage_self", is_scoped=True),
    ("POST", "/api/v1/me/second-factor"): Needs("manage_self", is_scoped=True),
    ("POST", "/api/v1/me/second-factor/confirmation"): Needs("manage_self", is_scoped=True),
    ("POST", "/api/v1/me/second-factor/removal"): Needs("manage_self", is_scoped=True),
    ("GET", "/api/v1/me/api-tokens"): Needs("manage_self", is_scoped=True),
    ("POST", "/api/v1/me/api-tokens"): Needs("manage_self", is_scoped=True),
    ("DELETE", "/api/v1/me/api-tokens/{token}"): Needs("manage_self", is_scoped=True),
    ("GET", "/api/v1/sessions/current"): Needs("stay_logged_in", is_scoped=True, guest="self"),
    ("DELETE", "/api/v1/sessions/current"): Needs("stay_logged_in", is_scoped=True, guest="self"),
    ("GET", "/api/v1/oidc"): Needs(None),
    ("GET", "/api/v1/oidc/login"): Needs(None),
    ("GET", "/api/v1/oidc/callback"): Needs(None),
    ("GET", "/api/v1/openapi.json"): Needs(None),
    ("GET", "/api/v1/accounts"): Needs("manage_accounts"),
    ("POST", "/api/v1/accounts"): Needs("manage_accounts"),
    ("PATCH", "/api/v1/accounts/{name}"): Needs("manage_accounts"),
    ("GET", "/api/v1/accounts/{name}/sessions"): Needs("manage_accounts"),
    ("DELETE", "/api/v1/accounts/{name}/sessions"): Needs("manage_accounts"),
    ("GET", "/api/v1/accounts/{name}/second-factor"): Needs("manage_accounts"),
    ("DELETE", "/api/v1/accounts/{name}/second-factor"): Needs("manage_accounts"),
    ("GET", "/api/v1/accounts/{name}/api-tokens"): Needs("manage_accounts"),
    ("DELETE", "/api/v1/accounts/{name}/api-tokens/{token}"): Needs("manage_accounts"),
    ("GET", "/api/v1/units"): Needs("list", is_scoped=True),
    ("POST", "/api/v1/units"): Needs("change_registry"),
    ("GET", "/api/v1/units/{id}"): Needs("list", is_scoped=True),
    ("PATCH", "/api/v1/units/{id}"): Needs("change_registry"),
    ("DELETE", "/api/v1/units/{id}"): Needs("change_registry"),
    ("GET", "/api/v1/canteen-imports/template.csv"): Needs("change_registry"),
    ("GET", "/api/v1/canteen-imports/template.xlsx"): Needs("change_registry"),
    ("POST", "/api/v1/canteen-imports/trial"): Needs("change_registry"),
    ("POST", "/api/v1/canteen-imports"): Needs("change_registry"),
    ("GET", "/api/v1/sites"): Needs("list", is_scoped=True),
    ("POST", "/api/v1/sites"): Needs("change_registry"),
    ("GET", "/api/v1/sites/{id}"): Needs("list"),
    ("PATCH", "/api/v1/sites/{id}"): Needs("change_registry"),
    ("DELETE", "/api/v1/sites/{id}"): Needs("change_registry"),
    ("GET", "/api/v1/cameras"): Needs("list", is_scoped=True),
    ("POST", "/api/v1/cameras"): Needs("change_registry"),
    ("POST", "/api/v1/cameras/probe"): Needs("change_registry"),
    ("GET", "/api/v1/cameras/{id}"): Needs("list"),
    ("PATCH", "/api/v1/cameras/{id}"): Needs("change_registry"),
    ("DELETE", "/api/v1/cameras/{id}"): Needs("change_registry"),
    ("GET", "/api/v1/cameras/{id}/snapshot.jpg"): Needs("snapshot", token="snapshot"),
    ("GET", "/api/v1/cameras/{id}/timeline"): Needs("playback"),
    ("GET", "/api/v1/cameras/{id}/playback.m3u8"): Needs("playback", token="playback"),
    ("GET", "/api/v1/cameras/{id}/recordings/{stream}/{year}/{month}/{day}/{name}"): Needs(
        "playback", token="playback"
    ),
    ("GET", "/api/v1/cameras/{id}/gops/{stream}/{run}/{name}"): Needs("playback", token="playback"),
    ("GET", "/api/v1/cameras/{id}/thumbnails.jpg"): Needs("playback", token="playback"),
    ("POST", "/api/v1/cameras/{id}/talk"): Needs("talk", guest="camera"),
    ("GET", "/api/v1/talks"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/talks/{talk}/sound"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/talks/{talk}"): Needs("talk", is_scoped=True, guest="self"),
    ("PATCH", "/api/v1/talks/{talk}"): Needs("talk", is_scoped=True, guest="self"),
    ("DELETE", "/api/v1/talks/{talk}"): Needs("talk", is_scoped=True, guest="self"),
    # Who may take which step depends on whose it is: the desk asks for `order` or `answer`.
    ("GET", "/api/v1/cases"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/cases"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/cases/{id}"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/cases/{id}/closing"): Needs("order", is_scoped=True),
    ("POST", "/api/v1/cases/{id}/notes"): Needs("order", is_scoped=True),
    ("GET", "/api/v1/deadlines"): Needs("order", is_scoped=True),
    ("GET", "/api/v1/orders"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/orders/{id}/checks/{number}/{side}.jpg"): Needs("playback", is_scoped=True),
    ("POST", "/api/v1/cases/{id}/orders"): Needs("order", is_scoped=True),
    ("GET", "/api/v1/orders/{id}"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/orders/{id}/document.pdf"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/orders/{id}/steps"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/orders/{id}/photos"): Needs("answer", is_scoped=True),
    ("GET", "/api/v1/orders/{id}/photos/{name}"): Needs("view", is_scoped=True),
    # Everybody sets up their own; other people's, and what leads to other machines, asks for `configure` at the desk.
    ("GET", "/api/v1/notices/channels"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/notices/channels"): Needs("be_told", is_scoped=True),
    ("PATCH", "/api/v1/notices/channels/{id}"): Needs("be_told", is_scoped=True),
    ("DELETE", "/api/v1/notices/channels/{id}"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/notices/channels/{id}/test"): Needs("be_told", is_scoped=True),
    ("GET", "/api/v1/notices/push"): Needs("be_told", is_scoped=True),
    ("GET", "/api/v1/notices/devices"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/notices/devices"): Needs("be_told", is_scoped=True),
    ("DELETE", "/api/v1/notices/devices/{id}"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/notices/devices/{id}/test"): Needs("be_told", is_scoped=True),
    ("GET", "/api/v1/notices/people/{id}"): Needs("be_told", is_scoped=True),
    ("PUT", "/api/v1/notices/people/{id}"): Needs("be_told", is_scoped=True),
    ("GET", "/api/v1/notices/people"): Needs("configure"),
    ("GET", "/api/v1/notices/rotas"): Needs("review", is_scoped=True),
    ("PUT", "/api/v1/notices/rotas/{id}"): Needs("configure"),
    ("DELETE", "/api/v1/notices/rotas/{id}"): Needs("configure"),
    ("GET", "/api/v1/notices/chains"): Needs("review", is_scoped=True),
    ("PUT", "/api/v1/notices/chains/{id}"): Needs("configure"),
    ("DELETE", "/api/v1/notices/chains/{id}"): Needs("configure"),
    ("GET", "/api/v1/notices/duty"): Needs("review", is_scoped=True),
    ("POST", "/api/v1/notices/preview"): Needs("review", is_scoped=True),
    ("GET", "/api/v1/notices/deliveries"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/notices/messages/{id}/receipt"): Needs("be_told", is_scoped=True),
    ("POST", "/api/v1/cases/{id}/shares"): Needs("order", is_scoped=True),
    ("DELETE", "/api/v1/cases/{id}/shares/{account}"): Needs("order", is_scoped=True),
    # A draw is about all kitchens. Who has a part in it, a guest too, sees it: the desk asks.
    ("GET", "/api/v1/draws"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/draws"): Needs("inspect"),
    ("GET", "/api/v1/draws/{id}"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/draws/{id}/file.json"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/draws/{id}/commitments"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/draws/{id}/seeds"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/draws/{id}/cancellation"): Needs("inspect"),
    ("GET", "/api/v1/inspections"): Needs("inspect", is_scoped=True),
    ("GET", "/api/v1/inspections/{id}"): Needs("inspect", is_scoped=True),
    ("POST", "/api/v1/inspections/{id}/steps"): Needs("inspect", is_scoped=True),
    ("GET", "/api/v1/inspection-coverage"): Needs("inspect", is_scoped=True),
    ("GET", "/api/v1/figures"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/figures/kitchens"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/exports/{what}.csv"): Needs("export", is_scoped=True),
    ("GET", "/api/v1/exports/{what}.xlsx"): Needs("export", is_scoped=True),
    ("GET", "/api/v1/events"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/rules"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/rules.yaml"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/rules/{id}/versions"): Needs("view", is_scoped=True),
    ("PUT", "/api/v1/rules/{id}"): Needs("configure"),
    ("PUT", "/api/v1/rules.yaml"): Needs("configure"),
    ("POST", "/api/v1/rules/dry-run"): Needs("configure"),
    ("GET", "/api/v1/calendars"): Needs("view"),
    ("GET", "/api/v1/calendars/{id}/versions"): Needs("view"),
    ("PUT", "/api/v1/calendars/{id}"): Needs("configure"),
    ("DELETE", "/api/v1/calendars/{id}"): Needs("configure"),
    ("GET", "/api/v1/calendars/{id}/calendar.ics"): Needs("view"),
    ("PUT", "/api/v1/calendars/{id}/calendar.ics"): Needs("configure"),
    ("GET", "/api/v1/sites/{id}/kitchen-day"): Needs("view"),
    ("GET", "/api/v1/silences"): Needs("view", is_scoped=True),
    ("POST", "/api/v1/silences"): Needs("review", is_scoped=True),
    ("DELETE", "/api/v1/silences/{id}"): Needs("review", is_scoped=True),
    ("GET", "/api/v1/alerts"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/alerts/{id}"): Needs("view", is_scoped=True),
    ("GET", "/api/v1/alerts/{id}/picture.jpg"): Needs("playback", is_scoped=True),
    ("GET", "/api/v1/alerts/{id}/clip.mp4"): Needs("playback", is_scoped=True),
    ("GET", "/api/v1/alerts/{id}/crop.mp4"): Needs("playback", is_scoped=True),
    ("POST", "/api/v1/alerts/{id}/replay"): Needs("review", is_scoped=True),
    ("POST", "/api/v1/alerts/{id}/acknowledgement"): Needs("review", is_scoped=True),
    ("POST", "/api/v1/alerts/{id}/review"): Needs("review", is_scoped=True),
    ("POST", "/api/v1/snapshots"): Needs("snapshot", is_scoped=True),
    ("POST", "/api/v1/cameras/{id}/whep"): Needs("view", guest="camera"),
    ("GET", "/api/v1/ice-servers"): Needs("view", is_scoped=True, guest="self"),
    ("GET", "/api/v1/views/{view}"): Needs("view", is_scoped=True, guest="self"),
    ("PATCH", "/api/v1/views/{view}"): Needs("view", is_scoped=True, guest="self"),
    ("DELETE", "/api/v1/views/{view}"): Needs("view", is_scoped=True, guest="self"),
    ("POST", "/api/v1/guest-sessions"): Needs(None),
    ("GET", "/api/v1/rooms"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/rooms"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/rooms/{id}"): Needs("talk", is_scoped=True, guest="room"),
    ("POST", "/api/v1/rooms/{id}/join"): Needs("talk", is_scoped=True, guest="room"),
    ("POST", "/api/v1/rooms/{id}/leave"): Needs("talk", is_scoped=True, guest="room"),
    ("POST", "/api/v1/rooms/{id}/notes"): Needs("talk", is_scoped=True, guest="room"),
    ("POST", "/api/v1/rooms/{id}/guests"): Needs("invite", is_scoped=True),
    ("DELETE", "/api/v1/rooms/{id}/guests/{guest}"): Needs("invite", is_scoped=True),
    ("POST", "/api/v1/rooms/{id}/close"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/rooms/{id}/evidence"): Needs("seal_evidence", is_scoped=True),
    ("GET", "/api/v1/drills"): Needs("talk"),
    ("POST", "/api/v1/drills"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/drills/{id}"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/drills/{id}/stop"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/reachability"): Needs("list", is_scoped=True),
    ("GET", "/api/v1/drill-schedules"): Needs("list"),
    ("PUT", "/api/v1/drill-schedules/installation"): Needs("change_registry"),
    ("DELETE", "/api/v1/drill-schedules/installation"): Needs("change_registry"),
    ("PUT", "/api/v1/sites/{id}/drill-schedule"): Needs("change_registry"),
    ("DELETE", "/api/v1/sites/{id}/drill-schedule"): Needs("change_registry"),
    ("GET", "/api/v1/broadcasts"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/broadcasts"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/broadcasts/{id}"): Needs("talk", is_scoped=True),
    ("PATCH", "/api/v1/broadcasts/{id}"): Needs("talk", is_scoped=True),
    ("DELETE", "/api/v1/broadcasts/{id}"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/announcements"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/announcements"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/announcements/files"): Needs("talk", is_scoped=True),
    ("POST", "/api/v1/announcements/preview"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/announcements/{id}"): Needs("talk", is_scoped=True),
    ("GET", "/api/v1/announcements/{id}/sound"): Needs("talk", is_scoped=True),
    ("DELETE", "/api/v1/announcements/{id}"): Needs("talk"),
    ("GET", "/api/v1/announcement-schedules"): Needs("talk"),
    ("POST", "/api/v1/announcement-schedules"): Needs("talk"),
    ("DELETE", "/api/v1/announcement-schedules/{id}"): Needs("talk"),
    ("GET", "/api/v1/clips"): Needs("export", is_scoped=True),
    ("POST", "/api/v1/clips"): Needs("export", is_scoped=True),
    ("GET", "/api/v1/clips/{id}"): Needs("export", is_scoped=True),
    ("DELETE", "/api/v1/clips/{id}"): Needs("export", is_scoped=True),
    ("GET", "/api/v1/clips/{id}/file.mp4"): Needs("export", is_scoped=True),
    ("GET", "/api/v1/evidence"): Needs("seal_evidence", is_scoped=True),
    ("POST", "/api/v1/evidence"): Needs("seal_evidence", is_scoped=True),
    ("GET", "/api/v1/evidence/{id}"): Needs("seal_evidence", is_scoped=True),
    ("GET", "/api/v1/evidence/{id}/file.zip"): Needs("seal_evidence", is_scoped=True),
    ("GET", "/api/v1/sites/{id}/coverage"): Needs("view"),
    ("GET", "/api/v1/sites/{id}/uniform"): Needs("view"),
    ("PATCH", "/api/v1/sites/{id}/uniform"): Needs("teach"),
    ("DELETE", "/api/v1/sites/{id}/uniform"): Needs("teach"),
    ("POST", "/api/v1/sites/{id}/uniform/photos"): Needs("teach"),
    ("GET", "/api/v1/storage"): Needs("see_storage"),
    ("POST", "/api/v1/storage/retention-trial"): Needs("change_registry"),
    ("WS", "/api/v1/cameras/{id}/live"): Needs("view", token="view", guest="camera"),
    ("POST", "/api/v1/media-tokens"): Needs("stay_logged_in", is_scoped=True),
    ("GET", "/api/v1/analysis/capabilities"): Needs("list", is_scoped=True),
    ("GET", "/api/v1/status"): Needs("list", is_scoped=True),
    ("GET", "/api/v1/public-screens"): Needs("configure"),
    ("POST", "/api/v1/public-screens"): Needs("configure"),
    ("GET", "/api/v1/public-screens/{id}"): Needs("configure"),
    ("PATCH", "/api/v1/public-screens/{id}"): Needs("configure"),
    ("DELETE", "/api/v1/public-screens/{id}"): Needs("configure"),
    ("POST", "/api/v1/public-screens/{id}/link"): Needs("configure"),
    # Their token is their right: it opens these two and nothing else.
    ("GET", "/api/v1/public/{token}"): Needs(None),
    ("GET", "/api/v1/public/{token}/pictures/{number}.jpg"): Needs(None),
    ("GET", "/api/v1/audit"): Needs("read_audit"),
    ("GET", "/api/v1/audit/export"): Needs("read_audit"),
    ("GET", "/api/v1/sites/{id}/watching"): Needs("see_watching"),
}


async def guard(connection: HTTPConnection) -> None:
    """Runs before every route of the API; a route that is not in the table does not come into being."""
    needs = RULES[_key(connection)]
    if needs.verb is None:
        return
    identity = await _identity(connection, needs)
    wait_s = rooms_of(connection).doors.limits.of_account(identity.name)
    if wait_s:
        raise TryLater(
            "too_many_requests", f"Too many requests. Try again in {wait_s} s.", status=429, retry_after_s=wait_s
        )
    if identity.is_cookie:
        require_same_origin(connection)
    if identity.guest is not None:
        _require_guest(connection, identity.guest, needs)
        connection.state.identity = identity
        return
    if not identity.may(needs.verb):
        raise must_change_password() if identity.must_change_password else not_allowed(needs.verb)
    if identity.sites is not None and not needs.is_scoped:
        await _require_scope(connection, identity)
    connection.state.identity = identity


def _require_guest(connection: HTTPConnection, guest: GuestScope, needs: Needs) -> None:
    """Where guests may come, what is not of their room is not there."""
    id = connection.path_params.get("id", "")
    if needs.verb is None or needs.guest is None:
        raise guests_not_here()
    if needs.guest == "room":
        if id != guest.room:
            raise no_such("room", id)
        return
    if needs.guest == "camera" and id not in guest.cameras:
        raise no_such("camera", id)
    if not guest.may(needs.verb):
        raise RequestRefused("not_allowed", f"Your invitation does not allow: {needs.verb}.", status=403)


async def _require_scope(connection: HTTPConnection, identity: Identity) -> None:
    """A camera or a school that is not theirs is, for them, not there."""
    path, id = _key(connection)[1], connection.path_params.get("id")
    registry = rooms_of(connection).registry
    if id is not None and path.startswith("/api/v1/cameras/{id}"):
        if not identity.sees((await registry.camera(id)).site):
            raise no_such("camera", id)
    elif id is not None and path.startswith("/api/v1/sites/{id}"):
        if not identity.sees(id):
            raise no_such("site", id)
    else:
        raise out_of_scope()


def identity_of(connection: HTTPConnection) -> Identity:
    """Who asks, as `guard` found it."""
    identity: Identity = connection.state.identity
    return identity


def address_of(connection: HTTPConnection) -> str:
    """Where the request comes from."""
    return connection.client.host if connection.client is not None else "unknown"


def by_of(connection: HTTPConnection) -> By:
    """Who asks, and from where."""
    return By(identity_of(connection), address_of(connection))


def bearer_or_cookie(connection: HTTPConnection) -> tuple[str | None, bool]:
    """The login token, and whether it came in the cookie. A bearer goes before a cookie: it was sent on purpose."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    return connection.cookies.get(COOKIE), True


def require_same_origin(connection: HTTPConnection) -> None:
    """Refuse what another site's page made the browser send with our cookie.

    WebSockets are checked whatever the method: a browser lets any page open one, with our cookie, and read it.
    """
    is_websocket = connection.scope["type"] == "websocket"
    if not is_websocket and connection.scope["method"] in _SAFE_METHODS:
        return
    # Fetch metadata (W3C): every current browser says where a request began; "none" = typed by the person.
    fetch_site = connection.headers.get("sec-fetch-site")
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        raise _foreign_origin()
    origin = connection.headers.get("origin")
    if origin is not None:
        if urlsplit(origin).netloc != connection.headers.get("host"):
            raise _foreign_origin()
    elif fetch_site is None or is_websocket:
        raise _foreign_origin()


def uncovered(routers: Iterable[APIRouter]) -> list[str]:
    """Routes without a rule and rules without a route; both are mistakes that must not start."""
    declared: set[tuple[str, str]] = set()
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                declared.update((method, route.path) for method in route.methods or ())
            elif isinstance(route, APIWebSocketRoute):
                declared.add(("WS", route.path))
    return [f"{method} {path}" for method, path in sorted(declared ^ RULES.keys())]


def _key(connection: HTTPConnection) -> tuple[str, str]:
    method: Literal["WS"] | str = "WS" if connection.scope["type"] == "websocket" else connection.scope["method"]
    return ("GET" if method == "HEAD" else method, connection.scope["route"].path)


async def _identity(connection: HTTPConnection, needs: Needs) -> Identity:
    rooms = rooms_of(connection)
    media_token = connection.query_params.get("token")
    if needs.token is not None and media_token is not None:
        return await rooms.media.identity(media_token, needs.token, connection.path_params["id"])
    token, is_cookie = bearer_or_cookie(connection)
    if not token:
        raise not_logged_in()
    return await rooms.people.identity(token, is_cookie=is_cookie)


def _foreign_origin() -> RequestRefused:
    return RequestRefused(
        "foreign_origin",
        "This request came from another site's page with this site's cookie. Use the console, or send a bearer token.",
        status=403,
    )
