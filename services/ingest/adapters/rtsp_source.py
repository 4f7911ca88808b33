"""An RTSP camera as a Source: our client's session, described to the normaliser and played into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.conditions import NoVideo
from services.ingest.normaliser import AudioEncoder, Normaliser, Tracks
from shared.clock import Clock
from shared.media.formats import AudioFormat
from shared.rtsp.client import RtspClient, open_rtsp
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from shared.rtsp.tracks import Track

_AAC_LC = 2


@dataclass(frozen=True, slots=True)
class Described:
    """The tracks of one session as the normaliser wants them."""

    tracks: Tracks
    encoder: AudioEncoder | None
    audio: Track | None


class RtspCameraSource:
    """One connection to one stream."""

    def __init__(self, source: RtspSource, mill: ReadMill, clock: Clock, connect_timeout_s: float):
        self._source = source
        self._mill = mill
        self._clock = clock
        self._connect_timeout_s = connect_timeout_s
        self._is_immediate = False
        self._client: RtspClient | None = None

    def set_immediate(self, is_immediate: bool) -> None:
        self._is_immediate = is_immediate
        if self._client is not None:
            self._client.set_immediate(is_immediate)

    async def run(self, sink: Normaliser) -> None:
        """Until the stream ends. Raises CameraRefused, CameraUnreachable, ProtocolViolation or NoVideo."""
        client = await open_rtsp(
            self._source, mill=self._mill, clock=self._clock, connect_timeout_s=self._connect_timeout_s
        )
        self._client = client
        try:
            described = describe(client.tracks, self._source.wants_audio)
            sink.describe(described.tracks, described.encoder)
            client.set_immediate(self._is_immediate)
            await client.play(sink, rest_s=sink.rest_s)
            await client.wait_closed()
        finally:
            self._client = None
            await client.close()


def describe(tracks: Sequence[Track], wants_audio: bool) -> Described:
    """Choose the first video and the first sound that can be used. Raises NoVideo."""
    video = next((track for track in tracks if track.codec in ("h264", "h265")), None)
    if video is None or video.codec not in ("h264", "h265"):
        offered = ", ".join(track.encoding for track in tracks) or "nothing"
        raise NoVideo(f"The camera offers no video that we know ({offered}).")
    for track in tracks if wants_audio else ():
        if track.direction == "sendonly":
            continue  # a backchannel: toward the camera
        sound = _sound(track)
        if sound is not None:
            found, encoder = sound
            return Described(Tracks(video.codec, video.parameter_sets, found, track.clock_rate), encoder, track)
    return Described(Tracks(video.codec, video.parameter_sets), None, None)


def _sound(track: Track) -> tuple[AudioFormat, AudioEncoder | None] | None:
    if track.codec == "aac":
        config = track.audio
        if config is None or config.object_type != _AAC_LC:
            return None
        return AudioFormat(config.sample_rate, config.channels, config.data), None
    if track.codec in ("pcmu", "pcma", "g726"):
        encoder = AacEncoder(track.codec, track.clock_rate, track.channels)
        return encoder.format, encoder
    return None
