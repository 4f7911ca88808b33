"""How soon `bk up` is ready, the first time and later, with four demo cameras; JSON lines. Later: 15 s at most."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench.rows import row, say
from tests.stack import Stack

ROUNDS = 5
DEMO_CAMERAS = 4


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bk-") as folder:
        Path(folder).chmod(0o755)
        # A first start draws what the cameras show, so it must not find what the tests have kept.
        footage = {"BK_SIMULATE_CACHE": str(Path(folder) / "footage")}
        stack = Stack(Path(folder) / "data", demo=DEMO_CAMERAS, env=footage)
        first_s = [stack.start()]
        stack.stop()
        later_s = []
        for _ in range(ROUNDS):
            later_s.append(stack.start())
            stack.stop()
    conditions = {"demo_cameras": DEMO_CAMERAS, "cores": os.cpu_count()}
    rows = [
        row("first_start", first_s, None, "s", is_higher_better=False, conditions=conditions, digits=1),
        row("later_start", later_s, None, "s", is_higher_better=False, conditions=conditions, digits=1),
    ]
    say(rows, {"first_s": first_s, "later_s": later_s}, "start")


if __name__ == "__main__":
    main()
