"""Simulated cameras in rooms of their own, as a child process: what is said to one comes back in its microphone."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.console.footage import film

_START_LIMIT_S = 60.0


class SimulatedRooms:
    """`bk camera simulate --room` while the `with` block lasts. Cameras are numbered from 1."""

    def __init__(self, count: int, folder: Path):
        self._count = count
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._control = httpx.Client(trust_env=False, timeout=10)

    def __enter__(self) -> Self:
        footage = film(self._folder / "kitchen.mp4", b_frames=0)
        words = ["camera", "simulate", "--room", f"--count={self._count}", "--port=0", "--control-port=0"]
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "shared.cli.main", *words, f"--file={footage}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,  # select must see what there is
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self._control.base_url = httpx.URL(self._line(r"control (http://[\d.:]+)/cameras"))
        self._url = self._line(r"ready (rtsp://[\d.:]+)/cam/1 ")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
        self._control.close()

    def url(self, number: int) -> str:
        return f"{self._url}/cam/{number}"

    def turn(self, number: int, **knobs: float) -> None:
        """speaker, microphone: gains, 0 is mute; into: in whose room the loudspeaker sounds."""
        words = "&".join(f"{name}={value:g}" for name, value in knobs.items())
        assert self._control.post(f"/cameras/{number}/room?{words}").status_code == 200

    def packets(self, number: int) -> int:
        """Said to it so far."""
        return int(self._control.get(f"/cameras/{number}").json()["heard"]["packets"])

    def _line(self, pattern: str) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        until_s = time.monotonic() + _START_LIMIT_S
        said = []
        while time.monotonic() < until_s:
            ready, _, _ = select.select([self._process.stdout], [], [], 1.0)
            line = self._process.stdout.readline().decode() if ready else ""
            said.append(line)
            found = re.search(pattern, line)
            if found:
                return found[1]
            if ready and not line:
                break
        raise AssertionError("the simulator says: " + "".join(said))
