"""onnxruntime: what runs ONNX on a CPU, and on a GPU what torch cannot take over (onnx_as_torch.py)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from services.detector.adapters.devices import Device
from services.detector.loaded_pack import Outputs, Pending, batch_of
from services.detector.pack_manifest import PackManifest
from services.detector.picture import Canvas, in_memory

_QUIET = 3  # onnxruntime: errors only
_GPU_AT_ONCE = 64
# More at once are no faster on a CPU, and what the arena once took for the most of them it keeps.
_CROPS_AT_ONCE = 8
_providers_lock = threading.Lock()


def providers(there: Sequence[str], device: Device) -> list[tuple[str, dict[str, Any]]]:
    """Those of the installed ones that are asked, the fastest first; onnxruntime goes on to the next by itself."""
    gpu = {"device_id": device.number}
    wanted: list[tuple[str, dict[str, Any]]] = [("CPUExecutionProvider", {})]
    if device.is_gpu:
        fast = gpu | {"trt_fp16_enable": True}
        wanted = [("TensorrtExecutionProvider", fast), ("CUDAExecutionProvider", gpu), *wanted]
    return [(name, options) for name, options in wanted if name in there]


class OnnxRunner:
    """One session on one device."""

    def __init__(self, manifest: PackManifest, weights: Path, device: Device, threads: int):
        import onnxruntime

        onnxruntime.set_default_logger_severity(_QUIET)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin between two calls take the cores from the decoders.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # It would plan memory anew for each number of heads, and keep each plan.
        options.enable_mem_pattern = not manifest.is_of_crops
        with _providers_lock:
            chosen = providers(onnxruntime.get_available_providers(), device)
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=chosen)
        is_on_gpu = device.is_gpu and not self._session.get_providers()[0].startswith("CPU")
        self.device = device.name if is_on_gpu else "cpu"
        # On a CPU a batch wins nothing and falls out of the cache: 17 ms a picture of the default heads alone, 21 of 8.
        self.at_once = _GPU_AT_ONCE if is_on_gpu else _CROPS_AT_ONCE if manifest.is_of_crops else 1
        self._wanted = manifest.input
        self._outputs = list(manifest.outputs) or None

    def begin(self, canvases: Sequence[Canvas]) -> Pending:
        batch = batch_of([in_memory(canvas) for canvas in canvases], self._wanted)
        made: Outputs = [
            np.asarray(out, np.float32) for out in self._session.run(self._outputs, {self._wanted.name: batch})
        ]
        return lambda: made
