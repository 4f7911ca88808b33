"""Who draws the demo's footage does not outlive the simulator that wanted it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from shared.embedded.ports import free_port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_who_is_stopped_while_it_draws_leaves_nobody_drawing(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-m", "shared.cli.main", "camera", "simulate", "--count=2"]
    words += [f"--port={free_port()}", f"--cache={tmp_path / 'footage'}"]
    simulator = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("footage/*")):  # somebody draws
            assert simulator.poll() is None
            assert time.monotonic() < deadline, "nothing is drawn"
            time.sleep(0.05)
        helpers = psutil.Process(simulator.pid).children(recursive=True)
        assert len(helpers) >= 2
    finally:
        simulator.send_signal(number)
        simulator.wait(20)
    _, alive = psutil.wait_procs(helpers, timeout=10)
    assert alive == []
