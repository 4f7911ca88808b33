"""Which cameras the GPU decodes (NVDEC, through libav's CUDA), and what happens where it cannot.

Pictures come back into main memory: diagnosis, the night watch and the heads are cut out there. What is saved is the
decoding itself, the largest share of a core at full rate. Each stream holds a decoder of the device, so the number of
cameras is bounded; the others are decoded by the CPU, as all are where the device refuses.
"""

from __future__ import annotations

import threading

from av.codec.hwaccel import HWAccel

from shared.telemetry import gauge, log

_on_gpu = gauge("detector_cameras_decoded_on_gpu", "cameras whose pictures the GPU decodes")


class GpuDecoding:
    """Asked by decoding threads. Args: cameras: at most this many at once."""

    def __init__(self, cameras: int):
        self._free = cameras
        self._lock = threading.Lock()
        self._taken = 0

    def take(self) -> HWAccel | None:
        """The device for one more stream, None where the CPU is to decode it. Give it back with `free`."""
        with self._lock:
            if self._taken >= self._free:
                return None
            self._taken += 1
            _on_gpu.set(self._taken)
        return HWAccel("cuda", allow_software_fallback=False)

    def free(self) -> None:
        with self._lock:
            self._taken -= 1
            _on_gpu.set(self._taken)

    def refused(self, why: Exception) -> None:
        """The device will not take the stream that `take` was for. Nobody asks it again until the next start."""
        with self._lock:
            is_first, self._free = self._free > 0, 0
            self._taken -= 1
            _on_gpu.set(self._taken)
        if is_first:
            log().warning("the GPU does not decode; the CPU does", detail=f"{type(why).__name__}: {why}")
