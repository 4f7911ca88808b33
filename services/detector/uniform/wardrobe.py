"""The uniforms of all kitchens that have enrolled one, and whether people wear them. Pure."""

from __future__ import annotations

from dataclasses import replace

from services.detector.attribute_memory import Band
from services.detector.camera_sight import PictureLook
from services.detector.model_set import UNIFORM
from services.detector.picture import Picture
from services.detector.uniform.enrolment import PHOTOS_MIN, Enrolment
from services.detector.uniform.torso import describe, has_colour, torsos, unpacked
from shared.messages.uniforms import UniformEnrolled


class Wardrobe:
    """Told of every enrolment; asked about every picture. A kitchen that enrolled none is told nothing about it."""

    def __init__(self) -> None:
        self._enrolments: dict[str, Enrolment] = {}

    def hang(self, site: str, enrolled: UniformEnrolled | None) -> None:
        """KV `uniforms`. Raises ValueError where it cannot be used; then the kitchen has none."""
        self._enrolments.pop(site, None)
        if enrolled is not None and len(enrolled.photos) >= PHOTOS_MIN:
            photos = [unpacked(text) for text in enrolled.photos]
            self._enrolments[site] = Enrolment.of(photos, is_trusted=enrolled.is_trusted)

    def dressed(self, site: str, picture: Picture, look: PictureLook) -> PictureLook:
        """The look, and who of it wears the kitchen's uniform. A pack that judges uniforms goes before photos."""
        enrolment = self._enrolments.get(site)
        if enrolment is None or UNIFORM in look.bands:
            return look
        worn = {}
        if has_colour(picture):
            for person, torso in torsos(picture, look):
                described = describe(picture, torso)
                if described is not None:
                    worn[person] = {UNIFORM: enrolment.score(described)}
        advisory = look.advisory if enrolment.is_trusted else look.advisory | {UNIFORM}
        bands = {**look.bands, UNIFORM: Band(*enrolment.band)}
        return replace(look, worn={**look.worn, **worn}, bands=bands, advisory=advisory)
