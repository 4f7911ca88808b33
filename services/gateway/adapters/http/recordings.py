"""Routes: the timeline of what was recorded, and HLS of any part of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.bodies import Moment
from services.gateway.adapters.http.purposes import WatchedFor
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import TimelineAnswer, TimelineGap, TimelineRange
from services.gateway.recordings import Passage, byte_range
from shared.messages.playback import RecordedStream

router = APIRouter(prefix="/api/v1/cameras", tags=["recordings"])

_HLS = "application/vnd.apple.mpegurl"
_PLAYLIST: dict[int | str, dict[str, Any]] = {
    200: {"content": {_HLS: {"schema": {"type": "string"}}}, "description": "An HLS media playlist"}
}
VIDEO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}, "description": "All of it"},
    206: {"content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}, "description": "The range"},
}
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "The sheet"}
}
Start = Annotated[Moment, Query(description="RFC 3339 with an offset, such as 2026-11-23T08:00:00+08:00")]
Token = Annotated[str | None, Query(description="a media token with the verb `playback`, instead of a login")]


@router.get("/{id}/timeline", responses=refusals(400, 401, 403, 404, 422))
async def timeline(
    id: str, request: Request, start: Start, end: Start, stream: RecordedStream = "main"
) -> TimelineAnswer:
    """What was recorded between two times, and each hole with its cause; at most 32 days."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    found = await rooms.recordings.timeline(camera, stream, us_of(start), us_of(end))
    return TimelineAnswer(
        ranges=[TimelineRange(start=moment_of(each.from_us), end=moment_of(each.to_us)) for each in found.ranges],
        gaps=[
            TimelineGap(start=moment_of(gap.from_us), end=moment_of(gap.to_us), cause=gap.cause) for gap in found.gaps
        ],
    )


@router.get("/{id}/playback.m3u8", response_class=Response, responses=_PLAYLIST | refusals(400, 401, 403, 404, 422))
async def playback(
    id: str,
    request: Request,
    start: Start,
    end: Annotated[Moment | None, Query(description="left out or not over yet: the playlist grows")] = None,
    stream: RecordedStream = "main",
    purpose: WatchedFor = None,
    token: Token = None,
) -> Response:
    """HLS with fragmented MP4, a byte range a GOP; at most 6 hours. It reaches to the newest whole GOP."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    suffix = "" if token is None else f"?token={token}"
    to_us = None if end is None else us_of(end)
    found = await rooms.recordings.playlist(
        identity_of(request), address_of(request), camera, stream, us_of(start), to_us, suffix, purpose
    )
    headers = {"Cache-Control": "no-store", "X-Begins-Us": str(found.from_us), "X-Ends-Us": str(found.to_us)}
    return Response(found.text, media_type=_HLS, headers=headers)


@router.get(
    "/{id}/recordings/{stream}/{year}/{month}/{day}/{name}",
    response_class=Response,
    responses=VIDEO | refusals(401, 403, 404, 416),
)
async def recording(
    id: str, stream: RecordedStream, year: str, month: str, day: str, name: str, request: Request, token: Token = None
) -> Response:
    """Recorded bytes as playlists name them; `Range` is honoured. By setting, a redirect to S3 itself."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    by, path = by_of(request), f"{stream}/{year}/{month}/{day}/{name}"
    if rooms.is_media_redirected:
        place = await rooms.recordings.object_place(by, camera, path)
        return RedirectResponse(place.url, 307, {"Cache-Control": "no-store"})
    return sent(await rooms.recordings.object(by, camera, path, byte_range(request.headers.get("range"))))


@router.get("/{id}/gops/{stream}/{run}/{name}", response_class=Response, responses=VIDEO | refusals(401, 403, 404, 416))
async def gop(id: str, stream: RecordedStream, run: str, name: str, request: Request, token: Token = None) -> Response:
    """One GOP as a file, as growing playlists name it: the same address whether it is stored yet or not."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    wanted = byte_range(request.headers.get("range"))
    return sent(await rooms.recordings.gop(by_of(request), camera, stream, run, name, wanted))


@router.get("/{id}/thumbnails.jpg", response_class=Response, responses=_JPEG | refusals(401, 403, 404, 422))
async def thumbnails(
    id: str, request: Request, hour: Start, stream: RecordedStream = "main", token: Token = None
) -> Response:
    """A picture a minute of one hour on one sheet: six rows of ten, 160x90 each; X-Filled says which there are."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera(id)
    found, passage = await rooms.recordings.thumbnails(by_of(request), camera, stream, us_of(hour))
    filled = "".join("1" if each else "0" for each in found.filled)
    headers = {"Content-Type": "image/jpeg", "Cache-Control": "no-store", "X-Filled": filled}
    return StreamingResponse(passage.pieces, 200, headers)


def us_of(moment: datetime) -> int:
    """UTC microseconds."""
    return round(moment.timestamp() * 1e6)


def moment_of(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def sent(passage: Passage) -> Response:
    # What people do in a kitchen is kept by no cache.
    return StreamingResponse(passage.pieces, passage.status, {**passage.headers, "Cache-Control": "no-store"})
