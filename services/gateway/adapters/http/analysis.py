"""Routes: what analysis can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from shared.messages.detector import PackState, SiteNights

NIGHTLESS_MAX = 200
router = APIRouter(prefix="/api/v1/analysis", tags=["analysis"])


class CapabilityAnswer(Answer):
    """Something that can be recognised, or cannot, and by what."""

    capability: str = Field(examples=["head_attributes"])
    state: Literal["ready", "unavailable"]
    pack: str | None = Field(
        None, description="name@version of the model pack in force", examples=["head-attributes@1"]
    )
    digest: str | None = Field(None, description="SHA-256 of its weights")
    reason: str = Field(description="why it is unavailable; empty where it is ready")
    device: str | None = None
    shadow: str | None = Field(None, description="pack that is tried beside it and never acted on")
    shadow_differs: float | None = Field(None, description="share of pictures on which the shadow saw something else")


class PackFigureAnswer(Answer):
    """A number or a sentence of a pack's own evaluation."""

    name: str = Field(examples=["mask.all.present_found"])
    value: str = Field(examples=["0.9722"])


class PackAnswer(Answer):
    """A model pack that a worker found, and what became of it."""

    pack: str = Field(examples=["heads@1"], description="name@version, or the name of a folder that cannot be read")
    state: Literal["in_force", "shadow", "spare", "refused"] = Field(
        description="shadow: tried beside it, never acted on; spare: whole, and another one is in force"
    )
    since: datetime = Field(description="since when this worker finds it so")
    capability: str = Field("", description="empty where its manifest cannot be read")
    reason: str = Field("", description="refused: what is wrong with it")
    origin: Literal["shipped", "folder", "bucket"] | None = Field(None, description="where it lies")
    digest: str | None = Field(None, description="SHA-256 of its weights")
    size_bytes: int | None = None
    format: str | None = Field(None, examples=["onnx"])
    input: str | None = Field(None, examples=["640 x 352"])
    labels: list[str] = Field(default_factory=list, description="what it tells apart")
    licence: str | None = None
    source: str | None = None
    devices: list[str] = Field(default_factory=list)
    figures: list[PackFigureAnswer] = Field(
        default_factory=list, description="of its own evaluation, as its manifest has them: nobody here measured them"
    )


class WorkerAnswer(Answer):
    """One process that analyses."""

    worker: str
    device: str = Field(examples=["cpu"])
    packs: list[PackAnswer] = Field(
        default_factory=list, description="told to whoever configures or keeps it running; empty for everybody else"
    )


class NightsAnswer(Answer):
    """Whether nights are watched: for that it must be said when it is night, by the kitchen's calendar or the camera.

    Where nobody says it, neither a rodent nor an intrusion outside working hours can be suspected.
    """

    cameras: int = Field(description="that are looked at, of the schools this account sees")
    watched: int = Field(description="of them: with working hours of their own, or by their kitchen's calendar")
    sites_without: list[str] = Field(
        max_length=NIGHTLESS_MAX,
        description=f"schools with cameras whose nights nobody watches; {NIGHTLESS_MAX} at most",
    )


class CapabilitiesAnswer(Answer):
    """What analysis can do now. What is unavailable raises no alert: "cannot see" is not "nothing to see"."""

    workers: list[WorkerAnswer] = Field(description="the detectors that answered")
    silent: list[str] = Field(description="detectors that give signs of life and do not answer")
    items: list[CapabilityAnswer] = Field(
        description="ready only where every detector is: a camera may be with any of them"
    )
    nights: NightsAnswer


@router.get("/capabilities", responses=refusals(401))
async def capabilities(request: Request) -> CapabilitiesAnswer:
    """What is recognised now, by which model pack, and what cannot be and why."""
    said, silent, together = await rooms_of(request).analysis.capabilities()
    who = identity_of(request)
    # Files and folders are of no use to anybody else, and reasons name them.
    is_told = who.may("configure") or who.may("change_registry")
    return CapabilitiesAnswer(
        workers=[
            WorkerAnswer(worker=one.worker, device=one.device, packs=_packs(one.packs if is_told else ()))
            for one in said
        ],
        silent=silent,
        items=[CapabilityAnswer(**item.model_dump()) for item in together],
        nights=_nights([nights for one in said for nights in one.nights if who.sees(nights.site)]),
    )


def _nights(told: Sequence[SiteNights]) -> NightsAnswer:
    without = sorted({one.site for one in told if one.watched < one.cameras})
    return NightsAnswer(
        cameras=sum(one.cameras for one in told),
        watched=sum(one.watched for one in told),
        sites_without=without[:NIGHTLESS_MAX],
    )


def _packs(packs: Sequence[PackState]) -> list[PackAnswer]:
    return [
        PackAnswer(since=datetime.fromtimestamp(pack.since_us / 1e6, UTC), **pack.model_dump(exclude={"since_us"}))
        for pack in packs
    ]
