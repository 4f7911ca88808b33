"""Route: media tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import MediaTokenAnswer, MediaTokenRequest

router = APIRouter(prefix="/api/v1/media-tokens", tags=["live"])


@router.post("", status_code=201, responses=refusals(401, 403, 404, 422))
async def issue_media_token(body: MediaTokenRequest, request: Request) -> MediaTokenAnswer:
    """A token for one camera and one verb, good for 60 s: for URLs, where a bearer cannot be sent."""
    issued = await rooms_of(request).media.issue(identity_of(request), body.camera, body.verb)
    return MediaTokenAnswer(token=issued.token, expires_at=issued.expires_at)
