"""Runs a pack's weights: onnxruntime for ONNX, torch for the rest; on the GPU where there is one.

onnxruntime was chosen for ONNX because it is faster than eager torch on a CPU and takes CUDA and TensorRT by name;
torch runs what torch exported.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.detector.model_set import LoadedPack, Runner, batch_of
from services.detector.pack_manifest import PackManifest
from shared.errors import PeerError

_QUIET = 3  # onnxruntime: errors only
_TRIED = 2  # pictures in the run that proves a pack
_providers_lock = threading.Lock()


class PackBroken(PeerError):
    """Its weights cannot be loaded or run; the message says which and why."""


def load_pack(manifest: PackManifest, weights: Path, threads: int) -> LoadedPack:
    """Loaded and run once on grey pictures. Takes seconds: call it off the event loop.

    Args:
        threads: of one call on a CPU, 0 = as many as there are cores.

    Raises:
        PackBroken: whatever is wrong with it.
    """
    make: Callable[[PackManifest, Path, int], Runner] = (
        OnnxRunner if manifest.weights.format == "onnx" else _torch_runner
    )
    try:
        runner = make(manifest, weights, threads)
        width, height = manifest.input.size_for(16 / 9)
        grey = np.full((height, width, 3), 114, np.uint8)
        outputs = runner.run(batch_of([grey] * _TRIED, manifest.input))
        if manifest.task in ("head_attributes", "uniform"):
            wanted = (_TRIED, len(manifest.classes))
            if outputs[0].reshape(_TRIED, -1).shape != wanted:
                raise PackBroken(f"{manifest.id}: output {outputs[0].shape} where {wanted} was expected")
        else:
            from services.detector.model_outputs import DECODERS

            DECODERS[manifest.decoder](outputs, manifest, (width, height))
    except PackBroken:
        raise
    except Exception as error:  # a stranger's weights may fail in any way, and must not end the worker
        raise PackBroken(f"{manifest.id}: {type(error).__name__}: {str(error).strip()[:300]}") from error
    return LoadedPack(manifest, manifest.weights.sha256, runner)


class OnnxRunner:
    """One onnxruntime session."""

    def __init__(self, manifest: PackManifest, weights: Path, threads: int):
        import onnxruntime

        onnxruntime.set_default_logger_severity(_QUIET)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin between two calls take the cores from the decoders.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        with _providers_lock:
            there = onnxruntime.get_available_providers()
        wanted = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in there]
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=wanted)
        self.device = "cuda" if self._session.get_providers()[0].startswith("CUDA") else "cpu"
        self._input = manifest.input.name
        self._outputs = list(manifest.outputs) or None

    def run(self, batch: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        return [np.asarray(out, np.float32) for out in self._session.run(self._outputs, {self._input: batch})]


class TorchRunner:
    """A torch module: half precision and channels last on a GPU, as it is on a CPU."""

    def __init__(self, module: Any, manifest: PackManifest, *, takes_list: bool):
        import torch

        self._torch = torch
        self._is_cuda = torch.cuda.is_available()
        self.device = "cuda" if self._is_cuda else "cpu"
        self._takes_list = takes_list
        self._half = self._is_cuda and manifest.input.dtype == "float32" and not takes_list
        module = module.to(self.device)
        if self._half:
            module = module.half()
        if self._is_cuda and manifest.input.layout == "NCHW":
            module = module.to(memory_format=torch.channels_last)
        self._module = module

    def run(self, batch: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        torch = self._torch
        with torch.inference_mode():
            given = torch.from_numpy(np.ascontiguousarray(batch))
            if self._is_cuda:
                given = given.pin_memory().to(self.device, non_blocking=True)
            if self._half:
                given = given.half()
            made = self._module(list(given) if self._takes_list else given)
            return [np.asarray(one.float().cpu().numpy(), np.float32) for one in _flat(made)]


def _torch_runner(manifest: PackManifest, weights: Path, threads: int) -> Runner:
    import torch

    if threads:
        torch.set_num_threads(threads)
    kind = manifest.weights.format
    if kind == "torchscript":
        # Written for `torch.jit.load`: it holds code, and is only loaded after its digest was found right.
        return TorchRunner(
            torch.jit.load(str(weights), map_location="cpu").eval(),  # type: ignore[no-untyped-call]
            manifest,
            takes_list=False,
        )
    if kind == "torch_export":
        return TorchRunner(torch.export.load(str(weights)).module(), manifest, takes_list=False)
    from services.detector.adapters.torchvision_import import import_torchvision

    detection = import_torchvision().models.detection
    build = getattr(detection, manifest.weights.architecture or "", None)
    if build is None or (manifest.weights.architecture or "").startswith("_"):
        raise PackBroken(f"{manifest.id}: torchvision has no detection architecture {manifest.weights.architecture!r}")
    # One class more: torchvision counts the background.
    model = build(weights=None, weights_backbone=None, num_classes=len(manifest.classes) + 1)
    model.load_state_dict(torch.load(str(weights), map_location="cpu", weights_only=True))
    return TorchRunner(model.eval(), manifest, takes_list=True)


def _flat(made: Any) -> list[Any]:
    """Tensors in order; a torchvision detection gives a dictionary a picture."""
    if isinstance(made, dict):
        return [made["boxes"], made["labels"], made["scores"]] if "boxes" in made else list(made.values())
    if isinstance(made, list | tuple):
        return [tensor for one in made for tensor in _flat(one)]
    return [made]


def device_name() -> str:
    """The device that models run on here. torch is asked only where there is a GPU: importing it takes seconds."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return "cuda"
    if not Path("/dev/nvidiactl").exists():
        return "cpu"
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"
