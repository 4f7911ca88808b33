"""A public screen: some cameras that whoever has its link may see, with faces hidden, until a day and in some hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from services.gateway.audit import Deed
from shared.errors import RequestRefused
from shared.messages.cameras import RecordingWindow
from shared.messages.public_pictures import BlurredPicture
from shared.subjects import CameraRef
from shared.weekly_hours import WeeklyHours

CAMERAS_MAX = 12
SCREENS_MAX = 500
# So that a link is seen to be one, by people and by scanners for secrets.
PREFIX = "pub_"
TOKEN_LENGTH_MAX = 80
# open: pictures; off: switched off for now; over: its time is over; outside_hours: of the week
ScreenState = Literal["open", "off", "over", "outside_hours"]


@dataclass(frozen=True, slots=True)
class PublicScreen:
    """`token_hash` is all that is kept of its link. No `hours`: always. `revision` counts the changes: its ETag."""

    id: str
    token_hash: str
    name: str
    cameras: tuple[str, ...]
    ends_at: datetime
    hours: tuple[RecordingWindow, ...]
    time_zone: str
    is_on: bool
    made_by: str
    made_at: datetime
    link_made_at: datetime
    revision: int = 1

    def state(self, now: datetime) -> ScreenState:
        if now >= self.ends_at:
            return "over"
        if not self.is_on:
            return "off"
        if self.hours and not WeeklyHours(self.hours, self.time_zone).holds(round(now.timestamp() * 1e6)):
            return "outside_hours"
        return "open"


@dataclass(frozen=True, slots=True)
class PublicView:
    """All that a link tells: a name, a state, and cameras by number and name."""

    name: str
    state: ScreenState
    cameras: Sequence[tuple[int, str]]


class PublicScreens(Protocol):
    """Where they are kept. A change and its deed are one transaction."""

    async def all(self) -> list[PublicScreen]: ...

    async def find(self, id: str) -> PublicScreen | None: ...

    async def of_token(self, token_hash: str) -> PublicScreen | None: ...

    async def add(self, screen: PublicScreen, deed: Deed) -> None: ...

    async def replace(self, screen: PublicScreen, deed: Deed) -> bool:
        """`screen.revision` is the one that was read; False where it is another by now."""
        ...

    async def remove(self, id: str, deed: Deed) -> bool: ...


class HiddenFaces(Protocol):
    """The detector's pictures of cameras, faces made unrecognisable."""

    async def newest(self, camera: CameraRef) -> BlurredPicture:
        """Raises RequestRefused with its reason where there is none, whoever is at fault."""
        ...


def no_such_link() -> RequestRefused:
    # The same words whether it never was, was renewed, or its screen is gone.
    return RequestRefused("no_such_link", "This link opens nothing (any more): ask for a new one.", status=404)


_CLOSED: dict[ScreenState, str] = {
    "off": "This screen is switched off for now.",
    "over": "The time of this screen is over.",
    "outside_hours": "This screen shows pictures at other hours.",
}


def closed(state: ScreenState) -> RequestRefused:
    return RequestRefused(f"screen_{state}", _CLOSED[state], status=403)
