"""How a camera's speaker is reached: its address, its password opened just for it."""

from __future__ import annotations

from functools import partial

from services.intercom.adapters.onvif_leg import OnvifLeg
from services.intercom.legs import CameraLeg
from services.intercom.settings import Settings
from shared.camera_networks import may_connect
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.rtsp.backchannel import FEATURE, Backchannel
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from shared.sealing import SealBroken, Sealer


class CameraAccess:
    """Makes the leg that a camera wants."""

    def __init__(self, settings: Settings, sealer: Sealer, mill: ReadMill, clock: Clock):
        self._settings = settings
        self._sealer = sealer
        self._mill = mill
        self._clock = clock
        self._may_connect = partial(may_connect, settings.networks)

    def leg(self, desired: DesiredCamera) -> CameraLeg:
        """Nothing is connected yet. Raises RequestRefused where the camera cannot be spoken to as it is registered."""
        if desired.talk == "none":
            raise RequestRefused("no_backchannel", "This camera is registered as one without a speaker.", status=409)
        if desired.main.url.partition(":")[0].lower() not in ("rtsp", "rtsps"):
            raise RequestRefused("no_backchannel", "Only RTSP cameras can be spoken to.", status=409)
        source = self._source(desired)
        return OnvifLeg(lambda: Backchannel(source, self._mill, self._clock, self._settings.connect_timeout_s))

    def _source(self, desired: DesiredCamera) -> RtspSource:
        password = None
        if desired.sealed_password is not None:
            try:
                password = self._sealer.open(desired.sealed_password, f"camera:{desired.site}/{desired.camera}")
            except SealBroken as error:
                raise RequestRefused(
                    "password_unreadable", "The camera's stored password cannot be read: enter it again.", status=409
                ) from error
        return RtspSource(
            desired.main.url,
            desired.username,
            password,
            desired.main.transport,
            wants_audio=False,
            camera=desired.camera,
            require=FEATURE,
            may_connect=self._may_connect,
        )
