"""Still pictures: decoded from the newest IDR, at most once a second for each camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState
from shared.subjects import CameraRef

CACHE_S = 1.0
# The newest IDR is as old as the camera's GOP is long; one older than this would be taken for the present.
STALE_S = 25.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`captured_us` is when the picture was taken."""

    jpeg: bytes
    captured_us: int


class NewestIdr(Protocol):
    """Finds the newest fragment of a camera that begins with an IDR."""

    async def newest_idr(self, camera: CameraRef, state: CameraState | None) -> Fragment | None: ...


class JpegMaker(Protocol):
    """Decodes beside the event loop, a limited number at once."""

    async def jpeg(self, payload: bytes, width: int | None) -> bytes:
        """The first picture of a fragment with its init segment; raises ProtocolViolation or ResourceExhausted."""
        ...
