"""Runs the gateway: `python -m services.gateway`."""

from __future__ import annotations

from shared.importing import uncollected

with uncollected():
    from services.gateway.settings import GatewaySettings
    from services.gateway.wiring import wire
    from shared.service import run

if __name__ == "__main__":
    run("gateway", GatewaySettings, wire)
