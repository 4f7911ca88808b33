"""Routes: what analysis can do."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of

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


class WorkerAnswer(Answer):
    """One process that analyses."""

    worker: str
    device: str = Field(examples=["cpu"])


class CapabilitiesAnswer(Answer):
    """What analysis can do now. What is unavailable raises no alert: "cannot see" is not "nothing to see"."""

    workers: list[WorkerAnswer] = Field(description="the detectors that answered")
    silent: list[str] = Field(description="detectors that give signs of life and do not answer")
    items: list[CapabilityAnswer] = Field(
        description="ready only where every detector is: a camera may be with any of them"
    )


@router.get("/capabilities", responses=refusals(401))
async def capabilities(request: Request) -> CapabilitiesAnswer:
    """What is recognised now, by which model pack, and what cannot be and why."""
    said, silent, together = await rooms_of(request).analysis.capabilities()
    return CapabilitiesAnswer(
        workers=[WorkerAnswer(worker=one.worker, device=one.device) for one in said],
        silent=silent,
        items=[CapabilityAnswer(**item.model_dump()) for item in together],
    )
