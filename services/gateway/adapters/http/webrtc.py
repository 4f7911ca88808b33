"""What the routes of WebRTC sessions share: offers, answers, and candidates that come later (RFC 9725)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from shared.errors import RequestRefused

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
_BYTES_MAX = 64_000

SDP_ANSWER: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "SDP answer. `Location` is the session, `ETag` what `If-Match` of a PATCH must say",
        "content": {SDP: {"schema": {"type": "string"}}},
        "headers": {
            "Location": {"schema": {"type": "string"}, "description": "the session: GET, PATCH and DELETE it"},
            "ETag": {"schema": {"type": "string"}},
            "Link": {"schema": {"type": "string"}, "description": "STUN and TURN servers, as of `GET /ice-servers`"},
        },
    }
}


def sdp_offer(says: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes an offer."""
    content = {SDP: {"schema": {"type": "string"}, "example": "v=0\r\n…"}}
    return {"requestBody": {"required": True, "description": says, "content": content}}


CANDIDATES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {FRAGMENT: {"schema": {"type": "string"}, "example": "a=ice-ufrag:…\r\na=ice-pwd:…\r\n…"}},
    },
    "parameters": [
        {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "description": "the ETag"}
    ],
}


class TrickleRoute(APIRoute):
    """Matches only what brings candidates; the same address takes other bodies too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        if match is Match.FULL and not _is_fragment(Request(scope)):
            return Match.NONE, {}
        return match, child


async def offer_of(request: Request) -> str:
    """Raises RequestRefused where the body is no SDP."""
    offer = await _text(request)
    if not offer.startswith("v=0"):
        raise RequestRefused("bad_offer", f"Send an SDP offer as {SDP}.", status=422)
    return offer


async def fragment_of(request: Request, session: str) -> str:
    """Candidates for this session. Raises RequestRefused in the words of RFC 9725, 4.3."""
    if not _is_fragment(request):
        raise RequestRefused("not_a_fragment", f"Send candidates as {FRAGMENT}.", status=415)
    wanted = request.headers.get("if-match")
    if wanted is None:
        raise RequestRefused("if_match_missing", "Send If-Match with the ETag of the answer.", status=428)
    if wanted.strip() == "*":
        # 4.3.3: this asks for an ICE restart.
        raise RequestRefused("ice_restart", "ICE is not restarted here: end this session, open another.", status=422)
    if wanted.strip() != etag_of(session):
        raise RequestRefused("other_session", "If-Match is not the ETag of this session's answer.", status=412)
    return await _text(request)


def created(answer: str, location: str, session: str, links: Sequence[str] = ()) -> Response:
    """201. `links`: of ICE servers, as header values."""
    response = Response(answer, 201, {"Location": location, "ETag": etag_of(session)}, SDP)
    for link in links:
        response.headers.append("Link", link)
    return response


def etag_of(session: str) -> str:
    """Of its one ICE session."""
    return f'"{session.rpartition(".")[2]}"'


def _is_fragment(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FRAGMENT


async def _text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BYTES_MAX:
            raise RequestRefused("body_too_large", "No SDP is that long.", status=413)
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise RequestRefused("bad_sdp", "SDP is text in UTF-8.", status=422) from None
