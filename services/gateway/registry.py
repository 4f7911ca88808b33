"""Where sites and cameras are kept, as the handlers see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from services.gateway.audit import Deed
from services.gateway.cameras import Camera
from services.gateway.pages import PageRequest
from services.gateway.sites import Site
from shared.subjects import CameraRef


class Register(Protocol):
    """Sites and cameras. Every change takes the deed that goes on record with it, in the same transaction."""

    async def sites(self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()) -> list[Site]:
        """Args: only: of these; None: of all. words: with each of them in name or id."""
        ...

    async def site(self, id: str) -> Site | None: ...

    async def add_site(self, site: Site, deed: Deed) -> bool:
        """False where the id is taken. Raises InvalidFields where its unit is not there."""
        ...

    async def replace_site(self, site: Site, deed: Deed) -> bool:
        """`site.revision` is the one that was read; False where it is another by now. Raises InvalidFields as above."""
        ...

    async def remove_site(self, id: str, deed: Deed) -> bool:
        """False where cameras are still registered there."""
        ...

    async def cameras(self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()) -> list[Camera]:
        """Args: only: those of these sites; None: of all. words: with each of them in name, id or the site's name."""
        ...

    async def every_camera(self) -> list[Camera]: ...

    async def camera(self, id: str) -> Camera | None: ...

    async def sites_of(self, cameras_named: Collection[str]) -> dict[str, str]:
        """The site of each of them that is registered."""
        ...

    async def add_camera(self, camera: Camera, deed: Deed) -> bool:
        """False where the id is taken."""
        ...

    async def replace_camera(self, camera: Camera, deed: Deed) -> bool:
        """`camera.revision` is the one that was read; False where it is another by now."""
        ...

    async def remove_camera(self, id: str, deed: Deed) -> bool: ...


class DesiredCameras(Protocol):
    """What ingest is told, kept equal to the register."""

    def changed(self, camera: CameraRef) -> None:
        """The register says something new about this camera: tell it soon, and again until it has been told."""
        ...
