"""Hikvision's ISAPI two-way audio: a session that is opened and closed, and in between G.711 behind a PUT.

Source: Hikvision's ISAPI developer guide, /ISAPI/System/TwoWayAudio. That the sound follows a PUT whose length is 0 is
not in it: it is what these cameras take.
"""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import quote

from services.intercom.adapters.camera_http import CameraHttp, HttpAnswer, Upload
from services.intercom.adapters.upload_leg import refusal
from shared.errors import CameraRefused, PeerError

_CODECS = {"G.711ulaw": "pcmu", "G.711alaw": "pcma"}
_ROOT = "/ISAPI/System/TwoWayAudio/channels"
_DEVICE_BUSY = "2"  # statusCode of a ResponseStatus
_SOUND = (("Content-Type", "application/octet-stream"),)


class Isapi:
    """Implements `Dialect`. Args: channel: which two-way channel, as the camera or recorder numbers them."""

    def __init__(self, http: CameraHttp, channel: int):
        self._http = http
        self._channel = channel
        self._session = ""

    async def look(self) -> str:
        answer = await self._http.ask("GET", _ROOT)
        if answer.status in (404, 405, 501):
            raise CameraRefused("The camera has no two-way audio (ISAPI).", code="no_speaker")
        _require_done(answer)
        for channel in re.findall(rb"<TwoWayAudioChannel\b.*?</TwoWayAudioChannel>", answer.body, re.DOTALL):
            if _text(channel, "id") == str(self._channel):
                named = _text(channel, "audioCompressionType")
                if named not in _CODECS:
                    raise CameraRefused(
                        f"The camera's two-way audio is set to {named or 'nothing'}, which we cannot make: "
                        "set it to G.711.",
                        code="codec",
                    )
                return _CODECS[named]
        raise CameraRefused(f"The camera has no two-way audio channel {self._channel} (ISAPI).", code="no_speaker")

    async def begin(self) -> Upload:
        answer = await self._http.ask("PUT", f"{_ROOT}/{self._channel}/open")
        _require_done(answer)
        self._session = _text(answer.body, "sessionId")
        try:
            return await self._http.upload("PUT", self._target("audioData"), _SOUND, 0)
        except BaseException:
            await self.end()
            raise

    async def end(self) -> None:
        with suppress(PeerError):  # it is away, or ends by itself with the connection
            await self._http.ask("PUT", self._target("close"))

    def _target(self, verb: str) -> str:
        # Cameras with one channel name no session.
        suffix = f"?sessionId={quote(self._session, safe='')}" if self._session else ""
        return f"{_ROOT}/{self._channel}/{verb}{suffix}"


def _require_done(answer: HttpAnswer) -> None:
    words = (_text(answer.body, "subStatusCode") + _text(answer.body, "statusString")).lower()
    is_busy = _text(answer.body, "statusCode") == _DEVICE_BUSY or "busy" in words
    # Refusals come as 200 too, with another statusCode than 1.
    is_done = answer.status < 300 and _text(answer.body, "statusCode") in ("", "1")
    if not is_done:
        raise refusal(answer, is_busy=is_busy)


def _text(xml: bytes, tag: str) -> str:
    """What the first element of that name says; of what a camera sends nothing more is needed, and nothing parsed."""
    found = re.search(rb"<(?:\w+:)?" + tag.encode() + rb"\b[^>]*>\s*([^<]{0,128}?)\s*<", xml)
    return "" if found is None else found[1].decode("utf-8", "replace")
