"""The demo: simulated cameras on loopback, registered like real ones."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any, Protocol

from shared.cli.data_directory import DataDirectory
from shared.embedded.credentials import write_private
from shared.embedded.ports import HOST
from shared.embedded.process import Process

SITE = {"id": "demo", "name": "示范食堂 Demo canteen", "kind": "school"}
_KITCHENS = (
    ("烹饪间 Cooking", "processing"),
    ("洗切间 Washing and cutting", "hygiene"),
    ("出餐口 Dishes", "dishes"),
    ("食材库 Storage", "storage"),
)
USER = "demo"


class Registry(Protocol):
    """What the demo asks of the gateway."""

    def sites(self) -> list[dict[str, Any]]: ...

    def cameras(self) -> list[dict[str, Any]]: ...

    def add_site(self, site: dict[str, Any]) -> dict[str, Any]: ...

    def add_camera(self, camera: dict[str, Any]) -> dict[str, Any]: ...

    def change_camera(self, camera_id: str, change: dict[str, Any]) -> dict[str, Any]: ...


class Demo:
    """`count` cameras served on `port`.

    Which were registered once is remembered: one that a person removed does not come back, and all are
    told when the simulator had to take another port.
    """

    def __init__(self, data: DataDirectory, port: int, count: int):
        self._path = data.demo_path
        self._footage = data.path / "footage"
        self._port = port
        self._count = count
        told = _read(self._path)
        self._password: str = told.get("password") or secrets.token_urlsafe(12)
        self._registered: dict[str, str] = told.get("cameras", {})
        self._save()

    def process(self, logs: Path, environment: dict[str, str]) -> Process:
        """The simulator, which serves every camera that was ever registered here."""
        count = max(self._count, len(self._registered))
        return Process(
            "simulator",
            [
                sys.executable,
                "-m",
                "shared.cli.main",
                "camera",
                "simulate",
                f"--count={count}",
                f"--host={HOST}",
                f"--port={self._port}",
                f"--user={USER}",
                "--backchannel",
            ],
            logs / "simulator.log",
            # Drawn once and kept with the rest of the installation, unless the person says where.
            env={"BK_SIMULATE_CACHE": str(self._footage)} | environment | {"BK_SIMULATE_PASSWORD": self._password},
        )

    def register(self, gateway: Registry) -> None:
        """Bring the registry to what is served. Safe to repeat."""
        known = {camera["id"]: camera for camera in gateway.cameras()}
        if self._count and SITE["id"] not in {site["id"] for site in gateway.sites()}:
            gateway.add_site(SITE)
        for number in range(1, max(self._count, len(self._registered)) + 1):
            camera = self._camera(number)
            camera_id, url = camera["id"], camera["main"]["url"]
            if camera_id in self._registered:
                # One that an earlier version registered is not known to repeat.
                is_old = camera_id in known and not known[camera_id].get("analysis", {}).get("may_repeat")
                if camera_id in known and (self._registered[camera_id] != url or is_old):
                    gateway.change_camera(camera_id, {name: camera[name] for name in ("main", "sub", "analysis")})
            elif camera_id not in known:
                gateway.add_camera(camera)
            self._registered[camera_id] = url
            self._save()

    def _camera(self, number: int) -> dict[str, Any]:
        name, purpose = _KITCHENS[(number - 1) % len(_KITCHENS)]
        round_number = (number - 1) // len(_KITCHENS)
        return {
            "id": f"demo-{number}",
            "site": SITE["id"],
            "name": name if round_number == 0 else f"{name} {round_number + 1}",
            "purpose": purpose,
            "main": {"url": f"rtsp://{HOST}:{self._port}/camera-{number}/main", "transport": "auto"},
            "sub": {"url": f"rtsp://{HOST}:{self._port}/camera-{number}/sub", "transport": "auto"},
            "username": USER,
            # The demo shows the same minutes again and again, which a real camera never does.
            "analysis": {"may_repeat": True},
            "password": self._password,
        }

    def _save(self) -> None:
        told = {"password": self._password, "cameras": self._registered}
        write_private(self._path, json.dumps(told, indent=2) + "\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}
