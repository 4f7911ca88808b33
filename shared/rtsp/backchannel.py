"""Sound toward a camera: the backchannel of the ONVIF Streaming Specification (5.3), over our RTSP client.

`prepare` goes as far as SETUP, so that a press only sends PLAY and sound.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence

from shared.clock import Clock
from shared.errors import CameraRefused
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.rtsp.client import RtspClient
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from shared.rtsp.tracks import Track

FEATURE = "www.onvif.org/ver20/backchannel"
# In the order in which they cost least: what a browser sends is passed on, what must be made is made once.
CODECS = ("pcmu", "pcma")
_HEADER = struct.Struct("!BBHII")


class Backchannel:
    """One session with one camera. Not for two talks at once.

    Attributes:
        track: the one that takes sound; None before `prepare`.
        sent: packets since `prepare`.
    """

    def __init__(self, source: RtspSource, mill: ReadMill, clock: Clock, connect_timeout_s: float = 5.0):
        self._client = RtspClient(source, mill, clock, connect_timeout_s, True)
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._is_marked = True
        self.track: Track | None = None
        self.sent = 0

    async def prepare(self) -> Track:
        """Connect, find the track that takes sound, set it up.

        Raises:
            CameraRefused: it has none, or none that we can make sound for, or somebody else holds it.
            CameraUnreachable, ProtocolViolation: as everywhere.
        """
        await self._client.open()
        track = chosen(self._client.tracks)
        await self._client.prepare(_Nothing(), (track,))
        self.track = track
        return track

    async def play(self) -> None:
        """From here on sound may be sent."""
        self._is_marked = True
        await self._client.begin()

    @property
    def is_heard(self) -> bool | None:
        """Whether the camera's receiver reports speak of our packets; None before it has sent any (many never do)."""
        blocks = self._client.reports(0)
        return None if blocks is None else any(block.ssrc == self._ssrc for block in blocks)

    def send(self, payload: bytes, samples: int) -> None:
        """One packet of sound in the track's codec. Never waits."""
        assert self.track is not None
        marker = 0x80 if self._is_marked else 0  # RFC 3551 4.1: the first packet of a talkspurt
        self._is_marked = False
        header = _HEADER.pack(
            0x80, marker | self.track.payload_type, self._sequence, self._timestamp & 0xFFFF_FFFF, self._ssrc
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp += samples
        self.sent += 1
        self._client.send(0, header + payload)

    def skip(self, samples: int) -> None:
        """Silence that was not sent: the camera's clock goes on."""
        self._timestamp += samples
        self._is_marked = True

    async def wait_closed(self) -> None:
        """Until the camera ends the session. Raises PeerError: why."""
        await self._client.wait_closed()

    async def close(self) -> None:
        """TEARDOWN, so that no camera is left hissing."""
        await self._client.close()


def chosen(tracks: Sequence[Track]) -> Track:
    """The track that takes sound, cheapest codec first. Raises CameraRefused with what there is instead."""
    toward = [track for track in tracks if track.media == "audio" and track.direction == "sendonly"]
    if not toward:
        raise CameraRefused("The camera offers no sound toward itself (no ONVIF backchannel).")
    for codec in CODECS:
        for track in toward:
            if track.codec == codec and track.clock_rate == 8000 and track.channels == 1:
                return track
    offered = ", ".join(f"{track.encoding}/{track.clock_rate}" for track in toward)
    raise CameraRefused(f"The camera takes sound as {offered} only, which we cannot make.")


class _Nothing:
    """Takes what the camera sends on the track, which is nothing."""

    def on_video(self, unit: AccessUnit) -> None: ...

    def on_audio(self, unit: AudioUnit) -> None: ...

    def on_loss(self, packets: int) -> None: ...

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None: ...
