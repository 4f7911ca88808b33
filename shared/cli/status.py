"""`bk status`: what runs and which cameras are seen, for people and for programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import typer

from shared.cli.data_directory import DataDirectory, Running
from shared.cli.failure import CommandFailed
from shared.cli.gateway_client import GatewayClient
from shared.cli.table import show
from shared.cli.up import readiness

EXIT_NOT_READY = 4


def status(data: Path, *, as_json: bool) -> None:
    """Print it; raises CommandFailed where nothing runs or a service is not ready."""
    directory = DataDirectory(data)
    running = directory.running()
    services = asyncio.run(_services(running))
    cameras = _cameras(directory, running) if _is_ready(services, "gateway") else []
    if as_json:
        typer.echo(json.dumps({"url": running.url, "services": services, "cameras": cameras}, ensure_ascii=False))
    else:
        typer.echo(running.url)
        show(("service", "state", "reason"), [(each["name"], each["state"], each["reason"]) for each in services])
        show(
            ("camera", "name", "state", "picture", "reason"),
            [(each["id"], each["name"], each["state"], _picture(each), each["reason"]) for each in cameras],
        )
    away = [each["name"] for each in services if each["state"] != "ready"]
    if away:
        raise CommandFailed(f"not ready: {', '.join(away)}", exit_code=EXIT_NOT_READY)


async def _services(running: Running) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(timeout=3.0, trust_env=False) as http:
        reasons = await asyncio.gather(*(readiness(http, port) for port in running.services.values()))
    return [
        {"name": name, "state": _service_state(reason), "reason": reason or "", "port": port}
        for (name, port), reason in zip(running.services.items(), reasons, strict=True)
    ]


def _service_state(reason: str | None) -> str:
    if reason is None:
        return "ready"
    return "down" if reason == "no answer" else "not_ready"


def _cameras(directory: DataDirectory, running: Running) -> list[dict[str, Any]]:
    with GatewayClient(running.url) as gateway:
        gateway.log_in(directory.password_path)
        cameras = gateway.cameras()
        gateway.log_out()
    return [_line(camera) for camera in cameras]


def _line(camera: dict[str, Any]) -> dict[str, Any]:
    """A camera as the gateway shows it, with its condition as `state` and the rest beside it."""
    state = camera.get("state") or {}
    return {
        "id": camera["id"],
        "site": camera["site"],
        "name": camera["name"],
        "purpose": camera["purpose"],
        "state": state.get("condition", "unknown"),
        "reason": state.get("reason", ""),
        **{name: value for name, value in state.items() if name not in ("condition", "reason")},
    }


def _is_ready(services: list[dict[str, Any]], name: str) -> bool:
    return any(each["name"] == name and each["state"] == "ready" for each in services)


def _picture(camera: dict[str, Any]) -> str:
    if not camera.get("width"):
        return ""
    rate = f" {camera['frame_rate']:g} fps" if camera.get("frame_rate") else ""
    return f"{camera['width']}x{camera['height']}{rate}"
