"""Which cameras a GPU decodes (NVDEC, through libav's CUDA), and what happens where it cannot.

Pictures stay on the device: its models see them there (device_planes.py), and only what diagnosis measures comes
back. Each stream holds a decoder of the device, so the number of cameras is bounded; the others are decoded by the CPU,
as all are where the device refuses (shared/design/decisions/0005-nvdec-through-libav.md).
"""

from __future__ import annotations

import threading

import av
from av.codec.hwaccel import HWAccel

from shared.telemetry import gauge, log

# = more than a decoder of 1080p with its surfaces (46 MiB were measured), since some cameras have 4K; what models need
# is left to them
CAMERA_BYTES = 128 * 1024**2
_SHARE = 3

_on_gpu = gauge("detector_cameras_decoded_on_gpu", "cameras whose pictures a GPU decodes", ["device"])


def cameras_that_fit(free_bytes: int) -> int:
    """Into a third of the memory that is free."""
    return free_bytes // _SHARE // CAMERA_BYTES


class GpuDecoding:
    """Of one device. Asked by decoding threads. Args: cameras: at most this many at once."""

    def __init__(self, cameras: int, number: int = 0):
        self.number = number
        self._free = cameras
        self._lock = threading.Lock()
        self._taken = 0

    def open(self, codec: str) -> av.CodecContext | None:
        """A decoder for one more stream, None where the CPU is to decode it. Give it back with `free`."""
        with self._lock:
            if self._taken >= self._free:
                return None
            self._taken += 1
            self._tell()
        try:
            return self._opened(codec)
        except (av.FFmpegError, OSError, NotImplementedError, ValueError, RuntimeError, AssertionError) as error:
            self._refused(error)
            return None

    def free(self) -> None:
        with self._lock:
            self._taken -= 1
            self._tell()

    def _opened(self, codec: str) -> av.CodecContext:
        import torch

        # The context that torch uses as well: memory of another could not be read by it. It is made this thread's, and
        # libav takes what it finds there; asked for the device's own, it refuses the flags that torch gave it.
        torch.cuda.init()  # type: ignore[no-untyped-call]
        torch.cuda.set_device(self.number)
        device = HWAccel(
            "cuda",
            device=str(self.number),
            allow_software_fallback=False,
            options={"primary_ctx": "0", "current_ctx": "1"},
            is_hw_owned=True,
        )
        return av.CodecContext.create(codec, "r", hwaccel=device)

    def _refused(self, why: Exception) -> None:
        """Nobody asks the device again until the next start."""
        with self._lock:
            is_first, self._free = self._free > 0, 0
            self._taken -= 1
            self._tell()
        if is_first:
            log().warning("the GPU does not decode; the CPU does", detail=f"{type(why).__name__}: {why}")

    def _tell(self) -> None:
        _on_gpu.labels(str(self.number)).set(self._taken)
