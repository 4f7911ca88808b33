"""Runs alerting until SIGTERM."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.alerting.settings import Settings
    from services.alerting.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("alerting", Settings, wire)
