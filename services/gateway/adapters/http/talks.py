"""Routes: speaking to a kitchen (WHIP shape, RFC 9725)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from shared.errors import RequestRefused
from shared.messages.intercom import TalkEnding, TalkPriority, TalkState, TalkStatus

router = APIRouter(prefix="/api/v1", tags=["talk"])

SDP = "application/sdp"
_SDP_BYTES_MAX = 64_000
_OFFER: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "SDP offer with one sound, sendonly; a data channel, if there is one, is told how the talk is.",
        "content": {SDP: {"schema": {"type": "string"}, "example": "v=0\r\n…"}},
    }
}
_ANSWER: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "SDP answer; `Location` is the talk",
        "content": {SDP: {"schema": {"type": "string"}}},
        "headers": {"Location": {"schema": {"type": "string"}, "description": "/api/v1/talks/{talk}"}},
    }
}


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
    responses=_ANSWER | refusals(401, 403, 404, 409, 413, 422),
    openapi_extra=_OFFER,
)
async def open_talk(
    id: str,
    request: Request,
    prepare: Annotated[bool, Query(description="connect and wait for a press, instead of speaking at once")] = False,
    priority: Annotated[TalkPriority, Query(description="who speaks less urgently loses the floor")] = "routine",
) -> Response:
    """Speak to the kitchen through this camera's speaker: the browser's microphone, by WebRTC.

    With `prepare` the way is opened as far as it goes without a sound, so that a press is heard at once.
    """
    await rooms_of(request).registry.camera(id)
    offer = await _offer(request)
    opened = await rooms_of(request).talks.open(by_of(request), id, offer, priority, is_prepared=prepare)
    location = f"{router.prefix}/talks/{opened.status.talk}"
    return Response(opened.answer, 201, {"Location": location}, SDP)


@router.get("/talks/{talk}", responses=refusals(401, 403, 404))
async def get_talk(talk: str, request: Request) -> TalkAnswer:
    """How a talk of one's own is."""
    return _answer(await rooms_of(request).talks.status(by_of(request), talk))


@router.patch("/talks/{talk}", responses=refusals(401, 403, 404, 409, 422))
async def change_talk(talk: str, body: TalkChangeBody, request: Request) -> TalkAnswer:
    """Press or release. 409 `floor_taken` names who speaks; 409 `camera_busy`: others than us speak there."""
    desk = rooms_of(request).talks
    return _answer(await desk.change(by_of(request), talk, is_talking=body.is_talking, may_wait=body.may_wait))


@router.delete("/talks/{talk}", status_code=204, responses=refusals(401, 403, 404))
async def end_talk(talk: str, request: Request) -> None:
    """End a talk of one's own."""
    await rooms_of(request).talks.end(by_of(request), talk)


async def _offer(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _SDP_BYTES_MAX:
            raise RequestRefused("body_too_large", "An SDP offer is not that long.", status=413)
    try:
        offer = body.decode()
    except UnicodeDecodeError:
        offer = ""
    if not offer.startswith("v=0"):
        raise RequestRefused("bad_offer", f"Send an SDP offer as {SDP}.", status=422)
    return offer


def _answer(status: TalkStatus) -> TalkAnswer:
    return TalkAnswer(**status.model_dump(exclude={"site", "talker"}))
