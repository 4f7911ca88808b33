"""Simulated cameras with loudspeakers as a process of their own, and what they heard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.intercom.g711 import decoded
from shared.embedded.ports import HOST, free_port
from tests.stack import FOOTAGE

USER, PASSWORD = "admin", "of the simulated"
_START_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class SimFleet:
    """`folder`: where what was said is kept."""

    port: int
    control: int
    folder: Path
    pid: int

    def url(self, number: int) -> str:
        return f"rtsp://{HOST}:{self.port}/cam/{number}"

    def told(self) -> dict[int, dict[str, Any]]:
        """What each of them says of itself."""
        with urllib.request.urlopen(f"http://{HOST}:{self.control}/cameras", timeout=10) as answer:
            return {camera["number"]: camera for camera in json.load(answer)}

    def speeches(self, number: int) -> list[dict[str, Any]]:
        return list(self.told()[number]["speeches"])

    def heard(self, number: int) -> NDArray[np.int16]:
        """All that was ever said to it."""
        file = self.folder / f"camera-{number}.ulaw"
        return decoded(file.read_bytes() if file.exists() else b"", "pcmu")


@contextmanager
def sim_fleet(folder: Path, count: int, *more: str) -> Iterator[SimFleet]:
    port, control = free_port(), free_port()
    words = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", f"--count={count}", f"--port={port}"]
    words += [f"--control-port={control}", f"--user={USER}", f"--heard={folder}", "--backchannel", *more]
    told = {"BK_SIMULATE_CACHE": str(FOOTAGE)} | os.environ | {"BK_SIMULATE_PASSWORD": PASSWORD}
    with (folder / "simulator.log").open("wb") as log:
        child = subprocess.Popen(words, stdout=log, stderr=log, env=told)
    try:
        _wait_until_it_listens(control, child, folder / "simulator.log")
        yield SimFleet(port, control, folder, child.pid)
    finally:
        child.terminate()
        child.wait(10)


@contextmanager
def frozen_camera() -> Iterator[str]:
    """It accepts connections and never answers: a camera whose program hangs."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen(64)
        yield f"rtsp://{HOST}:{listening.getsockname()[1]}/main"


def _wait_until_it_listens(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    began = time.monotonic()
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            late = time.monotonic() - began > _START_LIMIT_S
            assert child.poll() is None and not late, log.read_text()  # noqa: PT018 - one story
            time.sleep(0.1)
