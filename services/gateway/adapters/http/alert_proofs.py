"""Routes: what proves an alert, and ruling it again."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.recordings import VIDEO, moment_of, sent
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.recordings import byte_range
from shared.messages.alert_proofs import (
    FRAMES_MAX,
    AlertProof,
    ProofState,
    ReplayFound,
    ReplayVerdict,
    ReplayWanted,
)
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])


class AlertClip(Answer):
    """10 s before the incident until 10 s after it was certain."""

    id: str = Field(description="as /clips/{id} has it; the file is /alerts/{alert}/clip.mp4")
    sha256: str | None = None
    size_bytes: int | None = None
    start: datetime | None = Field(None, description="what it really shows")
    end: datetime | None = None


class ProofAnswer(Answer):
    """What proves it, as far as it is collected."""

    state: ProofState = Field(description="of the clip, which comes last")
    why: str = Field(description="stable: what it waits for, or why there will be none")
    detail: str = Field(description="the same in words")
    start: datetime | None = Field(None, description="of what no retention deletes")
    end: datetime | None = None
    kept_until: datetime | None = None
    is_held: bool = Field(description="the recorder keeps it, however old it becomes")
    clip: AlertClip | None = None
    crop: str | None = Field(None, description="clip of the part in which something small runs: crop.mp4")
    crop_sha256: str | None = None
    crop_why: str = Field("", description="why there is none, where the alert names a part")
    picture_sha256: str | None = Field(None, description="of the best picture as it is kept")
    picture_at: datetime | None = None
    picture_why: str = Field("", description="why none is kept")
    facts: int | None = Field(None, description="facts that are kept to rule it again")
    facts_sha256: str | None = None


class ReplayBody(Body):
    """What it is ruled again by; nothing: the version that raised it, over the facts that were kept."""

    rule_version: int | None = Field(None, ge=1)
    frames: list[FrameAnalysed] = Field(
        default_factory=list,
        max_length=FRAMES_MAX,
        description="what other models saw in the same pictures, instead of the kept facts",
    )


class ReplayAnswer(Answer):
    """Whether it stands."""

    stands: bool | None = Field(description="none: it cannot be said")
    verdict: ReplayVerdict
    why: str
    detail: str
    rule: Rule
    version_then: int = Field(description="of the rule, when the alert was raised")
    found: list[ReplayFound] = Field(description="incidents that the rule finds")
    facts: int = Field(description="that were ruled again")
    start: datetime
    end: datetime
    facts_sha256: str = Field(description="of what was kept; empty: other frames were given")


@router.get("/{id}/clip.mp4", response_class=Response, responses=VIDEO | refusals(401, 403, 404, 409, 416))
async def alert_clip(id: str, request: Request) -> Response:
    """10 s before and after, as it was recorded. `Range` is honoured."""
    rooms = rooms_of(request)
    clip = await rooms.alerts.clip(by_of(request), id)
    passage = await rooms.recordings.clip_file(
        identity_of(request), address_of(request), clip, byte_range(request.headers.get("range"))
    )
    return sent(passage)


@router.get("/{id}/crop.mp4", response_class=Response, responses=VIDEO | refusals(401, 403, 404, 409, 416))
async def alert_crop(id: str, request: Request) -> Response:
    """The part of the picture in which something small runs, encoded again. `Range` is honoured."""
    rooms = rooms_of(request)
    clip = await rooms.alerts.crop(by_of(request), id)
    passage = await rooms.recordings.clip_file(
        identity_of(request), address_of(request), clip, byte_range(request.headers.get("range"))
    )
    return sent(passage)


@router.post("/{id}/replay", responses=refusals(401, 403, 404, 409, 422))
async def replay_alert(id: str, request: Request, body: ReplayBody | None = None) -> ReplayAnswer:
    """Rule it again: over the facts that were kept with it, by the version that raised it or by another."""
    asked = body or ReplayBody()
    wanted = ReplayWanted(alert=id, rule_version=asked.rule_version, frames=tuple(asked.frames))
    done = await rooms_of(request).alerts.replay(by_of(request), wanted)
    return ReplayAnswer(
        stands=None if done.verdict == "unknown" else done.verdict != "falls",
        verdict=done.verdict,
        why=done.why,
        detail=done.detail,
        rule=done.rule,
        version_then=done.version_then,
        found=list(done.found),
        facts=done.facts,
        start=moment_of(done.from_us),
        end=moment_of(done.to_us),
        facts_sha256=done.facts_sha256,
    )


def proof_answer(proof: AlertProof) -> ProofAnswer:
    """As the API shows it."""
    clip = None
    if proof.state == "ready" and proof.clip is not None:
        clip = AlertClip(
            id=proof.clip,
            sha256=proof.clip_sha256,
            size_bytes=proof.clip_bytes,
            start=_maybe(proof.clip_from_us),
            end=_maybe(proof.clip_to_us),
        )
    return ProofAnswer(
        state=proof.state,
        why=proof.why,
        detail=proof.detail,
        start=_maybe(proof.from_us or None),
        end=_maybe(proof.to_us or None),
        kept_until=_maybe(proof.kept_until_us or None),
        is_held=proof.is_held,
        clip=clip,
        crop=proof.crop,
        crop_sha256=proof.crop_sha256,
        crop_why=proof.crop_why,
        picture_sha256=proof.picture_sha256,
        picture_at=_maybe(proof.picture_at_us),
        picture_why=proof.picture_why,
        facts=proof.facts,
        facts_sha256=proof.facts_sha256,
    )


def _maybe(us: int | None) -> datetime | None:
    return None if us is None else moment_of(us)
