"""All three servers of one machine: started at once, stopped last, watched in between."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.process import ServerFailed
from shared.embedded.s3 import BUCKET, EmbeddedS3

# What of the disk's free room video on the bus may take.
_MEDIA_SHARE = 0.4
_MEDIA_BYTES_MAX = 32 * 1024**3
_MEDIA_BYTES_MIN = 64 * 1024**2


class Servers:
    """NATS, PostgreSQL and S3 on the data of one folder.

    `services` names who gets a bus user and a database role. `on_ready(name, seconds)` tells of progress.
    """

    def __init__(
        self,
        data: Path,
        ports: Ports,
        credentials: Credentials,
        services: Sequence[str],
        *,
        keep_fds: Sequence[int] = (),
    ):
        room = shutil.disk_usage(data).free + _size_bytes(data / "nats")
        self.media_bytes_max = max(_MEDIA_BYTES_MIN, min(_MEDIA_BYTES_MAX, int(room * _MEDIA_SHARE)))
        self._credentials = credentials
        self.nats = EmbeddedNats(
            data,
            ports,
            {name: credentials.bus[name] for name in services},
            keep_fds=keep_fds,
        )
        self.postgres = EmbeddedPostgres(
            data,
            ports,
            credentials.postgres,
            {name: credentials.database[name] for name in services},
            keep_fds=keep_fds,
        )
        self.s3 = EmbeddedS3(data, ports, credentials, keep_fds=keep_fds)

    async def start(self, on_ready: Callable[[str, float], None]) -> None:
        """Start all three at once; raises ServerFailed for the first that does not."""
        began = asyncio.get_running_loop().time()

        async def start_one(server: EmbeddedNats | EmbeddedPostgres | EmbeddedS3) -> None:
            await server.start()
            on_ready(server.process.name, asyncio.get_running_loop().time() - began)

        async with asyncio.TaskGroup() as group:
            for server in (self.nats, self.postgres, self.s3):
                group.create_task(start_one(server))

    async def until_one_ends(self) -> ServerFailed:
        """What to say when one of them has ended by itself."""
        processes = [server.process for server in (self.nats, self.postgres, self.s3)]
        waits = {asyncio.create_task(process.wait()): process for process in processes}
        try:
            ended, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        process = waits[ended.pop()]
        return ServerFailed(f"{process.name} ended with code {process.exit_code}: {process.last_line()}")

    async def stop(self) -> None:
        await asyncio.gather(self.nats.stop(), self.postgres.stop(), self.s3.stop())

    def bus_environment(self, service: str) -> dict[str, str]:
        return {
            "BK_NATS_URL": self.nats.url,
            "BK_NATS_USER": service,
            "BK_NATS_PASSWORD": self._credentials.bus[service],
        }

    def database_environment(self, service: str) -> dict[str, str]:
        return {"BK_DATABASE_URL": self.postgres.url(service)}

    def object_environment(self) -> dict[str, str]:
        return {
            "BK_S3_ENDPOINT": self.s3.endpoint,
            "BK_S3_ACCESS_KEY": self._credentials.s3_access_key,
            "BK_S3_SECRET_KEY": self._credentials.s3_secret_key,
            "BK_S3_BUCKET": BUCKET,
            "BK_S3_SECURE": "false",
        }

    def evidence_environment(self) -> dict[str, str]:
        return {"BK_EVIDENCE_KEY": self._credentials.evidence_key}

    def sealing_environment(self) -> dict[str, str]:
        return {"BK_SECRET_KEY": self._credentials.secret_key}


def _size_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                continue  # deleted while we looked
    return total
