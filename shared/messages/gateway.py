"""What the gateway says happened to the registry."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.messages.base import Fact
from shared.subjects import CameraRef


class RegistryFact(Fact):
    """What every fact about a registered camera carries."""

    owner: ClassVar[str] = "gateway"

    site: str
    camera: str
    at_us: int = Field(description="when it was done, UTC microseconds")
    name: str | None = Field(None, description="what people call the camera by now; None where it is gone")

    def about(self) -> CameraRef | None:
        return CameraRef(self.site, self.camera)


class CameraRegistered(RegistryFact):
    """Fact `camera_registered`: there is a new camera; what to do with it is in KV `cameras`."""


class CameraChanged(RegistryFact):
    """Fact `camera_changed`: its registration says something else now."""


class CameraRemoved(RegistryFact):
    """Fact `camera_removed`: it is no longer watched; what was recorded stays."""
