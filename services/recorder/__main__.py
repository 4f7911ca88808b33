"""Runs the recorder until SIGTERM."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.recorder.settings import Settings
    from services.recorder.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("recorder", Settings, wire)
