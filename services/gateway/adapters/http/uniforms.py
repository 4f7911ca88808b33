"""Routes: what a kitchen's people wear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.handlers.uniforms import PHOTOS_MAX, PHOTOS_MIN
from shared.errors import RequestRefused
from shared.messages.detector import SeenBox
from shared.messages.uniforms import UniformEnrolled

router = APIRouter(prefix="/api/v1/sites/{id}/uniform", tags=["analysis"])

_PHOTO_BYTES_MAX = 12_000_000
_PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"One photo of one person in this uniform, from the hips up; at most {_PHOTO_BYTES_MAX} bytes.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/jpeg", "image/png", "image/webp")
        },
    }
}


class UniformAnswer(Answer):
    """How far the enrolment of a kitchen's uniform is."""

    state: Literal["none", "collecting", "advisory", "trusted"] = Field(
        description="collecting: too few photos, nothing is judged; advisory: judged, and shown as not trusted yet"
    )
    photos: int = Field(description="given so far; the photos themselves are not kept")
    photos_min: int = PHOTOS_MIN
    photos_max: int = PHOTOS_MAX
    changed_at: datetime | None = None
    changed_by: str | None = None


class UniformPhotoAnswer(Answer):
    """What was found in a photo that was accepted."""

    torso: SeenBox = Field(description="the upper body that was described, 0 to 1 of the photo")
    alike: float | None = Field(None, description="likeness to the photos before, 0 to 1; null for the first")
    uniform: UniformAnswer


class UniformChange(Body):
    """Whether this kitchen's uniform is judged well enough to act on."""

    is_trusted: bool


@router.get("", responses=refusals(401, 404))
async def get_uniform(id: str, request: Request) -> UniformAnswer:
    """How far the enrolment is."""
    return _answer(await rooms_of(request).uniforms.enrolled(id))


@router.post("/photos", status_code=201, responses=refusals(401, 403, 404, 409, 412, 413, 422), openapi_extra=_PHOTO)
async def add_uniform_photo(id: str, request: Request) -> UniformPhotoAnswer:
    """Give one photo of a person in this kitchen's uniform: it is described and dropped.

    From the fifth photo on people in this kitchen are judged, as advice until a supervisor trusts it.
    """
    await rooms_of(request).registry.site(id)
    enrolled, judged = await rooms_of(request).uniforms.add_photo(by_of(request), id, await _body(request))
    return UniformPhotoAnswer(torso=judged.torso, alike=judged.alike, uniform=_answer(enrolled))


@router.patch("", responses=refusals(401, 403, 404, 409, 412, 422))
async def change_uniform(id: str, body: UniformChange, request: Request) -> UniformAnswer:
    """Trust what is judged in this kitchen, or no longer."""
    return _answer(await rooms_of(request).uniforms.trust(by_of(request), id, is_trusted=body.is_trusted))


@router.delete("", status_code=204, responses=refusals(401, 403, 404))
async def forget_uniform(id: str, request: Request) -> None:
    """Forget this uniform; nobody is judged by it any more."""
    await rooms_of(request).uniforms.forget(by_of(request), id)


async def _body(request: Request) -> bytes:
    """Read no further than a photo may be long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _PHOTO_BYTES_MAX:
            raise RequestRefused("body_too_large", "The body is larger than 12 MB: send a smaller photo.", status=413)
    return bytes(body)


def _answer(enrolled: UniformEnrolled | None) -> UniformAnswer:
    if enrolled is None:
        return UniformAnswer(state="none", photos=0)
    given = len(enrolled.photos)
    judging: Literal["advisory", "trusted"] = "trusted" if enrolled.is_trusted else "advisory"
    return UniformAnswer(
        state="collecting" if given < PHOTOS_MIN else judging,
        photos=given,
        changed_at=datetime.fromtimestamp(enrolled.changed_us / 1e6, UTC),
        changed_by=enrolled.changed_by,
    )
