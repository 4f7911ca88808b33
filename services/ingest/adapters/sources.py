"""Which Source speaks to which address, with the password opened just for it."""

from __future__ import annotations

from functools import partial

from services.ingest.adapters.pyav_source import PyAvSource
from services.ingest.adapters.rtsp_source import RtspCameraSource
from services.ingest.adapters.stream_puller import Source
from services.ingest.fleet import Pull, StreamRef
from services.ingest.settings import Settings
from shared.camera_networks import may_connect
from shared.clock import Clock
from shared.errors import CameraRefused
from shared.messages.cameras import Transport
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from shared.sealing import SealBroken, Sealer
from shared.subjects import CameraRef


def password_context(camera: CameraRef) -> str:
    """What a camera's sealed password is bound to."""
    return f"camera:{camera}"


class Sources:
    """Makes a Source for each connection."""

    def __init__(self, settings: Settings, sealer: Sealer, mill: ReadMill, clock: Clock):
        self._settings = settings
        self._sealer = sealer
        self._mill = mill
        self._clock = clock
        # Asked with the address a name means now, and after a redirect: the gateway checked what it meant then.
        self._may_connect = partial(may_connect, settings.networks)

    def open(self, stream: StreamRef, pull: Pull) -> Source:
        """Raises CameraRefused where the password cannot be opened."""
        password = None
        if pull.sealed_password is not None:
            try:
                password = self._sealer.open(pull.sealed_password, password_context(stream.camera))
            except SealBroken as error:
                raise CameraRefused(
                    f"its stored password cannot be read ({error}); enter it again", is_credentials=True
                ) from error
        return self.of(pull.source.url, pull.username, password, pull.source.transport, pull.wants_audio)

    def of(
        self, url: str, username: str | None, password: str | None, transport: Transport, wants_audio: bool
    ) -> Source:
        """For an address as it stands."""
        if url.partition(":")[0].lower() in ("rtsp", "rtsps"):
            source = RtspSource(url, username, password, transport, wants_audio, may_connect=self._may_connect)
            return RtspCameraSource(source, self._mill, self._clock, self._settings.connect_timeout_s)
        return PyAvSource(url, self._clock, username=username, password=password, wants_audio=wants_audio)
