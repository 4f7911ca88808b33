"""Routes: public screens as administrators make them, and the two that everybody with a link may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import AfterValidator, Field

from services.gateway.adapters.http.access import address_of, by_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.bounds import too_many
from services.gateway.adapters.http.etags import IfMatch, etag, revision_of
from services.gateway.adapters.http.recording_plans import PlanWindow, known_zone, plan_windows, policy_windows
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import Rooms, rooms_of
from services.gateway.adapters.http.schemas import Id, Name, Page
from services.gateway.public_screens import CAMERAS_MAX, TOKEN_LENGTH_MAX, PublicScreen, ScreenState

router = APIRouter(prefix="/api/v1/public-screens", tags=["public screens"])

_Cameras = Annotated[
    list[Id], Field(min_length=1, max_length=CAMERAS_MAX, description="in the order in which they are shown")
]
_HOURS = "when it shows pictures; empty: always"
_Zone = Annotated[str, AfterValidator(known_zone)]
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture"},
    304: {"description": "It is the one that If-None-Match names"},
}


class NewPublicScreen(Body):
    """Cameras that everybody with the link may see, faces hidden."""

    name: Name = Field(examples=["第二小学食堂"], description="everybody reads it")
    cameras: _Cameras
    ends_at: Moment = Field(description="within a year; then the link opens nothing but these words")
    hours: list[PlanWindow] = Field([], max_length=20, description=_HOURS)
    time_zone: _Zone = Field("Asia/Shanghai", description="of the kitchen's clock")
    is_on: bool = True


class PublicScreenChange(Body):
    """What to change; what is left out stays."""

    name: Name | None = None
    cameras: _Cameras | None = None
    ends_at: Moment | None = None
    hours: list[PlanWindow] | None = Field(None, max_length=20, description=_HOURS)
    time_zone: _Zone | None = None
    is_on: bool | None = None


class PublicScreenAnswer(Answer):
    """A public screen, without its link: that is shown once."""

    id: str
    name: str
    cameras: list[str]
    ends_at: datetime
    hours: list[PlanWindow]
    time_zone: str
    is_on: bool
    state: ScreenState = Field(description="open: it shows pictures now")
    made_by: str
    made_at: datetime
    link_made_at: datetime
    revision: int = Field(description="its ETag")


class PublicScreenLink(Answer):
    """A new link; it is shown once."""

    token: str
    path: str = Field(description="of the page, on this gateway", examples=["/public/pub_…"])
    screen: PublicScreenAnswer


class PublicCamera(Answer):
    """A camera of a public screen."""

    number: int = Field(description="of its picture")
    name: str


class PublicScreenView(Answer):
    """All that a link tells."""

    name: str
    state: ScreenState = Field(description="anything but open: there are no pictures")
    cameras: list[PublicCamera]
    refresh_s: int = Field(description="how often a picture may be another")


@router.get("", responses=refusals(401, 403))
async def list_public_screens(request: Request) -> Page[PublicScreenAnswer]:
    """All of them, the oldest first."""
    rooms = rooms_of(request)
    return Page(items=[_answer(rooms, screen) for screen in await rooms.public_screens.list()])


@router.post("", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_public_screen(body: NewPublicScreen, request: Request, response: Response) -> PublicScreenLink:
    """Make a screen. Its link is in the answer and nowhere else."""
    rooms, now = rooms_of(request), rooms_of(request).public_screens.clock.now()
    asked = PublicScreen(
        id="",
        token_hash="",
        name=body.name,
        cameras=tuple(dict.fromkeys(body.cameras)),
        ends_at=body.ends_at,
        hours=policy_windows(body.hours),
        time_zone=body.time_zone,
        is_on=body.is_on,
        made_by="",
        made_at=now,
        link_made_at=now,
    )
    token, screen = await rooms.public_screens.add(by_of(request), asked)
    response.headers["Location"] = f"{router.prefix}/{screen.id}"
    return _link(rooms, token, screen, response)


@router.get("/{id}", responses=refusals(401, 403, 404))
async def get_public_screen(id: str, request: Request, response: Response) -> PublicScreenAnswer:
    """One screen."""
    rooms = rooms_of(request)
    screen = await rooms.public_screens.get(id)
    response.headers["ETag"] = etag(screen.revision)
    return _answer(rooms, screen)


@router.patch("/{id}", responses=refusals(401, 403, 404, 412, 422))
async def change_public_screen(
    id: str, body: PublicScreenChange, request: Request, response: Response, if_match: IfMatch = None
) -> PublicScreenAnswer:
    """Change it. Its link stays."""
    rooms = rooms_of(request)
    changes = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    if "cameras" in changes:
        changes["cameras"] = tuple(dict.fromkeys(changes["cameras"]))
    if "hours" in changes:
        changes["hours"] = policy_windows(changes["hours"])
    screen = await rooms.public_screens.change(by_of(request), id, changes, revision_of(if_match))
    response.headers["ETag"] = etag(screen.revision)
    return _answer(rooms, screen)


@router.post("/{id}/link", status_code=201, responses=refusals(401, 403, 404, 412))
async def renew_public_screen_link(id: str, request: Request, response: Response) -> PublicScreenLink:
    """Another link. Who has the one before sees nothing any more, within two seconds."""
    rooms = rooms_of(request)
    token, screen = await rooms.public_screens.renew_link(by_of(request), id)
    return _link(rooms, token, screen, response)


@router.delete("/{id}", status_code=204, responses=refusals(401, 403, 404))
async def end_public_screen(id: str, request: Request) -> None:
    """End it. Its link opens nothing any more, within two seconds."""
    await rooms_of(request).public_screens.end(by_of(request), id)


async def _not_too_often(request: Request) -> None:
    wait_s = rooms_of(request).doors.limits.of_public(address_of(request))
    if wait_s:
        raise too_many(wait_s)


open_router = APIRouter(prefix="/api/v1/public", tags=["public screens"], dependencies=[Depends(_not_too_often)])
_Token = Annotated[str, Path(max_length=TOKEN_LENGTH_MAX, description="of the link")]


@open_router.get("/{token}", responses=refusals(404, 429))
async def public_screen(token: _Token, request: Request, response: Response) -> PublicScreenView:
    """What a public screen shows. Needs no log-in and sets no cookie; nothing else can be asked with its token."""
    view = await rooms_of(request).public_screens.view(token)
    response.headers["Cache-Control"] = "public, max-age=2"
    cameras = [PublicCamera(number=number, name=name) for number, name in view.cameras]
    return PublicScreenView(name=view.name, state=view.state, cameras=cameras, refresh_s=1)


@open_router.get(
    "/{token}/pictures/{number}.jpg", response_class=Response, responses=_JPEG | refusals(403, 404, 422, 429)
)
async def public_picture(
    token: _Token,
    number: int,
    request: Request,
    if_none_match: Annotated[str | None, Header(description="the ETag of the picture one has")] = None,
) -> Response:
    """The newest picture, every face made unrecognisable by the server, or 503: then there is nothing to be shown."""
    picture = await rooms_of(request).public_screens.picture(token, number)
    headers = {
        "Cache-Control": "public, max-age=1",
        "ETag": f'"{picture.captured_us}"',
        "X-Captured-Us": str(picture.captured_us),
    }
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(None, 304, headers)
    return Response(picture.jpeg_bytes, media_type="image/jpeg", headers=headers)


def _link(rooms: Rooms, token: str, screen: PublicScreen, response: Response) -> PublicScreenLink:
    response.headers["ETag"] = etag(screen.revision)
    response.headers["Cache-Control"] = "no-store"
    return PublicScreenLink(token=token, path=f"/public/{token}", screen=_answer(rooms, screen))


def _answer(rooms: Rooms, screen: PublicScreen) -> PublicScreenAnswer:
    return PublicScreenAnswer(
        id=screen.id,
        name=screen.name,
        cameras=list(screen.cameras),
        ends_at=screen.ends_at,
        hours=plan_windows(screen.hours),
        time_zone=screen.time_zone,
        is_on=screen.is_on,
        state=screen.state(rooms.public_screens.clock.now()),
        made_by=screen.made_by,
        made_at=screen.made_at,
        link_made_at=screen.link_made_at,
        revision=screen.revision,
    )
