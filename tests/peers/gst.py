"""Starts tests/peers/gst_camera.py as a child and does to it what happens to cameras."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

SYSTEM_PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).with_name("gst_camera.py")
_START_LIMIT_S = 20.0


class GstCamera:
    """A GStreamer camera while the `with` block lasts. Options are those of the script: `GstCamera(codec="h265",
    audio="aac", user="admin", password="secret", only="udp", port=8554)`; True stands for a bare flag."""

    def __init__(self, **options: str | int | bool):
        self._arguments: list[str] = []
        for name, value in options.items():
            self._arguments.append("--" + name.replace("_", "-"))
            if value is not True:
                self._arguments.append(str(value))
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    def start(self) -> None:
        """Start, and wait until it listens; after `kill` on the port it had before."""
        arguments = list(self._arguments)
        if self.url and "--port" not in arguments:
            arguments += ["--port", str(self.port)]
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(_SCRIPT), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GST_DEBUG": "0"},
        )
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], _START_LIMIT_S)
        line = stdout.readline() if ready else b""
        if not line:
            self.kill()
            raise RuntimeError("the GStreamer camera did not start")
        self.url = json.loads(line)["url"]

    def freeze(self) -> None:
        """A camera that hangs: its connections stand, and nothing comes."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Power off."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
