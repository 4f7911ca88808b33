"""Pictures that may be shown to everybody: faces are made unrecognisable before they leave the detector."""

from __future__ import annotations

import base64
from typing import Self

from pydantic import Field

from shared.messages.base import Message


class BlurredPictureWanted(Message):
    """Request `blurred_picture`, of the worker that looks at the camera; who asks watches, for ten seconds."""

    site: str
    camera: str
    width: int = Field(640, ge=64, le=640, description="pixels, at most; never enlarged")


class BlurredPicture(Message):
    """Its answer. Where faces cannot be hidden for certain it is a refusal instead, which says why."""

    captured_us: int = Field(description="when it was taken, UTC microseconds")
    width: int
    height: int
    jpeg: str = Field(description="base64")

    @classmethod
    def of(cls, jpeg: bytes, captured_us: int, width: int, height: int) -> Self:
        return cls(captured_us=captured_us, width=width, height=height, jpeg=base64.b64encode(jpeg).decode())

    @property
    def jpeg_bytes(self) -> bytes:
        return base64.b64decode(self.jpeg)
