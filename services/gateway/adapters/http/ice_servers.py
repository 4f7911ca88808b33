"""Route: the STUN and TURN servers that a browser may use, with credentials that soon end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from shared.ice_servers import IceServer

router = APIRouter(prefix="/api/v1", tags=["talk"])


class IceServerAnswer(Answer):
    """One entry of RTCConfiguration's `iceServers`."""

    urls: list[str]
    username: str | None = Field(None, description="of TURN alone")
    credential: str | None = Field(None, description="of TURN alone")


class IceServersAnswer(Answer):
    """Ask again for every connection."""

    ice_servers: list[IceServerAnswer]
    expires_at: AwareDatetime = Field(description="when a TURN server takes these no more; what runs then goes on")


@router.get("/ice-servers", responses=refusals(401, 403))
async def get_ice_servers(request: Request, response: Response) -> IceServersAnswer:
    """The STUN and TURN servers of this installation; none where browsers reach it without."""
    servers, ends_s = _servers(request)
    response.headers["Cache-Control"] = "no-store"
    told = [IceServerAnswer(urls=list(one.urls), username=one.username, credential=one.credential) for one in servers]
    return IceServersAnswer(ice_servers=told, expires_at=datetime.fromtimestamp(ends_s, UTC))


def ice_links(request: Request) -> list[str]:
    """The same as values of `Link` (RFC 9725 4.6)."""
    return list(_links(_servers(request)[0]))


def _servers(request: Request) -> tuple[Sequence[IceServer], int]:
    return rooms_of(request).ice.of(identity_of(request))


def _links(servers: Sequence[IceServer]) -> Iterator[str]:
    for server in servers:
        for url in server.urls:
            link = f'<{url}>; rel="ice-server"'
            if server.username is not None:
                link += f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
            yield link
