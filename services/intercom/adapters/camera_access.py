"""How a camera's speaker is reached: its address, its protocol, its password opened just for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from services.intercom.adapters.camera_http import CameraHttp, HttpAddress
from services.intercom.adapters.dahua_cgi import DahuaCgi
from services.intercom.adapters.first_leg import Candidate, FirstLeg
from services.intercom.adapters.isapi import Isapi
from services.intercom.adapters.onvif_leg import OnvifLeg
from services.intercom.adapters.upload_leg import UploadLeg
from services.intercom.legs import CameraLeg
from services.intercom.settings import Settings
from shared.camera_networks import may_connect
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.speakers import FoundWay
from shared.rtsp.backchannel import FEATURE, Backchannel
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from shared.sealing import SealBroken, Sealer

_HTTP_PORT = 80
EVERY_WAY: tuple[FoundWay, ...] = ("onvif", "isapi", "dahua")


class CameraAccess:
    """Makes the leg that a camera wants.

    Args:
        way_of: how a camera was found to be spoken to; None where that is not known.
    """

    def __init__(
        self,
        settings: Settings,
        sealer: Sealer,
        mill: ReadMill,
        clock: Clock,
        way_of: Callable[[DesiredCamera], FoundWay | None] = lambda desired: None,
    ):
        self._limit_s = settings.connect_timeout_s
        self._sealer = sealer
        self._mill = mill
        self._clock = clock
        self._way_of = way_of
        self._may_connect = partial(may_connect, settings.networks)

    def leg(self, desired: DesiredCamera) -> CameraLeg:
        """Nothing is connected yet. Raises RequestRefused where the camera cannot be spoken to as it is registered."""
        found = self._way_of(desired) if desired.talk == "auto" else None
        # ONVIF is tried again where it was not found: cameras are set up anew.
        ways = dict.fromkeys(way for way in (found, "onvif") if way not in (None, "none"))
        candidates = self.candidates(desired, self.password(desired), tuple(ways))
        return candidates[0].leg() if len(candidates) == 1 else FirstLeg(candidates)

    def candidates(
        self, desired: DesiredCamera, password: str | None, ways: tuple[FoundWay, ...] = EVERY_WAY
    ) -> list[Candidate]:
        """One for each way; of `ways` only where the registration leaves it open. Raises RequestRefused as `leg`."""
        if desired.talk == "none":
            raise RequestRefused("no_backchannel", "This camera is registered as one without a speaker.", status=409)
        if desired.main.url.partition(":")[0].lower() not in ("rtsp", "rtsps"):
            raise RequestRefused("no_backchannel", "Only RTSP cameras can be spoken to.", status=409)
        if desired.talk != "auto":
            ways = (desired.talk,)
        source, http = self._source(desired, password), self._http(desired, password)

        def backchannel() -> Backchannel:
            return Backchannel(source, self._mill, self._clock, self._limit_s)

        async def look() -> str:
            return str((await backchannel().look()).codec)

        def isapi() -> Isapi:
            return Isapi(http, desired.talk_channel)

        def dahua() -> DahuaCgi:
            return DahuaCgi(http, desired.talk_channel)

        made: dict[FoundWay, Candidate] = {
            "onvif": Candidate("onvif", lambda: OnvifLeg(backchannel), look),
            "isapi": Candidate("isapi", lambda: UploadLeg(isapi()), lambda: isapi().look()),
            "dahua": Candidate("dahua", lambda: UploadLeg(dahua()), lambda: dahua().look()),
        }
        return [made[way] for way in ways]

    async def end_left_behind(self, desired: DesiredCamera, session: str) -> None:
        """An RTSP session that a worker left playing when it died. Raises RequestRefused, PeerError."""
        source = self._source(desired, self.password(desired))
        await Backchannel(source, self._mill, self._clock, self._limit_s).end_left_behind(session)

    def password(self, desired: DesiredCamera) -> str | None:
        """Raises RequestRefused where it cannot be opened."""
        if desired.sealed_password is None:
            return None
        try:
            return self._sealer.open(desired.sealed_password, f"camera:{desired.site}/{desired.camera}")
        except SealBroken as error:
            raise RequestRefused(
                "password_unreadable", "The camera's stored password cannot be read: enter it again.", status=409
            ) from error

    def _source(self, desired: DesiredCamera, password: str | None) -> RtspSource:
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

    def _http(self, desired: DesiredCamera, password: str | None) -> CameraHttp:
        """One for all that a leg asks: what it learned of the camera's login stays known."""
        host = urlsplit(desired.main.url).hostname or ""
        port = desired.talk_port or _HTTP_PORT
        return CameraHttp(HttpAddress(host, port, desired.username, password, self._may_connect), self._limit_s)
