"""The devices that models run on: every GPU that torch sees, or the CPU where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.errors import BrightKitchenError
from shared.telemetry import log

AUTO = "auto"
CPU = "cpu"
# The kernel's door to NVIDIA's devices: without it torch, which takes seconds to import, need not be asked.
_DOOR = Path("/dev/nvidiactl")


class NoSuchDevice(BrightKitchenError):
    """A device was named that is not here; the message says which are."""


@dataclass(frozen=True, slots=True)
class Device:
    """Attributes: name: as torch calls it; title: as people do; memory_bytes: what is free on it, 0 for a CPU."""

    name: str
    title: str
    memory_bytes: int = 0

    @property
    def is_gpu(self) -> bool:
        return self.name.startswith("cuda")

    @property
    def number(self) -> int:
        return int(self.name.partition(":")[2] or 0)


def devices(wish: str = AUTO) -> tuple[Device, ...]:
    """Args: wish: "auto": all GPUs, or the CPU; else names separated by commas, such as "cuda:1" or "cpu".

    Raises:
        NoSuchDevice: what was named is not here.
    """
    names = [name.strip().lower() for name in wish.split(",") if name.strip()]
    if names == [AUTO] or not names:
        return _gpus() or (Device(CPU, CPU),)
    there = {device.name: device for device in (*(_gpus() if names != [CPU] else ()), Device(CPU, CPU))}
    missing = [name for name in names if name not in there]
    if missing:
        raise NoSuchDevice(f"BK_DEVICES: {', '.join(missing)} is not here; there are {', '.join(there)}")
    return tuple(there[name] for name in dict.fromkeys(names))


def _gpus() -> tuple[Device, ...]:
    if not _DOOR.exists():
        return ()
    import torch

    if not torch.cuda.is_available():
        log().warning("there is a GPU that torch cannot use; the CPU is used", torch=torch.__version__)
        return ()
    return tuple(
        Device(f"cuda:{number}", torch.cuda.get_device_name(number), torch.cuda.mem_get_info(number)[0])
        for number in range(torch.cuda.device_count())
    )
