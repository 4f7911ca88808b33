"""Routes: speaking to a kitchen (WHIP shape, RFC 9725)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.ice_servers import ice_links
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.webrtc import (
    CANDIDATES,
    FRAGMENT,
    SDP_ANSWER,
    TrickleRoute,
    created,
    fragment_of,
    offer_of,
    sdp_offer,
)
from shared.messages.intercom import TalkEnding, TalkPriority, TalkState, TalkStatus

router = APIRouter(prefix="/api/v1", tags=["talk"])

# Candidates come to the same address as presses: told apart by their media type, so these are asked first.
trickle_router = APIRouter(prefix="/api/v1", tags=["talk"], route_class=TrickleRoute)

_OFFER = sdp_offer(
    "SDP offer with one sound that the browser sends. Where it also receives a sound (in the same section or another)"
    " and a picture, it is given the camera's, over the same connection. A data channel, if there is one, is told how"
    " the talk is."
)
_CHANGE = {"requestBody": {"content": {FRAGMENT: CANDIDATES["requestBody"]["content"][FRAGMENT]}}}


class TalkAnswer(Answer):
    """How a talk is."""

    talk: str
    camera: str
    priority: TalkPriority
    state: TalkState
    ending: TalkEnding | None = Field(None, description="why it is over")
    detail: str = Field(description="the same in words; empty where there is nothing to say")
    holder: str | None = Field(None, description="who has the floor, where it is somebody else")
    queue_position: int | None = Field(None, description="from 1, of those who wait for the floor")
    codec: str | None = Field(None, description="what the camera is given")
    is_heard: bool | None = Field(
        None, description="whether the camera reports our sound; null: it never said, false: opened twice and unheard"
    )
    packets: int = Field(description="of 20 ms, given to the camera so far")
    lost: int = Field(description="packets of the browser that never came")
    delay_ms: float = Field(description="what the newest packet waited in the intercom")


class TalkChangeBody(Body):
    """Press, or release."""

    is_talking: bool
    may_wait: bool = Field(
        False, description="where somebody else speaks: `waiting` with a `queue_position`, `talking` when it is free"
    )


@router.post(
    "/cameras/{id}/talk",
    status_code=201,
    response_class=Response,
    responses=SDP_ANSWER | refusals(401, 403, 404, 406, 409, 413, 422),
    openapi_extra=_OFFER,
)
async def open_talk(
    id: str,
    request: Request,
    prepare: Annotated[bool, Query(description="connect and wait for a press, instead of speaking at once")] = False,
    priority: Annotated[TalkPriority, Query(description="who speaks less urgently loses the floor")] = "routine",
    case: Annotated[
        str | None, Query(max_length=128, description="id of the case that what is said belongs to")
    ] = None,
) -> Response:
    """Speak to the kitchen through this camera's speaker: the browser's microphone, by WebRTC.

    With `prepare` the way is opened as far as it goes without a sound, so that a press is heard at once.
    """
    await rooms_of(request).registry.camera(id)
    offer = await offer_of(request)
    opened = await rooms_of(request).talks.open(by_of(request), id, offer, priority, is_prepared=prepare, case=case)
    return created(opened.answer, f"{router.prefix}/talks/{opened.status.talk}", opened.status.talk, ice_links(request))


@router.get("/talks/{talk}", responses=refusals(401, 403, 404))
async def get_talk(talk: str, request: Request) -> TalkAnswer:
    """How a talk of one's own is."""
    return _answer(await rooms_of(request).talks.status(by_of(request), talk))


@trickle_router.patch("/talks/{talk}", status_code=204, include_in_schema=False)
async def trickle_talk(talk: str, request: Request) -> None:
    """More candidates of the browser (trickle ICE, RFC 9725 4.3.2)."""
    await rooms_of(request).talks.trickle(by_of(request), talk, await fragment_of(request, talk))


@router.patch("/talks/{talk}", responses=refusals(401, 403, 404, 409, 412, 422, 428), openapi_extra=_CHANGE)
async def change_talk(talk: str, body: TalkChangeBody, request: Request) -> TalkAnswer:
    """Press or release. 409 `floor_taken` names who speaks; 409 `camera_busy`: others than us speak there.

    With `application/trickle-ice-sdpfrag` and `If-Match`: more candidates of the browser, answered with 204; 422 where
    ICE is to be restarted.
    """
    desk = rooms_of(request).talks
    return _answer(await desk.change(by_of(request), talk, is_talking=body.is_talking, may_wait=body.may_wait))


@router.delete("/talks/{talk}", status_code=204, responses=refusals(401, 403, 404))
async def end_talk(talk: str, request: Request) -> None:
    """End a talk of one's own."""
    await rooms_of(request).talks.end(by_of(request), talk)


def _answer(status: TalkStatus) -> TalkAnswer:
    return TalkAnswer(**status.model_dump(exclude={"site", "talker"}))
