"""Why a talk is over, named: of every failure its reason. Pure."""

from __future__ import annotations

from typing import get_args

from shared.errors import CameraRefused, PeerError, RequestRefused
from shared.messages.intercom import TalkEnding

_REFUSED: dict[str, TalkEnding] = {
    "busy": "camera_busy",
    "no_speaker": "no_backchannel",
    "codec": "codec",
}


class TalkOver(Exception):
    """Ends a talk."""

    def __init__(self, ending: TalkEnding, detail: str):
        super().__init__(detail)
        self.ending = ending
        self.detail = detail


def ending_of(error: PeerError) -> TalkEnding:
    """What a camera's failure is called."""
    if isinstance(error, CameraRefused):
        return _REFUSED.get(error.code, "camera_refused")
    return "camera_unreachable"


def ending_of_refusal(refusal: RequestRefused) -> TalkEnding:
    """What a refused press is called, where nobody is there to press again. Refusals of presses carry these names."""
    return next((name for name in get_args(TalkEnding) if name == refusal.code), "camera_refused")


def is_busy(error: BaseException | None) -> bool:
    """Whether the camera may be had a little later: somebody else has what it gives."""
    return isinstance(error, CameraRefused) and error.code == "busy"
