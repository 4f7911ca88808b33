"""Routes: alerts, the picture that shows each best, and what people make of them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.alert_proofs import ProofAnswer, proof_answer
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from shared.errors import RequestRefused
from shared.messages.alerting import Alert, AlertsWanted, FrameRef, Outage, Progress, SpokenWarning, Verdict
from shared.messages.detector import SeenBox
from shared.messages.rules import RiskClass

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

# A query is text: Literal[1, 2, 3] would refuse it.
_Risk = Annotated[int, Field(ge=1, le=3)]
_RISKS: dict[int, RiskClass] = {1: 1, 2: 2, 3: 3}
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The picture as it was recorded; X-Captured-Us says when it was taken",
    }
}


class BestPicture(Answer):
    """The picture that shows it best. Draw `boxes` over it: they are never burned in."""

    camera: str
    at: datetime
    width: int
    height: int
    boxes: list[SeenBox] = Field(description="what broke the rule, surest first, 0 to 1 of the picture")
    score: float
    fragment_sha256: str = Field(description="the recorded fragment that holds it")


class Crop(Answer):
    """Where in the clip something small runs: `crop.mp4` shows this part, `clip.mp4` the whole."""

    start: datetime
    end: datetime
    box: SeenBox


class ReviewAnswer(Answer):
    """What a person made of it."""

    verdict: Verdict
    by: str
    at: datetime
    note: str = ""


class AlertAnswer(Answer):
    """One alert."""

    id: str
    site: str
    camera: str = Field(description="the one that saw it first")
    cameras: list[str] = Field(description="all that see it")
    rule: str = Field(description="stable name: no_mask, no_hat, rodent, …")
    rule_version: int
    detail: str = Field(description="such as the fault of the picture, or why a camera is away")
    risk: RiskClass
    progress: Progress
    first_at: datetime = Field(description="first picture that broke the rule")
    raised_at: datetime = Field(description="picture that completed the condition")
    last_at: datetime = Field(description="newest picture that broke it")
    closed_at: datetime | None = None
    broken: int = Field(description="pictures that broke the rule")
    looked: int = Field(description="pictures looked at since the first of them")
    best: BestPicture | None = None
    crop: Crop | None = Field(None, description="of something small: what part of the clip to look at, and when")
    frames: list[FrameRef] = Field(description="the pictures that it rests on, at most 20")
    models: dict[str, str] = Field(description="capability and SHA-256 of the weights that saw it")
    thresholds: dict[str, float] = Field(description="of the rule, as it was in force")
    picture_faults: list[str] = Field(description="what was wrong with the picture, and not enough to disbelieve it")
    is_silent: bool = Field(description="kept, and nobody was told")
    hops: dict[str, datetime] = Field(description="when the picture that completed it passed each stage")
    silence: str | None = Field(description="what kept it quiet")
    outage: Outage | None = Field(description="most cameras of the school, or schools of the district, are away")
    sites: list[str] = Field(description="outage: the schools")
    cameras_away: list[str] = Field(description="outage: cameras that are not back yet")
    folded_into: str | None = Field(description="another alert stands for this one")
    warning: SpokenWarning | None = Field(description="what was spoken in the kitchen, and what became of it")
    latency_ms: dict[str, float] = Field(description="from the picture to each hop")
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    review: ReviewAnswer | None = None
    case: str | None = None
    clip: str | None = Field(None, description="10 s before and after: /clips/{clip}")
    proof: ProofAnswer | None = Field(None, description="of one alert that was asked for; lists leave it out")


class ReviewBody(Body):
    """What you see: does it stand?"""

    verdict: Verdict
    note: str = Field("", max_length=2000)


@router.get("", responses=refusals(400, 401, 403, 422))
async def list_alerts(
    request: Request,
    paging: Paging,
    site: Annotated[list[str] | None, Query(description="of these sites")] = None,
    camera: Annotated[list[str] | None, Query(description="of these cameras")] = None,
    rule: Annotated[list[str] | None, Query(description="of these rules")] = None,
    risk: Annotated[list[_Risk] | None, Query(description="of these classes")] = None,
    verdict: Annotated[
        list[Literal["confirmed", "false", "unclear", "none"]] | None, Query(description="none: not judged yet")
    ] = None,
    progress: Annotated[Progress | None, Query()] = None,
    silent: Annotated[bool, Query(description="those that nobody was told of, instead")] = False,
    silence: Annotated[str | None, Query(description="with silent: kept quiet by this silence")] = None,
    in_case: Annotated[bool | None, Query(description="followed up in a case, or (false) not yet")] = None,
    start: Annotated[Moment | None, Query(description="first picture at or after")] = None,
    end: Annotated[Moment | None, Query(description="first picture before")] = None,
) -> Page[AlertAnswer]:
    """Newest first."""
    wanted = AlertsWanted(
        sites=tuple(site or ()),
        cameras=tuple(camera or ()),
        rules=tuple(rule or ()),
        risks=tuple(_RISKS[one] for one in risk or ()),
        verdicts=tuple(verdict or ()),
        progress=progress,
        is_silent=silent,
        silence=silence,
        is_in_case=in_case,
        from_us=None if start is None else us_of(start),
        to_us=None if end is None else us_of(end),
    )
    found = await rooms_of(request).alerts.page(by_of(request), wanted, paging)
    return Page(items=[alert_answer(alert) for alert in found.items], next_cursor=found.next_cursor)


@router.get("/{id}", responses=refusals(401, 403, 404))
async def get_alert(id: str, request: Request) -> AlertAnswer:
    """One alert, whole."""
    return alert_answer(await rooms_of(request).alerts.one(by_of(request), id))


@router.get("/{id}/picture.jpg", response_class=Response, responses=_JPEG | refusals(401, 403, 404, 422))
async def alert_picture(
    id: str,
    request: Request,
    width: Annotated[int | None, Query(ge=16, le=7680, description="pixels; never enlarged")] = None,
) -> Response:
    """The best picture at full resolution: as it is kept with the alert, else made from the recorded bytes."""
    rooms = rooms_of(request)
    alert = await rooms.alerts.one(by_of(request), id)
    if alert.best is None:
        raise RequestRefused("no_picture", "This alert rests on no picture: the camera was away.", status=404)
    kept = await rooms.alerts.kept_picture(by_of(request), alert) if width is None else None
    if kept is not None:
        headers = {"Cache-Control": "private, max-age=3600", "X-Captured-Us": str(kept.captured_us)}
        headers["ETag"] = f'"{kept.sha256}"'
        return Response(base64.b64decode(kept.data_base64), media_type="image/jpeg", headers=headers)
    camera = await rooms.registry.camera(alert.best.camera)
    stream: Literal["main", "sub"] = "sub" if alert.best.stream == "sub" else "main"
    made = await rooms.recordings.still(
        identity_of(request), address_of(request), camera, stream, alert.best.at_us, "jpeg", width
    )
    headers = {"Cache-Control": "private, max-age=3600", "X-Captured-Us": str(made.captured_us)}
    return Response(base64.b64decode(made.data_base64), media_type="image/jpeg", headers=headers)


@router.post("/{id}/acknowledgement", responses=refusals(401, 403, 404))
async def acknowledge_alert(id: str, request: Request) -> AlertAnswer:
    """Take it: nobody else is called. Who was first stays."""
    return alert_answer(await rooms_of(request).alerts.acknowledge(by_of(request), id))


@router.post("/{id}/review", responses=refusals(401, 403, 404, 422))
async def review_alert(id: str, body: ReviewBody, request: Request) -> AlertAnswer:
    """Judge it. A false alarm counts in the precision of its rule, camera and model."""
    return alert_answer(await rooms_of(request).alerts.review(by_of(request), id, body.verdict, body.note))


def alert_answer(alert: Alert) -> AlertAnswer:
    """As the API shows it."""
    best = alert.best
    review = alert.review
    return AlertAnswer(
        id=alert.alert,
        site=alert.site,
        camera=alert.camera,
        cameras=list(alert.cameras),
        rule=alert.rule,
        rule_version=alert.rule_version,
        detail=alert.detail,
        risk=alert.risk,
        progress=alert.progress,
        first_at=moment_of(alert.first_us),
        raised_at=moment_of(alert.raised_us),
        last_at=moment_of(alert.last_us),
        closed_at=None if alert.closed_us is None else moment_of(alert.closed_us),
        broken=alert.broken,
        looked=alert.looked,
        best=None
        if best is None
        else BestPicture(
            camera=best.camera,
            at=moment_of(best.at_us),
            width=best.width,
            height=best.height,
            boxes=list(best.boxes),
            score=best.score,
            fragment_sha256=best.fragment_sha256,
        ),
        crop=None
        if alert.crop is None
        else Crop(start=moment_of(alert.crop.from_us), end=moment_of(alert.crop.to_us), box=alert.crop.crop),
        frames=list(alert.frames),
        models=alert.models,
        thresholds=alert.thresholds,
        picture_faults=list(alert.picture_faults),
        is_silent=alert.is_silent,
        hops={name: moment_of(at_us) for name, at_us in _hops(alert).items()},
        silence=alert.silence,
        outage=alert.outage,
        sites=list(alert.sites),
        cameras_away=list(alert.cameras_away),
        folded_into=alert.folded_into,
        warning=alert.warning,
        latency_ms=_latency_ms(alert),
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=None if alert.acknowledged_us is None else moment_of(alert.acknowledged_us),
        review=None
        if review is None
        else ReviewAnswer(verdict=review.verdict, by=review.by, at=moment_of(review.at_us), note=review.note),
        case=alert.case,
        clip=alert.clip,
        proof=None if alert.proof is None else proof_answer(alert.proof),
    )


def _hops(alert: Alert) -> dict[str, int]:
    """UTC microseconds, in the order in which they were passed."""
    if alert.hops is None:
        return {}
    stamps = {
        "captured": alert.hops.captured_us,
        "received": alert.hops.received_us,
        "heard": alert.hops.heard_us,
        "decoded": alert.hops.decoded_us,
        "inferred": alert.hops.inferred_us,
        "ruled": alert.ruled_us,
        "stored": alert.stored_us,
    }
    return {name: at_us for name, at_us in stamps.items() if at_us is not None}


def _latency_ms(alert: Alert) -> dict[str, float]:
    stamps = _hops(alert)
    began_us = stamps.pop("captured", 0)
    return {name: round((at_us - began_us) / 1000, 1) for name, at_us in stamps.items()}
