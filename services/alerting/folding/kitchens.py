"""How many cameras a school has, and which schools belong together. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from services.alerting.calendars.calendar_tree import CalendarTree
from shared.messages.cameras import DesiredCamera
from shared.subjects import CameraRef

# Schools that no calendar puts together.
INSTALLATION = ""


class Kitchens:
    """Told every camera. Units are those of the calendars: the nearest one that several schools follow."""

    def __init__(self, tree: CalendarTree):
        self._tree = tree
        self._cameras: dict[str, set[str]] = {}

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        there = self._cameras.setdefault(camera.site, set())
        if desired is not None and desired.is_enabled:
            there.add(camera.camera)
        else:
            there.discard(camera.camera)
        if not there:
            del self._cameras[camera.site]

    def sites(self) -> Iterable[str]:
        """With cameras."""
        return self._cameras.keys()

    def cameras_of(self, site: str) -> int:
        return len(self._cameras.get(site, ()))

    def unit_of(self, site: str, at_us: int) -> str:
        return self._tree.unit_of(site, at_us) or INSTALLATION

    def sites_of(self, unit: str, at_us: int) -> list[str]:
        """Schools of that unit that have cameras."""
        return sorted(site for site in self._cameras if self.unit_of(site, at_us) == unit)
