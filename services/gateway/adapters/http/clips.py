"""Routes: clips cut out of recordings, and still pictures of a moment."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.adapters.http.access import address_of, identity_of
from services.gateway.adapters.http.recordings import VIDEO, sent, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import ClipAnswer, NewClip, Page, SnapshotOrder
from services.gateway.recordings import byte_range
from shared.messages.clips import ClipStatus

router = APIRouter(prefix="/api/v1", tags=["recordings"])

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")},
        "description": "The picture; X-Captured-Us says when exactly it was taken",
    }
}


@router.post("/snapshots", response_class=Response, responses=_PICTURE | refusals(400, 401, 403, 404, 422))
async def snapshot_of_recording(body: SnapshotOrder, request: Request) -> Response:
    """The picture that was shown at a moment, made from the recorded bytes at full resolution."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera_for(identity_of(request), body.camera)
    made = await rooms.recordings.still(
        identity_of(request), address_of(request), camera, body.stream, us_of(body.at), body.kind, body.max_width
    )
    moment = datetime.fromtimestamp(made.captured_us / 1e6, UTC)
    ending = "jpg" if body.kind == "jpeg" else "png"
    headers = {
        "Cache-Control": "no-store",
        "X-Captured-Us": str(made.captured_us),
        "Content-Disposition": f'attachment; filename="{camera.id}-{moment:%Y%m%dT%H%M%S}Z.{ending}"',
    }
    return Response(base64.b64decode(made.data_base64), media_type=f"image/{body.kind}", headers=headers)


@router.post("/clips", status_code=202, responses=refusals(400, 401, 403, 404, 422, 429))
async def make_clip(body: NewClip, request: Request, response: Response) -> ClipAnswer:
    """Begin to cut a clip; ask for it until its state is `ready`, then fetch its file."""
    rooms = rooms_of(request)
    camera = await rooms.registry.camera_for(identity_of(request), body.camera)
    made = await rooms.recordings.make_clip(
        identity_of(request), address_of(request), camera, body.stream, us_of(body.start), us_of(body.end),
        body.is_exact,
    )  # fmt: skip
    response.headers["Location"] = f"{router.prefix}/clips/{made.clip}"
    return _answer(made)


@router.get("/clips", responses=refusals(401, 403, 422))
async def list_clips(
    request: Request,
    camera: Annotated[str | None, Query(description="of this camera alone")] = None,
    asked_by: Annotated[str | None, Query(max_length=64, description="by this account; `alerting`: of alerts")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[ClipAnswer]:
    """Clips of the last week, newest first; those that prove alerts are kept longer."""
    found = await rooms_of(request).recordings.clips(identity_of(request), camera, asked_by, limit)
    return Page(items=[_answer(clip) for clip in found.items])


@router.get("/clips/{id}", responses=refusals(401, 403, 404))
async def get_clip(id: str, request: Request) -> ClipAnswer:
    """One clip and how far it is."""
    return _answer(await rooms_of(request).recordings.clip(identity_of(request), id))


@router.delete("/clips/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_clip(id: str, request: Request) -> None:
    """Remove it, or stop making it. The recording stays, and so does a clip that proves an alert."""
    await rooms_of(request).recordings.remove_clip(identity_of(request), address_of(request), id)


@router.get("/clips/{id}/file.mp4", response_class=Response, responses=VIDEO | refusals(401, 403, 404, 409, 416))
async def clip_file(id: str, request: Request) -> Response:
    """The MP4; `Range` is honoured, so a broken download goes on where it ended."""
    passage = await rooms_of(request).recordings.clip_file(
        identity_of(request), address_of(request), id, byte_range(request.headers.get("range"))
    )
    answer = sent(passage)
    answer.headers["Content-Disposition"] = f'attachment; filename="clip-{id}.mp4"'
    return answer


def _answer(clip: ClipStatus) -> ClipAnswer:
    return ClipAnswer(
        id=clip.clip,
        camera=clip.camera,
        stream=clip.stream,
        start=_moment(clip.from_us),
        end=_moment(clip.to_us),
        is_exact=clip.is_exact,
        state=clip.state,
        progress=clip.progress,
        size_bytes=clip.size_bytes,
        sha256=clip.sha256,
        error_code=clip.error_code,
        error=clip.error,
        asked_by=clip.asked_by,
        asked_at=_moment(clip.asked_us),
        expires_at=_moment(clip.expires_us),
    )


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
