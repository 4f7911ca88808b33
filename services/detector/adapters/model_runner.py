"""Loads a pack's weights onto a device and proves that they run: onnxruntime for ONNX on a CPU, torch for the rest.

onnxruntime is faster than eager torch on a CPU. On a GPU an ONNX network is run by torch where torch can take it over,
in half precision and as one graph, on pictures that never left the device; where not, by onnxruntime's CUDA or
TensorRT if they are installed, and else by the CPU.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from services.detector.adapters.devices import CPU, Device
from services.detector.adapters.onnx_runner import OnnxRunner
from services.detector.loaded_pack import DeviceLost, LoadedPack, Runner
from services.detector.model_outputs import DECODERS
from services.detector.pack_manifest import PackManifest
from shared.errors import PeerError
from shared.telemetry import log

# Pictures in the run that proves a pack, and heads: as many as come at once, so that memory does not grow later.
_TRIED, _TRIED_HEADS = 2, 8
THE_CPU = Device(CPU, CPU)


class PackBroken(PeerError):
    """Its weights cannot be loaded or run; the message says which and why."""


def load_pack(manifest: PackManifest, weights: Path, threads: int, device: Device = THE_CPU) -> LoadedPack:
    """Loaded and run once on grey pictures. Takes seconds: call it off the event loop.

    Args:
        threads: of one call on a CPU, 0 = as many as there are cores.

    Raises:
        PackBroken: whatever is wrong with it.
        DeviceLost: the device, not the pack, is at fault.
    """
    try:
        runner = _runner(manifest, weights, threads, device)
        width, height = manifest.input.size_for(16 / 9)
        tried = _TRIED_HEADS if manifest.is_of_crops else _TRIED
        outputs = runner.begin([np.full((height, width, 3), 114, np.uint8)] * tried)()
        if manifest.is_of_crops:
            wanted = (tried, len(manifest.classes))
            if outputs[0].reshape(tried, -1).shape != wanted:
                raise PackBroken(f"{manifest.id}: output {outputs[0].shape} where {wanted} was expected")
        else:
            DECODERS[manifest.decoder](outputs, manifest, (width, height))
    except (PackBroken, DeviceLost):
        raise
    except Exception as error:  # a stranger's weights may fail in any way, and must not end the worker
        raise PackBroken(f"{manifest.id}: {type(error).__name__}: {str(error).strip()[:300]}") from error
    return LoadedPack(manifest, manifest.weights.sha256, runner)


def _runner(manifest: PackManifest, weights: Path, threads: int, device: Device) -> Runner:
    if manifest.weights.format != "onnx":
        return _torch_runner(manifest, weights, threads, device)
    if device.is_gpu and (runner := _onnx_by_torch(manifest, weights, device)) is not None:
        return runner
    onnx = OnnxRunner(manifest, weights, device, threads)
    if onnx.device != device.name:
        log().warning("a model runs on the CPU although there is a GPU", pack=manifest.id)
    return onnx


def _onnx_by_torch(manifest: PackManifest, weights: Path, device: Device) -> Runner | None:
    from services.detector.adapters.onnx_as_torch import OnnxModule
    from services.detector.adapters.onnx_operators import NotConvertible
    from services.detector.adapters.torch_runner import TorchRunner

    try:
        return TorchRunner(OnnxModule(weights, manifest.input.name, manifest.outputs).eval(), manifest, device)
    except NotConvertible as error:
        log().info("torch does not take this model over", pack=manifest.id, detail=str(error))
        return None


def _torch_runner(manifest: PackManifest, weights: Path, threads: int, device: Device) -> Runner:
    import torch

    from services.detector.adapters.torch_runner import TorchRunner

    if threads:
        torch.set_num_threads(threads)
    kind = manifest.weights.format
    if kind == "torchscript":
        # Written for `torch.jit.load`: it holds code, and is only loaded after its digest was found right.
        scripted = torch.jit.load(str(weights), map_location="cpu").eval()  # type: ignore[no-untyped-call]
        return TorchRunner(scripted, manifest, device)
    if kind == "torch_export":
        return TorchRunner(torch.export.load(str(weights)).module(), manifest, device)
    from services.detector.adapters.torchvision_import import import_torchvision

    detection = import_torchvision().models.detection
    build = getattr(detection, manifest.weights.architecture or "", None)
    if build is None or (manifest.weights.architecture or "").startswith("_"):
        raise PackBroken(f"{manifest.id}: torchvision has no detection architecture {manifest.weights.architecture!r}")
    # One class more: torchvision counts the background.
    model = build(weights=None, weights_backbone=None, num_classes=len(manifest.classes) + 1)
    model.load_state_dict(torch.load(str(weights), map_location="cpu", weights_only=True))
    return TorchRunner(model.eval(), manifest, device, takes_list=True)
