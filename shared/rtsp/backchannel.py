"""Sound toward a camera: the backchannel of the ONVIF Streaming Specification (5.3), over our RTSP client.

`prepare` goes as far as SETUP, so that a press only sends PLAY and sound.

GStreamer's server has the tracks of a camera in one pipeline: PLAY with sound alone set up makes the picture's source
fail, and that failure, racing with the start of the sound, leaves the camera silent in 13 of 237 sessions, and refusing
PLAY after PAUSE (1.22; its log shows the sound's source left in state NULL). A picture beside it helps only where
the camera has no sound of its own: with one that is not set up 26 of 85 sessions were silent, with all set up none of
60. So everything it offers is set up there beside the sound, and not read. With other cameras this is tried where they
were found to hear nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections.abc import Sequence

from shared.clock import Clock
from shared.errors import CameraRefused
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.rtsp.client import RtspClient, is_playable
from shared.rtsp.hearing import Hearing
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.rtcp import ReportBlock
from shared.rtsp.source import RtspSource
from shared.rtsp.tracks import Track

FEATURE = "www.onvif.org/ver20/backchannel"
# In the order in which they cost least: what a browser sends is passed on, what must be made is made once.
CODECS = ("pcmu", "pcma", "aac")
_AAC_LC = 2
_HEADER = struct.Struct("!BBHII")
_SILENCE = {"pcmu": b"\xff", "pcma": b"\xd5"}
_OPENER_SAMPLES = 8
_OPTION_NOT_SUPPORTED = 551  # ONVIF Streaming Specification 5.3.2: the answer to an unknown Require
_IN_ONE_PIPELINE = "gstreamer"


class Backchannel:
    """One session with one camera. Not for two talks at once.

    Attributes:
        track: the one that takes sound; None before `prepare`.
        is_accompanied: a track of the camera's own was set up beside it.
        sent: packets since `prepare`.
    """

    def __init__(self, source: RtspSource, mill: ReadMill, clock: Clock, connect_timeout_s: float = 5.0):
        # Nobody waits for what a camera sends while it plays, and answers are waited for in any case.
        self._client = RtspClient(source, mill, clock, connect_timeout_s, False)
        self._clock = clock
        self._hearing = Hearing(secrets.randbits(32))
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._is_marked = True
        self._is_unheard = asyncio.Event()
        self.track: Track | None = None
        self.is_accompanied = False
        self.sent = 0

    async def prepare(self, *, is_accompanied: bool = False) -> Track:
        """Connect, find the track that takes sound, set it up; with a track beside it where that is asked for or the
        camera is known to want it.

        Raises:
            CameraRefused: it has none, or none that we can make sound for, or somebody else holds it.
            CameraUnreachable, ProtocolViolation: as everywhere.
        """
        client = self._client
        track = await self._open_client()
        company: tuple[Track, ...] = ()
        if is_accompanied or _IN_ONE_PIPELINE in client.server.lower():
            company = company_of(client.tracks)
        try:
            await client.prepare(_Nothing(), (track,), company)
        except CameraRefused as refusal:
            if refusal.is_credentials or not company:
                raise
            # It has no session left for its picture; for the sound perhaps.
            await client.close()
            track, company = await self._open_client(), ()
            await client.prepare(_Nothing(), (track,))
        client.listen(0, self._reported)
        self.track, self.is_accompanied = track, bool(company)
        return track

    async def look(self) -> Track:
        """Instead of all else: the track that would take sound. Nothing is set up. Raises as `prepare` does."""
        try:
            return await self._open_client()
        finally:
            await self._client.close()

    @property
    def session(self) -> str:
        """What the camera calls it; empty before `prepare`."""
        return self._client.session

    async def end_left_behind(self, session: str) -> None:
        """Instead of all else: a session that somebody left when he died is ended. Raises PeerError."""
        await self._client.end_session(session)

    async def play(self) -> None:
        """From here on sound may be sent."""
        await self._client.begin()
        self._is_marked = True
        self._is_unheard.clear()
        self._hearing.began(self._sequence, self._clock.monotonic())
        self._open()

    async def pause(self) -> None:
        """Nothing is played until `play`. Raises CameraRefused where it plays on, and PeerError."""
        self._hearing.ended()
        await self._client.pause()

    @property
    def may_pause(self) -> bool:
        return self._client.may_pause

    @property
    def is_heard(self) -> bool | None:
        """Whether the camera's newest receiver report speaks of what was sent since `play`; None before there is one
        (many never send any)."""
        return self._hearing.verdict

    def send(self, payload: bytes, samples: int, *, is_whole: bool = False) -> None:
        """One packet of sound in the track's codec. Never waits.

        Args:
            samples: of the track's clock.
            is_whole: the payload ends an access unit of AAC (RFC 3640 3.1).
        """
        assert self.track is not None
        # RFC 3551 4.1: the first packet of a talkspurt.
        marker = 0x80 if self._is_marked or is_whole else 0
        self._is_marked = False
        kind, timestamp = marker | self.track.payload_type, self._timestamp & 0xFFFF_FFFF
        header = _HEADER.pack(0x80, kind, self._sequence, timestamp, self._hearing.ssrc)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp += samples
        self.sent += 1
        self._client.send(0, header + payload)

    def skip(self, samples: int) -> None:
        """Silence that was not sent: the camera's clock goes on."""
        self._timestamp += samples
        self._is_marked = True

    def _open(self) -> None:
        """A millisecond of silence. Receivers hold a new source's first packet back until its second comes (RFC 3550
        A.1, MIN_SEQUENTIAL): without it the first word is 20 ms later."""
        assert self.track is not None
        silence = _SILENCE.get(self.track.codec or "")
        if silence is not None:  # an encoder begins with silence of its own
            self.send(silence * _OPENER_SAMPLES, _OPENER_SAMPLES)

    async def _open_client(self) -> Track:
        try:
            await self._client.open()
        except CameraRefused as refusal:
            if refusal.status == _OPTION_NOT_SUPPORTED:
                raise CameraRefused(
                    "The camera knows no ONVIF backchannel.", status=551, code="no_speaker"
                ) from refusal
            raise
        return chosen(self._client.tracks)

    async def wait_unheard(self) -> None:
        """Until a report of the camera's says that nothing arrives."""
        await self._is_unheard.wait()

    def _reported(self, blocks: tuple[ReportBlock, ...]) -> None:
        self._hearing.reported(blocks, self._clock.monotonic())
        if self._hearing.verdict is False:
            self._is_unheard.set()

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
        raise CameraRefused("The camera offers no sound toward itself (no ONVIF backchannel).", code="no_speaker")
    for codec in CODECS:
        for track in toward:
            if track.codec == codec and _is_makeable(track):
                return track
    offered = ", ".join(f"{track.encoding}/{track.clock_rate}" for track in toward)
    raise CameraRefused(f"The camera takes sound as {offered} only, which we cannot make.", code="codec")


def company_of(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks to set up beside the sound: all that the camera has of its own."""
    return tuple(track for track in tracks if track.media in ("video", "audio") and is_playable(track))


def _is_makeable(track: Track) -> bool:
    if track.codec != "aac":
        return track.clock_rate == 8000 and track.channels == 1
    audio, given = track.audio, track.format_parameters
    return (
        audio is not None
        and (audio.object_type, audio.sample_rate) == (_AAC_LC, track.clock_rate)
        and audio.channels in (1, 2)
        and track.encoding == "MPEG4-GENERIC"
        and (given.get("sizelength", "13"), given.get("indexlength", "3")) == ("13", "3")
    )


class _Nothing:
    """Takes what the camera sends on the track, which is nothing."""

    def on_video(self, unit: AccessUnit) -> None: ...

    def on_audio(self, unit: AudioUnit) -> None: ...

    def on_loss(self, packets: int) -> None: ...

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None: ...
