"""A camera's recording plan as the API shows and takes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from services.gateway.adapters.http.bodies import Body
from services.gateway.faults import WrongValue
from shared.messages.cameras import RecordingPolicy, RecordingWindow

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["06:00"])]


@cache
def _zones() -> frozenset[str]:
    # Read from disk, which takes 2 ms and more: once, not for every camera of every list.
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    if name not in _zones():
        raise WrongValue("no_such_time_zone", zone=name)
    return name


class PlanWindow(Body):
    """A time of the week on the kitchen's clock. One that ends before it begins ends on the next day."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="weekdays on which it begins: 1 is Monday, 7 is Sunday"
    )
    start: TimeOfDay
    end: TimeOfDay


class RecordingPlan(Body):
    """What of a camera is recorded, and for how long it is kept."""

    mode: Literal["continuous", "calendar", "alerts", "off"] = Field(
        "continuous", description="alerts: around alerts alone"
    )
    stream: Literal["main", "sub"] = "main"
    retention_days: int = Field(30, ge=7, le=3650, description="what is held (evidence, open cases) stays longer")
    pre_roll_s: int = Field(10, ge=0, le=120, description="mode alerts: seconds kept before each")
    post_roll_s: int = Field(30, ge=0, le=600, description="mode alerts: seconds kept after each")
    windows: list[PlanWindow] = Field([], max_length=50, description="mode calendar: when")
    time_zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"

    @model_validator(mode="after")
    def _calendar_has_windows(self) -> RecordingPlan:
        if self.mode == "calendar" and not self.windows:
            raise WrongValue("windows_missing")
        return self

    def policy(self) -> RecordingPolicy:
        """As the recorder is told."""
        return RecordingPolicy.model_validate(self.model_dump() | {"windows": policy_windows(self.windows)})

    @classmethod
    def of(cls, policy: RecordingPolicy) -> RecordingPlan:
        return cls.model_validate(policy.model_dump() | {"windows": plan_windows(policy.windows)})


def policy_windows(windows: Sequence[PlanWindow]) -> tuple[RecordingWindow, ...]:
    return tuple(
        RecordingWindow(days=tuple(each.days), from_minute=_minute(each.start), to_minute=_minute(each.end))
        for each in windows
    )


def plan_windows(windows: Sequence[RecordingWindow]) -> list[PlanWindow]:
    return [
        PlanWindow(days=list(each.days), start=_time(each.from_minute), end=_time(each.to_minute)) for each in windows
    ]


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
