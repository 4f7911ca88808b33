"""What is known of cameras' speakers: in which way they are spoken to, and when it is looked for again. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from shared.errors import CameraRefused, CameraUnreachable, PeerError
from shared.messages.cameras import DesiredCamera
from shared.messages.speakers import FoundWay, SpeakerFound
from shared.subjects import CameraRef

# One that was found is looked at again, because people set cameras up anew; one that was away, when it may be back.
_AGAIN_AFTER_S = 24 * 3600.0
_AGAIN_SOON_S = 300.0

_WORDS: dict[str, str] = {
    "wrong_password": "The camera refuses the user name or password: correct it.",
    "busy": "Somebody else speaks through this camera, or it has no session left.",
}


@dataclass(slots=True)
class Speakers:
    """What was found last, of every camera."""

    found: dict[CameraRef, SpeakerFound] = field(default_factory=dict)

    def note(self, camera: CameraRef, found: SpeakerFound | None) -> None:
        if found is None:
            self.found.pop(camera, None)
        else:
            self.found[camera] = found

    def way_of(self, desired: DesiredCamera) -> FoundWay | None:
        """None where it is not known, of this registration."""
        found = self.found.get(CameraRef(desired.site, desired.camera))
        return None if found is None or found.registration != registration_of(desired) else found.way

    def is_due(self, desired: DesiredCamera, now_us: int) -> bool:
        """Whether it is to be looked for (again)."""
        if not desired.is_enabled:
            return False
        found = self.found.get(CameraRef(desired.site, desired.camera))
        if found is None or found.registration != registration_of(desired):
            return True
        # A wrong password is not tried again by itself: cameras lock accounts.
        if found.reason_code == "wrong_password":
            return False
        again_s = _AGAIN_SOON_S if found.way is None else _AGAIN_AFTER_S
        return now_us - found.at_us > again_s * 1e6


def registration_of(desired: DesiredCamera) -> str:
    """A digest of all that the way to its speaker depends on."""
    streams = [(stream.url, stream.transport) for stream in (desired.main, desired.sub) if stream is not None]
    parts = (streams, desired.username, desired.sealed_password, desired.talk, desired.talk_port, desired.talk_channel)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def finding(way: FoundWay, codec: str, at_us: int) -> SpeakerFound:
    """It can be spoken to."""
    return SpeakerFound(way=way, codec=codec, reason_code="ok", reason=f"Spoken to by {way}, {codec}.", at_us=at_us)


def finding_of(error: PeerError, at_us: int) -> SpeakerFound:
    """It cannot, or nobody knows."""
    code = _code_of(error)
    reason = _WORDS.get(code, str(error))
    way: FoundWay | None = "none" if code in ("no_speaker", "codec") else None
    return SpeakerFound(way=way, reason_code=code, reason=reason, at_us=at_us)


def _code_of(error: PeerError) -> str:
    if isinstance(error, CameraRefused):
        return "wrong_password" if error.code == "credentials" else error.code
    return error.code if isinstance(error, CameraUnreachable) else "protocol"
