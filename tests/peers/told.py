"""What tests/peers/gst_camera.py says of its clients."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Told:
    """One request, or an end. what: play (with sound toward the camera), watch, pause, teardown, pipeline over, connection closed, session over."""

    at_s: float
    what: str
    session: str


def told(path: Path) -> list[Told]:
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]  # what stands behind the last line end is not whole yet
    return [Told(**json.loads(line)) for line in lines]


def played_last(path: Path) -> str:
    """The session that was played last."""
    return next(one.session for one in reversed(told(path)) if one.what == "play")


def until_over(path: Path, session: str, since_s: float, limit_s: float = 15.0) -> Told:
    """How a session went that was played then, alone."""
    deadline = time.monotonic() + limit_s
    while True:
        for one in told(path):
            if one.at_s >= since_s and (
                one.what == "pipeline over" or (one.session, one.what) == (session, "teardown")
            ):
                return one
        assert time.monotonic() < deadline, told(path)[-10:]
        time.sleep(0.05)


def until_torn_down(path: Path, session: str, limit_s: float = 15.0) -> None:
    """A session was ended in words, whatever other clients of the camera do meanwhile."""
    deadline = time.monotonic() + limit_s
    while not any((one.session, one.what) == (session, "teardown") for one in told(path)):
        assert time.monotonic() < deadline, f"no camera is left hissing: {told(path)[-10:]}"
        time.sleep(0.05)
