"""What is found in every decoded picture before any model is asked: its quality, and what moves at night. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.detector.picture import Picture
from shared.messages.cameras import CameraState
from shared.messages.detector import DetectorFact, PictureVerdict, SeenMover
from shared.subjects import CameraRef


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded picture with what was found in it so far.

    Attributes:
        wants_models: the models are to be asked about it.
        facts: faults that began or ended with it.
    """

    picture: Picture
    verdict: PictureVerdict
    movers: tuple[SeenMover, ...] = ()
    is_night_watch: bool = False
    wants_models: bool = True
    facts: tuple[DetectorFact, ...] = ()


class PictureEye(Protocol):
    """Of one camera. Called for each decoded picture, in order, in a decoding thread."""

    def observe(self, picture: Picture, is_night_watch: bool) -> Shown: ...

    def nothing_came(self, at_us: int) -> tuple[DetectorFact, ...]:
        """Called about once a second while no picture can be had; UTC microseconds."""
        ...


class PlainEye:
    """Sees no faults and no movers: every picture that can be decoded can be judged."""

    def observe(self, picture: Picture, is_night_watch: bool) -> Shown:
        return Shown(picture, PictureVerdict(is_usable=True), is_night_watch=is_night_watch)

    def nothing_came(self, at_us: int) -> tuple[DetectorFact, ...]:
        return ()


def new_eye(camera: CameraRef, state: Callable[[], CameraState | None]) -> PictureEye:
    """Args: state: what ingest finds of the camera."""
    return PlainEye()
