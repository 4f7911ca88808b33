"""Routes: emergency rooms, their guests and their timelines."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import ConfigDict, Field

from services.gateway.adapters.http.access import COOKIE, by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.evidence import evidence_answer
from services.gateway.adapters.http.recordings import us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import EvidenceAnswer, Id, Name, Page
from services.gateway.handlers.registry import By
from shared.messages.intercom import TalkPriority
from shared.messages.rooms import GuestVerb, RoomEntry, RoomEntryKind, RoomGuest, RoomStatus

router = APIRouter(prefix="/api/v1", tags=["emergency rooms"])


class NewRoom(Body):
    """Several kitchens that are commanded together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Gas smell at 2nd primary school", "cameras": ["cook-1", "store-1"]}]}
    )

    title: Name
    cameras: list[Id] = Field(min_length=1, max_length=64)
    case: str | None = Field(None, max_length=100, description="id of the case that it is about")


class NewNote(Body):
    """What was decided or ordered, in words."""

    kind: Literal["note", "order"] = "note"
    text: str = Field(min_length=1, max_length=4000, examples=["Close the gas valve, leave the kitchen."])
    camera: Id | None = Field(None, description="which of the room's cameras it is about")


class NewGuest(Body):
    """Somebody from another department."""

    name: Name = Field(examples=["Fire brigade, Mr Wang"])
    verbs: list[GuestVerb] = Field(min_length=1, max_length=2, examples=[["view", "talk"]])
    priority: TalkPriority = Field("routine", description="with which urgency they may speak at most")
    until: Moment = Field(description="when their time ends; what they look at and say ends with it")


class RoomSealing(Body):
    """A case file of the room."""

    reason: str = Field(min_length=1, max_length=2000)
    locked_until: Moment = Field(description="nobody can delete or change it before")
    before_s: int = Field(60, ge=0, le=3600, description="seconds of video before the room was opened")


class GuestToken(Body):
    """What a guest's link carries."""

    token: str = Field(max_length=400)


class FloorAnswer(Answer):
    """A camera of the room, and who speaks to it right now."""

    camera: str
    site: str
    talker: str | None = Field(None, description="who speaks; null: nobody")
    priority: TalkPriority | None = None
    since: datetime | None = None


class PresenceAnswer(Answer):
    """Somebody who is, or was, in the room."""

    who: str
    is_guest: bool
    joined_at: datetime
    left_at: datetime | None = Field(None, description="null: is here")


class GuestAnswer(Answer):
    """A guest."""

    id: str = Field(examples=["3fa9c1d2"])
    name: str
    verbs: list[GuestVerb]
    priority: TalkPriority
    until: datetime
    invited_by: str
    revoked_at: datetime | None = None


class GuestInvited(GuestAnswer):
    """A guest, and the link that lets them in: shown once."""

    token: str = Field(description="as `Authorization: Bearer`, or exchanged for a cookie at POST /guest-sessions")
    link: str = Field(description="path of the console; what is behind # is never sent to a server")


class EntryAnswer(Answer):
    """One entry of the timeline."""

    number: int
    kind: RoomEntryKind
    at: datetime
    who: str
    camera: str | None = Field(None, description="<site>/<camera>")
    text: str
    seconds: float | None = None


class RoomAnswer(Answer):
    """A room, without its timeline."""

    id: str = Field(examples=["9f1c2a5b7d3e4f60"])
    title: str
    case: str | None = None
    opened_by: str
    opened_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    cameras: list[str]
    entries: int = Field(description="of the timeline")


class RoomDetails(RoomAnswer):
    """A room with who is in it, who speaks, and its timeline."""

    floors: list[FloorAnswer]
    people: list[PresenceAnswer]
    guests: list[GuestAnswer] = Field(description="empty where a guest asks")
    timeline: list[EntryAnswer] = Field(description="the entries behind `after`, oldest first")


class GuestSession(Answer):
    """Where a link leads."""

    room: str
    name: str
    verbs: list[GuestVerb]
    cameras: list[str]
    expires_at: datetime


_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "nothing changed since the ETag that was sent"}}
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="only entries behind this number")]


@router.post("/rooms", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def open_room(body: NewRoom, request: Request, response: Response) -> RoomDetails:
    """Open a room for several kitchens. Who opens it is in it.

    Everybody speaks to its cameras by `POST /cameras/{id}/talk` (or a broadcast), one at a time by priority; who has
    which floor is in the room's answer, who had it in its timeline.
    """
    desk, by = rooms_of(request).rooms, by_of(request)
    made = await desk.open(by, body.title, body.cameras, body.case)
    response.headers["Location"] = f"{router.prefix}/rooms/{made.room}"
    await desk.join(by, made.room)
    return _details(await desk.room(by, made.room), by)


@router.get("/rooms", responses=refusals(401, 403, 422))
async def list_rooms(
    request: Request,
    is_open: Annotated[bool | None, Query(description="left out: open and closed ones")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[RoomAnswer]:
    """Rooms, newest first."""
    found = await rooms_of(request).rooms.list(identity_of(request), is_open, limit)
    return Page(items=[RoomAnswer(**_about(room)) for room in found])


@router.get("/rooms/{id}", response_model=RoomDetails, responses=_UNCHANGED | refusals(401, 403, 404, 422))
async def get_room(
    id: str,
    request: Request,
    after: After = 0,
    if_none_match: Annotated[str | None, Header(description="the ETag of the last answer")] = None,
) -> Response:
    """A room. Ask every second or two with the last ETag: 304 while nothing changed.

    Whoever has joined and asks is still there; who does not for a minute has left.
    """
    by = by_of(request)
    text = _details(await rooms_of(request).rooms.room(by, id, after), by).model_dump_json()
    etag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match == etag:
        return Response(None, 304, headers)
    return Response(text, 200, headers, "application/json")


@router.post("/rooms/{id}/join", responses=refusals(401, 403, 404, 409))
async def join_room(id: str, request: Request) -> RoomDetails:
    """Come in."""
    by = by_of(request)
    return _details(await rooms_of(request).rooms.join(by, id), by)


@router.post("/rooms/{id}/leave", responses=refusals(401, 403, 404))
async def leave_room(id: str, request: Request) -> RoomDetails:
    """Go."""
    by = by_of(request)
    return _details(await rooms_of(request).rooms.leave(by, id), by)


@router.post("/rooms/{id}/notes", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def add_note(id: str, body: NewNote, request: Request) -> RoomAnswer:
    """Put an order or a note on the timeline. It cannot be changed afterwards."""
    made = await rooms_of(request).rooms.note(by_of(request), id, body.kind, body.text, body.camera)
    return RoomAnswer(**_about(made))


@router.post("/rooms/{id}/guests", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def invite_guest(id: str, body: NewGuest, request: Request, response: Response) -> GuestInvited:
    """Let somebody from another department in, to this room's cameras and to nothing else, for a limited time."""
    until_us = us_of(body.until)
    verbs = list(dict.fromkeys(body.verbs))
    guest, token = await rooms_of(request).rooms.invite(by_of(request), id, body.name, verbs, body.priority, until_us)
    response.headers["Cache-Control"] = "no-store"
    return GuestInvited(**_guest(guest).model_dump(), token=token, link=f"/rooms/{id}#guest={token}")


@router.delete("/rooms/{id}/guests/{guest}", status_code=204, responses=refusals(401, 403, 404))
async def revoke_guest(id: str, guest: str, request: Request) -> None:
    """Put a guest out: what they look at and say ends within seconds."""
    await rooms_of(request).rooms.revoke(by_of(request), id, guest)


@router.post("/rooms/{id}/close", responses=refusals(401, 403, 404, 409))
async def close_room(id: str, request: Request) -> RoomDetails:
    """Close a room: its guests are out, its timeline is kept."""
    by = by_of(request)
    return _details(await rooms_of(request).rooms.close(by, id), by)


@router.post("/rooms/{id}/evidence", status_code=202, responses=refusals(401, 403, 404, 409, 422))
async def seal_room(id: str, body: RoomSealing, request: Request, response: Response) -> EvidenceAnswer:
    """Seal a case file: the video of the room's cameras, and its timeline as `records/room-<id>.json`, hashed and
    signed with everything else."""
    locked_until_us = us_of(body.locked_until)
    made = await rooms_of(request).rooms.seal(by_of(request), id, body.reason, locked_until_us, body.before_s)
    response.headers["Location"] = f"{router.prefix}/evidence/{made.case}"
    return evidence_answer(made)


@router.post("/guest-sessions", status_code=201, responses=refusals(401, 422))
async def enter_as_guest(body: GuestToken, request: Request, response: Response) -> GuestSession:
    """Exchange a guest's link for a cookie that lasts as long as the guest's time."""
    rooms = rooms_of(request)
    identity = await rooms.people.guest(body.token)
    assert identity.guest is not None
    await rooms.rooms.entered(By(identity, request.client.host if request.client else "unknown"))
    response.set_cookie(
        COOKIE,
        body.token,
        expires=identity.expires_at,
        path="/",
        httponly=True,
        samesite="strict",
        secure=rooms.is_cookie_secure,
    )
    response.headers["Cache-Control"] = "no-store"
    scope = identity.guest
    verbs: list[GuestVerb] = [verb for verb in ("view", "talk") if verb in scope.verbs]
    return GuestSession(
        room=scope.room,
        name=identity.name,
        verbs=verbs,
        cameras=sorted(scope.cameras),
        expires_at=identity.expires_at,
    )


def _details(room: RoomStatus, by: By) -> RoomDetails:
    floors = [
        FloorAnswer(
            camera=each.camera.camera,
            site=each.camera.site,
            talker=None if each.held is None else each.held.talker,
            priority=None if each.held is None else each.held.priority,
            since=None if each.held is None else _moment(each.held.since_us),
        )
        for each in room.floors
    ]
    people = [
        PresenceAnswer(
            who=each.who, is_guest=each.is_guest, joined_at=_moment(each.joined_us), left_at=_maybe(each.left_us)
        )
        for each in room.people
    ]
    guests = [] if by.identity.guest is not None else [_guest(each) for each in room.guests]
    timeline = [_entry(each) for each in room.entries]
    return RoomDetails(**_about(room), floors=floors, people=people, guests=guests, timeline=timeline)


def _about(room: RoomStatus) -> dict[str, object]:
    return {
        "id": room.room,
        "title": room.title,
        "case": room.case,
        "opened_by": room.opened_by,
        "opened_at": _moment(room.opened_us),
        "closed_by": room.closed_by,
        "closed_at": _maybe(room.closed_us),
        "cameras": [each.camera for each in room.cameras],
        "entries": room.entries_total,
    }


def _guest(guest: RoomGuest) -> GuestAnswer:
    granted = guest.granted
    return GuestAnswer(
        id=granted.guest,
        name=granted.name,
        verbs=list(granted.verbs),
        priority=granted.priority,
        until=_moment(granted.until_us),
        invited_by=guest.invited_by,
        revoked_at=_maybe(guest.revoked_us),
    )


def _entry(entry: RoomEntry) -> EntryAnswer:
    return EntryAnswer(at=_moment(entry.at_us), **entry.model_dump(exclude={"at_us"}))


def _maybe(us: int | None) -> datetime | None:
    return None if us is None else _moment(us)


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
