"""Routes: how much is recorded and how far back it reaches, and what fewer days would delete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.adapters.http.storage_bodies import (
    RetentionTrialAnswer,
    RetentionTrialItem,
    RetentionTrialOrder,
    StoredStreamAnswer,
)
from shared.messages.retention import RetentionTrialStream, StoredStream

router = APIRouter(prefix="/api/v1/storage", tags=["storage"])


@router.get("", responses=refusals(401, 403))
async def storage(
    request: Request, site: Annotated[str | None, Query(description="of this site alone")] = None
) -> Page[StoredStreamAnswer]:
    """What is really kept of each camera, for how many days, with how many holes."""
    found = await rooms_of(request).evidence.storage(site)
    return Page(items=[_stored(each) for each in found.items])


@router.post("/retention-trial", responses=refusals(401, 403, 404, 422))
async def retention_trial(body: RetentionTrialOrder, request: Request) -> RetentionTrialAnswer:
    """What of these cameras would be deleted if they were kept so many days. Nothing is deleted, nothing changed."""
    rooms = rooms_of(request)
    by = identity_of(request)
    cameras = [await rooms.registry.camera_for(by, id) for id in dict.fromkeys(body.cameras)]
    tried = await rooms.evidence.retention_trial(cameras, body.retention_days)
    return RetentionTrialAnswer(before=_moment(tried.before_us), items=[_tried(each) for each in tried.items])


def _stored(each: StoredStream) -> StoredStreamAnswer:
    return StoredStreamAnswer(
        camera=each.camera,
        site=each.site,
        stream=each.stream,
        oldest=_moment_or_none(each.oldest_us),
        newest=_moment(each.newest_us),
        days_held=0.0 if each.oldest_us is None else round((each.newest_us - each.oldest_us) / 86_400e6, 2),
        retention_days=each.retention_days,
        segments=each.segments,
        size_bytes=each.size_bytes,
        gaps=each.gaps,
        gap_s=None if each.gaps_us is None else round(each.gaps_us / 1e6, 1),
        holds=each.holds,
        cut_at=_moment_or_none(each.cut_us),
    )


def _tried(each: RetentionTrialStream) -> RetentionTrialItem:
    return RetentionTrialItem(
        camera=each.camera,
        stream=each.stream,
        segments=each.segments,
        size_bytes=each.size_bytes,
        start=_moment_or_none(each.from_us),
        end=_moment_or_none(each.to_us),
        held_segments=each.held_segments,
        held_bytes=each.held_bytes,
    )


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _moment_or_none(us: int | None) -> datetime | None:
    return None if us is None else _moment(us)
