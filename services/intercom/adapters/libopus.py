"""Opus decoded by libopus itself: at 8 kHz, with loss concealment and in-band error correction.

libav's wrapper decodes at 48 kHz alone and conceals nothing, so a talk would need a resampler and would click at every
lost packet. The library is the one that the wheel of PyAV carries; a test holds that it is there.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import av
import numpy as np

from services.intercom.g711 import RATE, Sound
from shared.errors import BrightKitchenError, ProtocolViolation

_LONGEST_S = 0.12  # RFC 6716: the longest packet
_OK = 0


class LibopusMissing(BrightKitchenError):
    """PyAV's wheel came without libopus."""


class Libopus:
    """One decoder. Not for two threads."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.c_int()
        self._state = self._library.opus_decoder_create(RATE, 1, ctypes.byref(error))
        if error.value != _OK:
            raise LibopusMissing(f"libopus makes no decoder: error {error.value}")
        self._pcm = np.zeros(round(RATE * _LONGEST_S), np.int16)
        self._last_samples = RATE // 50

    def decode(self, payload: bytes) -> Sound:
        """Raises ProtocolViolation for what is no Opus."""
        sound = self._decoded(payload, len(self._pcm), is_repair=False)
        self._last_samples = len(sound)
        return sound

    def recover(self, behind: bytes) -> Sound:
        return self._decoded(behind, self._last_samples, is_repair=True)

    def guess(self) -> Sound:
        return self._decoded(None, self._last_samples, is_repair=False)

    def close(self) -> None:
        if self._state is not None:
            self._library.opus_decoder_destroy(self._state)
            self._state = None

    def _decoded(self, payload: bytes | None, samples: int, *, is_repair: bool) -> Sound:
        if self._state is None:
            raise ProtocolViolation("the decoder is closed")
        count = self._library.opus_decode(
            self._state,
            payload,
            0 if payload is None else len(payload),
            self._pcm.ctypes.data_as(ctypes.POINTER(ctypes.c_int16)),
            samples,
            int(is_repair),
        )
        if count < 0:
            raise ProtocolViolation(f"a packet that is no Opus (libopus error {count})")
        return self._pcm[:count].copy()


@cache
def _library() -> ctypes.CDLL:
    folder = Path(av.__file__).parent
    found = sorted((*folder.parent.glob("av.libs/libopus*"), *folder.glob(".dylibs/libopus*")))
    if not found:
        raise LibopusMissing("PyAV's wheel came without libopus: install the wheel that pyproject.toml pins")
    library = ctypes.CDLL(str(found[0]))
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    library.opus_decode.restype = ctypes.c_int
    library.opus_decode.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.POINTER(ctypes.c_int16),
        ctypes.c_int,
        ctypes.c_int,
    ]
    return library
