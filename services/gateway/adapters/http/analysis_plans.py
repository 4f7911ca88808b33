"""How a camera is looked at, as the API shows and takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.gateway.adapters.http.bodies import Body, Moment
from services.gateway.adapters.http.recording_plans import PlanWindow, known_zone, plan_windows, policy_windows
from shared.messages.cameras import AnalysisPolicy, Zone

Share = Annotated[float, Field(ge=0, le=1)]


class PictureZone(Body):
    """A part of the picture with a purpose."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    purpose: str = Field(
        min_length=1, max_length=64, description="cooking, preparing, washing, serving, store, bin, door, floor, …"
    )
    polygon: list[tuple[Share, Share]] = Field(
        min_length=3, max_length=64, description="x, y from 0 to 1 of the picture, in order around it"
    )


class AnalysisPlan(Body):
    """How a camera is looked at."""

    is_enabled: bool = True
    stream: Literal["main", "sub"] = "main"
    rate_hz: float = Field(1.0, gt=0, le=25, description="pictures looked at in a second while the kitchen works")
    night_rate_hz: float = Field(5.0, gt=0, le=25, description="the same of the night watch, for small movers")
    working: list[PlanWindow] = Field(
        [],
        max_length=50,
        description="when the kitchen works; the night watch has the rest. Empty: as the kitchen's calendar says, and "
        "without one there is no night watch",
    )
    time_zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    zones: list[PictureZone] = Field([], max_length=32)
    masks: list[PictureZone] = Field([], max_length=32, description="parts that are not looked at")
    may_repeat: bool = Field(False, description="it shows a film that repeats, a demonstration: looped is no fault")
    view_accepted_at: Moment | None = Field(
        None,
        description="what it usually shows is learned anew from this moment on: set it to now when a camera was turned "
        "and its new view is right",
    )

    def policy(self) -> AnalysisPolicy:
        """As the detector is told."""
        accepted = self.view_accepted_at
        return AnalysisPolicy(
            **self.model_dump(include={"is_enabled", "stream", "rate_hz", "night_rate_hz", "time_zone", "may_repeat"}),
            working=policy_windows(self.working),
            zones=tuple(Zone.model_validate(zone.model_dump()) for zone in self.zones),
            masks=tuple(Zone.model_validate(zone.model_dump()) for zone in self.masks),
            view_accepted_us=0 if accepted is None else round(accepted.timestamp() * 1e6),
        )

    @classmethod
    def of(cls, policy: AnalysisPolicy) -> AnalysisPlan:
        accepted = policy.view_accepted_us
        return cls.model_validate(
            policy.model_dump(exclude={"view_accepted_us", "working"})
            | {
                "working": plan_windows(policy.working),
                "view_accepted_at": datetime.fromtimestamp(accepted / 1e6, UTC) if accepted else None,
            }
        )
