"""A kitchen's uniform: photos given one by one, described by the detector, trusted by a supervisor, forgotten.

Photos show people. They are described and dropped at once: what is kept are numbers that no picture can be made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.refusals import changed_meanwhile
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.uniforms import UniformEnrolled, UniformPhotoJudged, UniformPhotoWanted

PHOTOS_MIN, PHOTOS_MAX = 5, 20


class PhotoReader(Protocol):
    """Makes what somebody uploaded small and harmless."""

    async def shrunk(self, photo: bytes) -> bytes:
        """A JPEG without anything but its pixels. Raises RequestRefused where it is no photo."""
        ...


class UniformEye(Protocol):
    """The detector, asked what somebody wears."""

    async def uniform_photo(self, wanted: UniformPhotoWanted) -> UniformPhotoJudged:
        """Raises RequestRefused with what to change about the photo, PeerError where none answers."""
        ...


class Uniforms(Protocol):
    """Where enrolments are kept."""

    async def get(self, site: str) -> tuple[UniformEnrolled | None, int]:
        """What is kept, and its revision, 0 where there never was one."""
        ...

    async def put(self, enrolled: UniformEnrolled, revision: int) -> bool:
        """False where somebody was faster."""
        ...

    async def remove(self, site: str) -> None: ...


@dataclass(frozen=True, slots=True)
class UniformDesk:
    """What people may ask about what a kitchen wears."""

    registry: RegistryDesk
    eye: UniformEye
    photos: PhotoReader
    kept: Uniforms
    trail: AuditTrail
    clock: Clock

    async def enrolled(self, site: str) -> UniformEnrolled | None:
        await self.registry.site(site)
        return (await self.kept.get(site))[0]

    async def add_photo(self, by: By, site: str, photo: bytes) -> tuple[UniformEnrolled, UniformPhotoJudged]:
        """One more photo. Raises RequestRefused with what is wrong with it; then nothing is kept of it."""
        await self.registry.site(site)
        there, revision = await self.kept.get(site)
        photos = () if there is None else there.photos
        if len(photos) >= PHOTOS_MAX:
            raise RequestRefused(
                "uniform_full", f"There are {PHOTOS_MAX} photos already. Forget this uniform to enrol anew.", status=409
            )
        jpeg = await self.photos.shrunk(photo)
        judged = await self.eye.uniform_photo(UniformPhotoWanted.of(jpeg, photos))
        # More photos are another judge: who trusted it looks again.
        enrolled = self._news(by, site, (*photos, judged.description), is_trusted=False)
        await self._keep(by, "uniform_photo_added", enrolled, revision)
        return enrolled, judged

    async def trust(self, by: By, site: str, *, is_trusted: bool) -> UniformEnrolled:
        await self.registry.site(site)
        there, revision = await self.kept.get(site)
        if there is None or len(there.photos) < PHOTOS_MIN:
            given = 0 if there is None else len(there.photos)
            raise RequestRefused(
                "uniform_incomplete", f"There are {given} photos of {PHOTOS_MIN}: give more first.", status=409
            )
        enrolled = self._news(by, site, there.photos, is_trusted=is_trusted)
        await self._keep(by, "uniform_trusted" if is_trusted else "uniform_doubted", enrolled, revision)
        return enrolled

    async def forget(self, by: By, site: str) -> None:
        await self.registry.site(site)
        await self.trail.add(self._deed(by, "uniform_forgotten", site))
        await self.kept.remove(site)

    async def site_gone(self, site: str) -> None:
        """A site of the same id that comes later begins anew."""
        await self.kept.remove(site)

    async def _keep(self, by: By, action: Action, enrolled: UniformEnrolled, revision: int) -> None:
        await self.trail.add(self._deed(by, action, enrolled.site, photos=str(len(enrolled.photos))))
        if not await self.kept.put(enrolled, revision):
            raise changed_meanwhile()

    def _news(self, by: By, site: str, photos: tuple[str, ...], *, is_trusted: bool) -> UniformEnrolled:
        return UniformEnrolled(
            site=site,
            photos=photos,
            is_trusted=is_trusted,
            changed_us=self.clock.now_us(),
            changed_by=by.identity.name,
        )

    def _deed(self, by: By, action: Action, site: str, **detail: str) -> Deed:
        return Deed(action, by.identity.name, by.address, self.clock.now(), detail={"site": site, **detail})
