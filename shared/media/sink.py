"""Where a source of media puts what it received: plain synchronous calls, no queue in between."""

from __future__ import annotations

from typing import Protocol

from shared.media.access_unit import AccessUnit, AudioUnit


class MediaSink(Protocol):
    """Called on the event loop by whatever reads a camera (RTSP, PyAV). None of these may block."""

    def on_video(self, unit: AccessUnit) -> None:
        """One complete picture, in decoding order."""
        ...

    def on_audio(self, unit: AudioUnit) -> None:
        """One piece of sound, in order."""
        ...

    def on_loss(self, packets: int) -> None:
        """RTP packets that never came; the picture they belonged to was dropped, not damaged."""
        ...

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None:
        """RTCP SR: the camera says that `pts` (extended, the media track's clock) was `wall_us` (Unix)."""
        ...
