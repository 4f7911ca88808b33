"""Dahua's CGI: G.711 behind a POST that is never answered while it is welcome.

Source: Dahua's HTTP API, audio.cgi?action=postAudio and devAudioOutput.cgi?action=getCollect.
"""

from __future__ import annotations

import re

from services.intercom.adapters.camera_http import CameraHttp, Upload
from services.intercom.adapters.upload_leg import refusal
from shared.errors import CameraRefused

_OUTPUTS = "/cgi-bin/devAudioOutput.cgi?action=getCollect"
_ENCODING = "/cgi-bin/configManager.cgi?action=getConfig&name=Encode"
_KINDS = {"pcma": "Audio/G.711A", "pcmu": "Audio/G.711Mu"}
# The manual's own figure, twenty minutes of sound.
_LENGTH = 9_999_999
# = how much a press may be late so that a camera that is busy is told from one that listens
_REFUSAL_WAIT_S = 0.05


class DahuaCgi:
    """Implements `Dialect`. Args: channel: which audio output, from 1."""

    def __init__(self, http: CameraHttp, channel: int):
        self._http = http
        self._channel = channel
        self._codec = "pcma"

    async def look(self) -> str:
        await self._require_output()
        answer = await self._http.ask("GET", _ENCODING)
        # It speaks both laws; where it encodes by one, it surely decodes that one.
        names = re.findall(rb"Encode\[0\]\.MainFormat\[0\]\.Audio\.Compression=([\w.]+)", answer.body)
        self._codec = "pcmu" if names[:1] == [b"G.711Mu"] else "pcma"
        return self._codec

    async def begin(self) -> Upload:
        # Anew, because the sound cannot be sent twice: with it comes a nonce that has not run out.
        await self._require_output()
        target = f"/cgi-bin/audio.cgi?action=postAudio&httptype=singlepart&channel={self._channel}"
        upload = await self._http.upload("POST", target, (("Content-Type", _KINDS[self._codec]),), _LENGTH)
        answer = await upload.answer(_REFUSAL_WAIT_S)
        if answer is not None and answer.status >= 300:
            await upload.close()
            raise refusal(answer, is_busy=b"busy" in answer.body.lower())
        return upload

    async def end(self) -> None:
        """It ends with the connection."""

    async def _require_output(self) -> None:
        answer = await self._http.ask("GET", _OUTPUTS)
        count = re.search(rb"result\s*=\s*(\d{1,4})", answer.body)
        if answer.status in (400, 404, 405, 501) or (answer.status < 300 and count is None):
            raise CameraRefused("The camera has no audio output (Dahua CGI).", code="no_speaker")
        if answer.status >= 300:
            raise refusal(answer)
        assert count is not None
        if int(count[1]) < self._channel:
            raise CameraRefused(
                f"The camera has {int(count[1])} audio outputs, not {self._channel} (Dahua CGI).", code="no_speaker"
            )
