"""Routes: looking at a camera by WebRTC (WHEP's shape, draft-ietf-wish-whep)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.ice_servers import ice_links
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.webrtc import CANDIDATES, SDP_ANSWER, created, fragment_of, offer_of, sdp_offer
from shared.messages.views import ViewEnding, ViewState, ViewStatus

router = APIRouter(prefix="/api/v1", tags=["view"])

_OFFER = sdp_offer("SDP offer with one picture and at most one sound, recvonly.")


class ViewAnswer(Answer):
    """How a view is."""

    view: str
    camera: str
    stream: Literal["main", "sub"]
    state: ViewState
    ending: ViewEnding | None = Field(None, description="why it is over")
    detail: str = Field(description="the same in words; empty where there is nothing to say")
    width: int
    height: int
    has_sound: bool
    seconds: float = Field(description="since it was opened; of one that ended, how long it lasted")
    pictures: int = Field(description="sent so far")
    shed: int = Field(description="not sent, because the browser or its network did not keep up")
    is_thin: bool = Field(description="one picture a GOP is sent, because the network loses too much")


@router.post(
    "/cameras/{id}/whep",
    status_code=201,
    response_class=Response,
    responses=SDP_ANSWER | refusals(401, 403, 404, 406, 409, 413, 422),
    openapi_extra=_OFFER,
)
async def open_view(
    id: str,
    request: Request,
    stream: Annotated[Literal["main", "sub"], Query(description="which of its streams; H.264 alone")] = "main",
    purpose: Annotated[str, Query(max_length=200, description="why one looks; kept with the audit row")] = "",
) -> Response:
    """Look at this camera by WebRTC: its own H.264 as it is, and its sound.

    409 `no_picture`: nothing comes from it now. 406 `not_h264`, `no_common_codec`, `reordered_pictures`: use the live
    view. It never opens the way to the camera's speaker.
    """
    offer = await offer_of(request)
    opened = await rooms_of(request).views.open(by_of(request), id, offer, stream, purpose)
    return created(opened.answer, f"{router.prefix}/views/{opened.status.view}", opened.status.view, ice_links(request))


@router.get("/views/{view}", responses=refusals(401, 403, 404))
async def get_view(view: str, request: Request) -> ViewAnswer:
    """How a view of one's own is."""
    return _answer(await rooms_of(request).views.status(by_of(request), view))


@router.patch(
    "/views/{view}",
    status_code=204,
    responses=refusals(401, 403, 404, 412, 413, 415, 422, 428),
    openapi_extra=CANDIDATES,
)
async def trickle_view(view: str, request: Request) -> None:
    """More candidates of the browser (trickle ICE); 422 where ICE is to be restarted."""
    await rooms_of(request).views.trickle(by_of(request), view, await fragment_of(request, view))


@router.delete("/views/{view}", status_code=204, responses=refusals(401, 403, 404))
async def end_view(view: str, request: Request) -> None:
    """End a view of one's own."""
    await rooms_of(request).views.end(by_of(request), view)


def _answer(status: ViewStatus) -> ViewAnswer:
    return ViewAnswer(**status.model_dump(exclude={"site", "viewer"}))
