"""Runs the intercom until SIGTERM."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.intercom.settings import Settings
    from services.intercom.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("intercom", Settings, wire)
