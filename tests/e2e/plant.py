"""A bus and ingest workers as real processes, without the rest of the product."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process, answers
from shared.sealing import new_key
from shared.subjects import SERVICES

PASSWORDS = {name: f"{name}-test" for name in SERVICES}


class Plant:
    """A bus, and workers as they are added."""

    def __init__(self, folder: Path):
        (folder / "logs").mkdir()
        self._folder = folder
        self._key = new_key()
        self.nats = EmbeddedNats(folder, Ports(folder / "ports.json"), PASSWORDS, store_bytes_max=4 * 1024**3)
        self.workers: dict[str, Process] = {}

    async def add_worker(self, name: str) -> None:
        port = free_port()
        told = {
            "BK_NATS_URL": self.nats.url,
            "BK_NATS_USER": "ingest",
            "BK_NATS_PASSWORD": PASSWORDS["ingest"],
            "BK_HTTP_PORT": str(port),
            "BK_SECRET_KEY": self._key,
            "BK_ALLOW_LOOPBACK_CAMERAS": "true",
            "BK_WORKER_ID": name,
            "BK_MEDIA_MAX_BYTES": str(256 * 1024**2),
        }
        process = Process(
            name, [sys.executable, "-m", "services.ingest"], self._folder / f"{name}.log", env=os.environ | told
        )
        await process.start()
        await process.until_ready(lambda: answers(HOST, port), 30.0)
        self.workers[name] = process

    async def stop(self) -> None:
        for process in self.workers.values():
            await process.stop(8.0)
        await self.nats.stop()
