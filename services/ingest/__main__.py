"""Runs ingest until SIGTERM."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.ingest.settings import Settings
    from services.ingest.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("ingest", Settings, wire)
