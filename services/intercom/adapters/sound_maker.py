"""Texts and files become sounds of one loudness, each in a process of its own (`sound_workshop.py`)."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np

from services.intercom.adapters import sound_workshop
from services.intercom.announcements import RATE, MadeSound
from services.intercom.g711 import RATE as NARROW_RATE
from services.intercom.g711 import Sound
from shared.errors import BrightKitchenError, RequestRefused, ResourceExhausted
from shared.messages.broadcasts import Language

_PROGRAM = Path(sound_workshop.__file__)
_LIMIT_S = 30.0
_AT_ONCE = 2
_WAITING = 16
VOICE = "espeak-ng"


class SoundMaker:
    """Implements `Voice`, `SoundFiles` and `Narrowing`. Args: lufs: loudness, EBU R128; longest_s: of any sound."""

    name = VOICE

    def __init__(self, lufs: float, longest_s: float):
        self._lufs = lufs
        self._longest_s = longest_s
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._asked = 0

    async def say(self, text: str, language: Language) -> MadeSound:
        return await self._made({"text": text, "language": language}, b"", VOICE)

    async def read(self, data: bytes) -> MadeSound:
        return await self._made({"text": None, "language": "en"}, data, None)

    async def narrowed(self, pcm: bytes) -> Sound:
        return await asyncio.to_thread(_narrowed, pcm)

    async def _made(self, wanted: dict[str, Any], data: bytes, voice: str | None) -> MadeSound:
        if self._asked >= _AT_ONCE + _WAITING:
            raise ResourceExhausted("Too many sounds are being made at once: try again in a second.")
        self._asked += 1
        try:
            async with self._turns:
                return await self._run(wanted, data, voice)
        finally:
            self._asked -= 1

    async def _run(self, wanted: dict[str, Any], data: bytes, voice: str | None) -> MadeSound:
        line = json.dumps(wanted | {"lufs": self._lufs, "longest_s": self._longest_s}).encode() + b"\n"
        # Isolated (-I) and without our environment: what it decodes has no secrets to find.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
        )
        try:
            async with asyncio.timeout(_LIMIT_S):
                out, errors = await child.communicate(line + data)
        except TimeoutError:
            raise _not_made("It takes too long to read.") from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode:
            if voice is not None:
                raise SoundNotMade(errors.decode(errors="replace")[-500:])
            # A decoder that died of a file, or ran out of the time or memory it may take.
            raise _not_made("It cannot be decoded within the limits: it is broken or disguised.")
        head, _, pcm = out.partition(b"\n")
        about = json.loads(head)
        if "code" in about:
            raise RequestRefused(about["code"], about["detail"], status=422)
        return MadeSound(pcm, about["loudness_lufs"], about["peak_dbfs"], voice)


class SoundNotMade(BrightKitchenError):
    """The voice failed, which no text may bring about."""


def _not_made(detail: str) -> RequestRefused:
    return RequestRefused("not_a_sound", detail, status=422)


def _narrowed(pcm: bytes) -> Sound:
    frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2")[None, :], format="s16", layout="mono")
    frame.sample_rate = RATE
    resampler = av.AudioResampler(format="s16", layout="mono", rate=NARROW_RATE)
    made = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray()[0] for each in made] or [np.zeros(0, np.int16)])
