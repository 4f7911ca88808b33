"""Routes: one sound to many kitchens, with a receipt of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import Field, model_validator

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.bodies import Body as RequestBody
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import moment_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.faults import WrongValue
from services.gateway.handlers.broadcasts import Recipients
from shared.messages.broadcasts import (
    BroadcastEnding,
    BroadcastSource,
    BroadcastState,
    BroadcastStatus,
    Language,
    Receipt,
    ReceiptReason,
    ReceiptState,
)
from shared.messages.intercom import TalkPriority

router = APIRouter(prefix="/api/v1/broadcasts", tags=["broadcasts"])

_SDP_CHARACTERS_MAX = 64_000
_EXAMPLES: dict[str, Any] = {
    "a microphone to a school, prepared": {
        "value": {
            "to": {"sites": ["school-2"]},
            "priority": "order",
            "offer": "v=0\r\n…",
            "prepare": True,
            "reason": "floors are wet in three kitchens",
        }
    },
    "a text to everybody, at once": {
        "value": {
            "to": {"all": True},
            "priority": "emergency",
            "text": "燃气泄漏警报，请立即关火并撤离。",
            "language": "zh-CN",
            "reason": "gas company's warning",
        }
    },
    "an announcement of the library": {
        "value": {"to": {"cameras": ["cook-1", "cook-2"]}, "announcement": "ann-0123456789ab"}
    },
}


class RecipientsBody(RequestBody):
    """To whom: any mixture; whoever is named twice hears it once."""

    cameras: list[str] = Field([], max_length=4096)
    sites: list[str] = Field([], max_length=4096, description="all their cameras that are switched on")
    all: bool = Field(False, description="every camera that is switched on")

    def recipients(self) -> Recipients:
        return Recipients(self.cameras, self.sites, self.all)


class NewBroadcast(RequestBody):
    """One of offer, announcement and text."""

    to: RecipientsBody
    priority: TalkPriority = Field("routine", description="who speaks less urgently loses the floor to it")
    reason: str = Field("", max_length=500, description="why; kept in the audit and with the receipts")
    offer: str | None = Field(
        None,
        max_length=_SDP_CHARACTERS_MAX,
        description="SDP with one sound, sendonly; a data channel, if there is one, is told receipts as they change",
    )
    announcement: str | None = Field(None, max_length=80, description="id of an announcement")
    text: str | None = Field(None, min_length=1, max_length=400, description="spoken by the intercom's voice")
    language: Language = Field("zh-CN", description="of the text")
    prepare: bool = Field(False, description="connect and wait for a press, instead of speaking at once")

    @model_validator(mode="after")
    def _has_one_source(self) -> NewBroadcast:
        if sum(source is not None for source in (self.offer, self.announcement, self.text)) != 1:
            raise WrongValue("not_one_source")
        if self.offer is not None and not self.offer.startswith("v=0"):
            raise WrongValue("offer_not_sdp")
        return self


class ReceiptAnswer(Answer):
    """How far one camera is."""

    camera: str
    site: str
    state: ReceiptState = Field(
        description="accepted: its session stands; playing: it is given sound; heard: it reports that it comes; played:"
        " it was given all of it and never says what it hears"
    )
    reason: ReceiptReason | None = Field(None, description="failed and skipped: why")
    detail: str = Field("", description="the same in words", examples=["wang is speaking to this kitchen."])
    holder: str | None = Field(None, description="who has the floor, where it is somebody else")
    attempts: int = Field(0, description="more than one: it failed and was tried again")
    codec: str | None = None
    began_at: datetime | None = Field(None, description="when it was given its first sound")
    late_ms: float | None = Field(None, description="how long after the common start that was")
    packets: int = Field(0, description="of sound, given to it so far")


class BroadcastAnswer(Answer):
    """How a broadcast is. In a list the receipts are left out; `counts` says how many cameras are how far."""

    id: str
    talker: str
    priority: TalkPriority
    source: BroadcastSource
    announcement: str | None = None
    text: str | None = None
    reason: str = ""
    state: BroadcastState
    ending: BroadcastEnding | None = Field(None, description="why it is over")
    detail: str = ""
    opened_at: datetime
    began_at: datetime | None = Field(None, description="the common start")
    ended_at: datetime | None = None
    counts: dict[ReceiptState, int]
    receipts: list[ReceiptAnswer] = Field([])


class BroadcastOpenedAnswer(BroadcastAnswer):
    """A new broadcast."""

    answer: str | None = Field(None, description="SDP answer, where there was an offer")


class BroadcastChange(RequestBody):
    """Press, or release."""

    is_speaking: bool


@router.post("", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def open_broadcast(
    body: Annotated[NewBroadcast, Body(openapi_examples=_EXAMPLES)], request: Request, response: Response
) -> BroadcastOpenedAnswer:
    """Speak to many kitchens at once: the browser's microphone, an announcement, or a text.

    Cameras are connected at once; those that are ready begin together, the others as they come. None waits for one
    that is dead. `Location` is the broadcast.
    """
    opened = await rooms_of(request).broadcasts.open(
        by_of(request),
        body.to.recipients(),
        priority=body.priority,
        reason=body.reason,
        offer=body.offer,
        announcement=body.announcement,
        text=body.text,
        language=body.language,
        is_prepared=body.prepare,
    )
    response.headers["Location"] = f"{router.prefix}/{opened.status.broadcast}"
    return BroadcastOpenedAnswer(**_fields(opened.status), answer=opened.answer)


@router.get("", responses=refusals(400, 401, 403, 422))
async def list_broadcasts(
    request: Request, page: Paging, camera: Annotated[str | None, Query(description="only those to this camera")] = None
) -> Page[BroadcastAnswer]:
    """Broadcasts, newest first, without their receipts."""
    found = await rooms_of(request).broadcasts.newest(by_of(request), page, camera)
    return Page(items=[_answer(each) for each in found.items], next_cursor=found.next_cursor)


@router.get("/{id}", responses=refusals(401, 403, 404))
async def get_broadcast(id: str, request: Request) -> BroadcastAnswer:
    """One broadcast and its receipts: as they are now, or as they were when it ended."""
    return _answer(await rooms_of(request).broadcasts.status(by_of(request), id))


@router.patch("/{id}", responses=refusals(401, 403, 404, 409, 422))
async def change_broadcast(id: str, body: BroadcastChange, request: Request) -> BroadcastAnswer:
    """Press or release a broadcast of one's own. A press returns when the sound has begun."""
    return _answer(await rooms_of(request).broadcasts.change(by_of(request), id, is_speaking=body.is_speaking))


@router.delete("/{id}", status_code=204, responses=refusals(401, 403, 404))
async def end_broadcast(id: str, request: Request) -> None:
    """End a broadcast of one's own."""
    await rooms_of(request).broadcasts.end(by_of(request), id)


def _answer(status: BroadcastStatus) -> BroadcastAnswer:
    return BroadcastAnswer(**_fields(status))


def _fields(status: BroadcastStatus) -> dict[str, Any]:
    values = status.model_dump(exclude={"broadcast", "receipts", "opened_us", "began_us", "ended_us"})
    return values | {
        "id": status.broadcast,
        "opened_at": moment_of(status.opened_us),
        "began_at": _moment(status.began_us),
        "ended_at": _moment(status.ended_us),
        "receipts": _receipts(status.receipts),
    }


def _receipts(receipts: Sequence[Receipt]) -> list[ReceiptAnswer]:
    return [
        ReceiptAnswer(**receipt.model_dump(exclude={"began_us"}), began_at=_moment(receipt.began_us))
        for receipt in receipts
    ]


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment_of(us)
