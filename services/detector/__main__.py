"""Runs the detector until SIGTERM."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.detector.settings import Settings
    from services.detector.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("detector", Settings, wire)
