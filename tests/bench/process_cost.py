"""CPU time and memory of processes as the kernel accounts them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one or more processes since they started. `cpu_s` is user and system time."""

    at_s: float
    cpu_s: float

    def percent_since(self, before: Cost) -> float:
        """Of one core, over the time between the two."""
        return 100 * (self.cpu_s - before.cpu_s) / (self.at_s - before.at_s)


def cost_of(pids: Sequence[int]) -> Cost:
    """All threads of all of them, counted to the nanosecond where the kernel does (schedstat), else in ticks."""
    return Cost(time.monotonic(), sum(_cpu_s(pid) for pid in pids))


def _cpu_s(pid: int) -> float:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        running_ns = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
        return running_ns / 1e9
    except FileNotFoundError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def resident_mb(pid: int) -> float:
    """Resident memory, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6


def private_mb(pid: int) -> float:
    """What would be freed if it ended."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1024
