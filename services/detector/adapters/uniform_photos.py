"""Answers what somebody wears in a photo. The photo is looked at and forgotten."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from services.detector.adapters.photos import NotAPicture, picture_of
from services.detector.camera_sight import PictureLook
from services.detector.geometry import seen_box
from services.detector.picture import Picture
from services.detector.uniform.enrolment import SAME_MIN, alike
from services.detector.uniform.torso import TORSO_MIN_PX, Description, describe, has_colour, packed, torsos, unpacked
from shared.errors import RequestRefused
from shared.messages.uniforms import UniformPhotoJudged, UniformPhotoWanted


class UniformPhotos:
    """Args: look: asks the models in force."""

    def __init__(self, look: Callable[[Sequence[Picture]], Awaitable[list[PictureLook]]]):
        self._look = look

    async def judge(self, request: bytes) -> UniformPhotoJudged:
        """Request `uniform_photo`. Raises RequestRefused with what to change about the photo."""
        wanted = UniformPhotoWanted.decode(request)
        try:
            others = [unpacked(text) for text in wanted.others]
        except ValueError as error:
            raise RequestRefused(
                "uniform_others", f"The enrolled photos cannot be used: {error}. Enrol anew."
            ) from error
        picture = await asyncio.to_thread(_picture, wanted.photo)
        (look,) = await self._look([picture])
        largest = max(torsos(picture, look), key=lambda one: one[1].area, default=None)
        if largest is None:
            raise _refused("Nobody was found in this photo: take one of a person from the hips up, in good light.")
        described = describe(picture, largest[1])
        if described is None:
            raise _refused(
                f"The upper body is too small or cut off: it must be at least {TORSO_MIN_PX} pixels across, and whole."
            )
        if not has_colour(picture):
            raise _refused("This photo has no colour: take it by daylight, not with infrared light.")
        return UniformPhotoJudged(
            description=packed(described), torso=seen_box(largest[1].clipped()), alike=_alike(others, described)
        )


def _alike(others: Sequence[Description], described: Description) -> float | None:
    if not others:
        return None
    likeness = min(1.0, max(0.0, alike(np.stack(others), described)))
    if likeness < SAME_MIN:
        raise _refused("These clothes differ from those of the photos before: give photos of one uniform.")
    return round(likeness, 4)


def _picture(photo: str) -> Picture:
    try:
        return picture_of(io.BytesIO(base64.b64decode(photo, validate=True)))
    except (binascii.Error, NotAPicture) as error:
        raise _refused(f"This is no photo: {error}") from error


def _refused(why: str) -> RequestRefused:
    return RequestRefused("uniform_photo", why, status=422)
