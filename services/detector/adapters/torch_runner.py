"""torch: half precision, channels last and one recorded graph on a GPU; as it is on a CPU.

On a GPU nothing is waited for until the answer is wanted. Pictures that lie in memory go to it from pinned memory on a
stream of their own, while the one before is computed; answers come back the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from services.detector.adapters.cuda_graphs import Recorded
from services.detector.adapters.devices import Device
from services.detector.loaded_pack import DeviceLost, Outputs, Pending
from services.detector.pack_manifest import PackInput, PackManifest
from services.detector.picture import Canvas
from shared.telemetry import log

_GPU_AT_ONCE = 64
# More than that is not the rounding of half precision, which was 0.02 at most in our networks. Of all numbers
# of an output together: the worst single one of ten thousands is another at each start.
_HALF_ERROR_MAX = 0.05

Asked = Callable[[torch.Tensor], list[torch.Tensor]]


class TorchRunner:
    """One module on one device.

    Args:
        takes_list: it is given a list of pictures, and answers with a dictionary for each (torchvision's detectors).
        half: None: where the device is a GPU and the answers stay the same.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        manifest: PackManifest,
        device: Device,
        *,
        takes_list: bool = False,
        half: bool | None = None,
    ):
        self.device = device.name
        self.at_once = _GPU_AT_ONCE
        self._wanted = manifest.input
        self._takes_list = takes_list
        self._is_gpu = device.is_gpu
        self._kind = torch.float32
        self._lock = threading.Lock()
        self._place = torch.device(device.name)
        with _lost_is_told():
            self._module = module.to(self._place)
            if self._is_gpu and manifest.input.layout == "NCHW":
                self._module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            may_be_half = manifest.input.dtype == "float32" and not takes_list
            if may_be_half and (half or (half is None and self._is_gpu and self._stays_the_same_in_half())):
                self._module, self._kind = self._module.half(), torch.float16
            self._ask: Asked = self._eagerly
            if self._is_gpu:
                self._computing, self._copying = (torch.cuda.Stream(self._place) for _ in range(2))  # type: ignore[no-untyped-call]
                if not takes_list:
                    self._ask = Recorded(self._eagerly, self._computing, manifest.id)

    @property
    def is_half(self) -> bool:
        return self._kind == torch.float16

    def begin(self, canvases: Sequence[Canvas]) -> Pending:
        if not self._is_gpu:
            with torch.inference_mode():
                made = self._ask(self._stacked(canvases))
            return lambda: [_array(one) for one in made]
        with self._lock, _lost_is_told(), torch.inference_mode():
            return self._begun(canvases)

    def _begun(self, canvases: Sequence[Canvas]) -> Pending:
        """Raises DeviceLost, as the answer does."""
        # Canvases of pictures that the device decoded were made on the stream that is everybody's.
        for stream in (self._copying, self._computing):
            stream.wait_stream(torch.cuda.default_stream(self._place))
        for canvas in canvases:
            if isinstance(canvas, torch.Tensor):
                canvas.record_stream(self._copying)
        with torch.cuda.stream(self._copying):
            batch = self._stacked(canvases)
        self._computing.wait_stream(self._copying)
        batch.record_stream(self._computing)
        with torch.cuda.stream(self._computing):
            made = [one.float() for one in self._ask(batch)]
            held = [torch.empty(one.shape, dtype=one.dtype, pin_memory=True) for one in made]
            for here, there in zip(held, made, strict=True):
                here.copy_(there, non_blocking=True)
            # Waited for asleep: the thread that wants the answer would take a core to turn round in.
            done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record(self._computing)

        def answer() -> Outputs:
            with _lost_is_told():
                done.synchronize()
            return [_array(one) for one in held]

        return answer

    def _stacked(self, canvases: Sequence[Canvas]) -> torch.Tensor:
        """(n, h, w, 3) uint8 on the device, from wherever they are; those in memory in one transfer."""
        in_memory = [one for one in canvases if isinstance(one, np.ndarray)]
        sent: Iterator[torch.Tensor] = iter(())
        if in_memory:
            packed = torch.empty((len(in_memory), *in_memory[0].shape), dtype=torch.uint8, pin_memory=self._is_gpu)
            np.stack(in_memory, out=packed.numpy())
            there = packed.to(self._place, non_blocking=self._is_gpu)
            if len(in_memory) == len(canvases):
                return there
            sent = iter(there)
        return torch.stack([next(sent) if isinstance(one, np.ndarray) else one.to(self._place) for one in canvases])

    def _eagerly(self, batch: torch.Tensor) -> list[torch.Tensor]:
        given = normalised(batch, self._wanted, self._kind)
        if self._is_gpu and self._wanted.layout == "NCHW":
            given = given.contiguous(memory_format=torch.channels_last)
        return _flat(self._module(list(given) if self._takes_list else given))

    def _stays_the_same_in_half(self) -> bool:
        """Asked about the same noise in both, at every start; afterwards it is as it was."""
        width, height = self._wanted.size_for(16 / 9)
        dice = torch.Generator().manual_seed(1)
        noise = torch.randint(0, 255, (2, height, width, 3), dtype=torch.uint8, generator=dice).to(self._place)
        weights = {name: one.clone() for name, one in self._module.state_dict().items()}
        with torch.inference_mode():
            whole = [one.float() for one in _flat(self._module(normalised(noise, self._wanted, torch.float32)))]
            try:
                halved = _flat(self._module.half()(normalised(noise, self._wanted, torch.float16)))
                apart = max(_apart(one, other.float()) for one, other in zip(whole, halved, strict=True))
            except torch.AcceleratorError:
                raise
            except (RuntimeError, TypeError) as error:  # it insists on whole precision somewhere inside
                apart = float("inf")
                log().info("a model cannot run in half precision", detail=str(error)[:200])
        self._module.float().load_state_dict(weights)
        if apart > _HALF_ERROR_MAX:
            log().warning("half precision changes this model; it runs in whole", differs=apart)
        return apart <= _HALF_ERROR_MAX


def normalised(batch: torch.Tensor, wanted: PackInput, kind: torch.dtype) -> torch.Tensor:
    """(n, h, w, 3) RGB levels -> what `batch_of` makes of them in memory, on the batch's device."""
    if wanted.colour == "BGR":
        batch = batch.flip(-1)
    if wanted.dtype == "uint8":
        return batch.permute(0, 3, 1, 2).contiguous() if wanted.layout == "NCHW" else batch
    numbers = batch.to(torch.float32)
    if wanted.scale != 1.0:
        numbers = numbers * wanted.scale
    if any(wanted.mean):
        numbers = torch.stack([one - mean for one, mean in zip(numbers.unbind(-1), wanted.mean, strict=True)], -1)
    if any(one != 1.0 for one in wanted.std):
        numbers = torch.stack([one / std for one, std in zip(numbers.unbind(-1), wanted.std, strict=True)], -1)
    numbers = numbers.permute(0, 3, 1, 2).contiguous() if wanted.layout == "NCHW" else numbers
    return numbers.to(kind)


@contextmanager
def _lost_is_told() -> Iterator[None]:
    """A device that failed answers nothing more in this process, whoever asks."""
    try:
        yield
    except torch.AcceleratorError as error:
        raise DeviceLost(f"the device failed: {error}") from error


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """The length of the difference as a share of the length of `one`."""
    if not torch.isfinite(other).all():
        return float("inf")
    return float((one - other).norm() / one.norm().clamp(min=1e-6))


def _array(one: torch.Tensor) -> Any:
    return np.asarray(one.float().cpu().numpy(), np.float32)


def _flat(made: Any) -> list[torch.Tensor]:
    """Tensors in order; a torchvision detection gives a dictionary a picture."""
    if isinstance(made, dict):
        return [made["boxes"], made["labels"], made["scores"]] if "boxes" in made else list(made.values())
    if isinstance(made, list | tuple):
        return [tensor for one in made for tensor in _flat(one)]
    return [made]
