"""The base of every message: frozen, its fields described, unknown fields of a newer version ignored."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import ConfigDict

from shared.described import Described
from shared.subjects import CameraRef


class Message(Described):
    """One message. `encode` validates strictly; `decode` accepts what a newer version added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def encode(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, data: bytes | str) -> Self:
        return cls.model_validate_json(data)


class Fact(Message):
    """Something that happened, said once by its owner. `CameraCameOnline` travels as `camera_came_online`."""

    owner: ClassVar[str]

    def about(self) -> CameraRef | None:
        """The camera it is about, None where it is about none."""
        return None
