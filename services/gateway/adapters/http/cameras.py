"""Routes: cameras, looking at an address, and still pictures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.analysis_plans import AnalysisPlan
from services.gateway.adapters.http.camera_answers import camera_answer, speaker_answer
from services.gateway.adapters.http.etags import IfMatch, etag, revision_of
from services.gateway.adapters.http.paging import Paging, Words
from services.gateway.adapters.http.purposes import WatchedFor
from services.gateway.adapters.http.recording_plans import RecordingPlan
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import Rooms, rooms_of
from services.gateway.adapters.http.schemas import (
    CameraAnswer,
    CameraChange,
    NewCamera,
    Page,
    ProbeAnswer,
    ProbeOrder,
    Stream,
)
from services.gateway.cameras import Camera, StreamSource
from services.gateway.handlers.probes import SpeakerOrder
from shared.messages.ingest import ProbeRequest

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])

_MAY_BE_REMOVED = frozenset(("sub", "username", "password", "talk_port"))
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture"}
}


@router.get("", responses=refusals(400, 401))
async def list_cameras(
    request: Request,
    page: Paging,
    words: Words,
    site: Annotated[str | None, Query(description="of this site alone")] = None,
) -> Page[CameraAnswer]:
    """All cameras, by id, each with its state. `q` is looked for in their site's name, too."""
    rooms = rooms_of(request)
    only = identity_of(request).seen_sites(() if site is None else (site,))
    found = await rooms.registry.list_cameras(page, only, words)
    items = [_answer(rooms, camera) for camera in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.post("", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_camera(body: NewCamera, request: Request, response: Response) -> CameraAnswer:
    """Register a camera; it is connected at once. The password is sealed and never shown again."""
    rooms = rooms_of(request)
    camera = Camera(
        id=body.id or "",
        site=body.site,
        name=body.name,
        purpose=body.purpose,
        main=_source(body.main),
        sub=None if body.sub is None else _source(body.sub),
        username=body.username,
        is_enabled=body.is_enabled,
        wants_audio=body.wants_audio,
        talk=body.talk,
        talk_port=body.talk_port,
        talk_channel=body.talk_channel,
        recording=body.recording.policy(),
        analysis=body.analysis.policy(),
    )
    camera = await rooms.registry.add_camera(by_of(request), camera, body.password)
    response.headers["Location"] = f"{router.prefix}/{camera.id}"
    response.headers["ETag"] = etag(camera.revision)
    return _answer(rooms, camera)


@router.post("/probe", responses=refusals(401, 403, 422))
async def probe(body: ProbeOrder, request: Request) -> ProbeAnswer:
    """Look at an address: is there a camera, does it accept the password, what does it send, can one speak to it."""
    order = ProbeRequest(url=body.url, username=body.username, password=body.password, transport=body.transport)
    wanted = SpeakerOrder(body.talk, body.talk_port, body.talk_channel)
    found, speaker = await rooms_of(request).probes.probe(by_of(request), order, wanted)
    has_backchannel = None if speaker.way is None else speaker.way == "onvif"
    shown = found.model_dump() | {"has_backchannel": has_backchannel}
    return ProbeAnswer(**shown, speaker=speaker_answer(speaker))


@router.get("/{id}", responses=refusals(401, 404))
async def get_camera(id: str, request: Request, response: Response) -> CameraAnswer:
    """One camera with its state."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    response.headers["ETag"] = etag(camera.revision)
    return _answer(rooms, camera)


@router.patch("/{id}", responses=refusals(401, 403, 404, 412, 422))
async def change_camera(
    id: str, body: CameraChange, request: Request, response: Response, if_match: IfMatch = None
) -> CameraAnswer:
    """Change a camera. Id and site never change: remove it and register it again."""
    rooms = rooms_of(request)
    camera = await rooms.registry.change_camera(by_of(request), id, _changes(body), revision_of(if_match))
    response.headers["ETag"] = etag(camera.revision)
    return _answer(rooms, camera)


@router.delete("/{id}", status_code=204, responses=refusals(401, 403, 404))
async def remove_camera(id: str, request: Request) -> None:
    """Remove a camera; it is disconnected at once. What was recorded stays."""
    await rooms_of(request).registry.remove_camera(by_of(request), id)


@router.get("/{id}/snapshot.jpg", response_class=Response, responses=_JPEG | refusals(401, 403, 404, 422))
async def snapshot(
    id: str,
    request: Request,
    width: Annotated[int | None, Query(ge=16, le=7680, description="pixels; never enlarged")] = None,
    purpose: WatchedFor = None,
    token: Annotated[
        str | None, Query(description="a media token with the verb `snapshot`, instead of a login")
    ] = None,
) -> Response:
    """The newest picture of the camera, at most one second old where it is watched, else its newest IDR."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    taken = await rooms.snapshots.take(identity_of(request), address_of(request), camera, width, purpose)
    headers = {"Cache-Control": "no-store", "X-Captured-Us": str(taken.captured_us)}
    return Response(taken.jpeg, media_type="image/jpeg", headers=headers)


def _answer(rooms: Rooms, camera: Camera) -> CameraAnswer:
    return camera_answer(camera, rooms.states.of(camera.ref), rooms.speakers.of(camera))


def _source(stream: Stream) -> StreamSource:
    return StreamSource(stream.url, stream.transport)


def _changes(body: CameraChange) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in body.model_fields_set:
        value = getattr(body, name)
        if value is None and name not in _MAY_BE_REMOVED:
            continue
        if isinstance(value, Stream):
            value = _source(value)
        elif isinstance(value, RecordingPlan | AnalysisPlan):
            value = value.policy()
        changes[name] = value
    return changes
