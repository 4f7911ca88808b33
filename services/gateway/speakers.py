"""How cameras were found to be spoken to: what the intercom said last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from services.gateway.cameras import Camera
from shared.messages.speakers import SpeakerFound, SpeakerWanted
from shared.subjects import CameraRef


class SpeakerProber(Protocol):
    """The intercom, asked over the bus."""

    async def probe_speaker(self, wanted: SpeakerWanted) -> SpeakerFound:
        """Raises PeerError where no intercom answers."""
        ...


@dataclass(slots=True)
class FoundSpeakers:
    """The newest of every camera."""

    _found: dict[CameraRef, SpeakerFound] = field(default_factory=dict)

    def note(self, camera: CameraRef, found: SpeakerFound) -> None:
        self._found[camera] = found

    def forget(self, camera: CameraRef) -> None:
        self._found.pop(camera, None)

    def of(self, camera: Camera) -> SpeakerFound | None:
        """None while it has not been looked for."""
        return self._found.get(camera.ref)
