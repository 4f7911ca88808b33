"""What the people of one kitchen wear: described photos, kept; and photos asked about. No photo is kept anywhere."""

from __future__ import annotations

import base64
from typing import Self

from pydantic import Field

from shared.messages.base import Message
from shared.messages.detector import Score, SeenBox


class UniformEnrolled(Message):
    """KV bucket `uniforms`, key = site: described photos of its uniform, and whether somebody trusts them."""

    site: str
    photos: tuple[str, ...] = Field((), description="descriptions as the detector gave them; no picture can be made of")
    is_trusted: bool = Field(False, description="a supervisor has seen that it judges this kitchen rightly")
    changed_us: int = Field(description="UTC microseconds")
    changed_by: str


class UniformPhotoWanted(Message):
    """Request `uniform_photo` of the detector: describe what somebody wears in a photo."""

    photo: str = Field(description="JPEG, base64; at most 4 MiB", max_length=6 << 20)
    others: tuple[str, ...] = Field((), description="descriptions of photos of the same uniform", max_length=40)

    @classmethod
    def of(cls, jpeg: bytes, others: tuple[str, ...]) -> Self:
        return cls(photo=base64.b64encode(jpeg).decode(), others=others)


class UniformPhotoJudged(Message):
    """Its answer. A photo that cannot be used is answered with a refusal instead, which says why."""

    description: str
    torso: SeenBox = Field(description="where in the photo")
    alike: Score | None = Field(None, description="likeness to the others, None where there are none")
