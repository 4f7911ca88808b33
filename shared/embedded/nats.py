"""nats-server with JetStream on loopback: one user a service, permissions generated from the subjects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.bus.permissions import nats_authorization
from shared.embedded.credentials import write_private
from shared.embedded.ports import HOST, Ports
from shared.embedded.process import Process, answers, program

START_LIMIT_S = 15.0
STOP_LIMIT_S = 10.0
# A fragment of one second at 40 Mbit/s is 5 MB; the server's default of 1 MB would refuse it.
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
MAX_PENDING_BYTES = 64 * 1024 * 1024
# JetStream counts what streams may hold, not what they do, and a stream that is being changed twice: a limit near
# the disk's size would refuse the change. Each stream has its own limit, and that of video is made from the disk.
STORE_BYTES_MAX = 1024**4


class EmbeddedNats:
    """The bus of one machine."""

    def __init__(
        self,
        data: Path,
        ports: Ports,
        passwords: Mapping[str, str],
        *,
        store_bytes_max: int = STORE_BYTES_MAX,
        keep_fds: Sequence[int] = (),
    ):
        self._folder = data / "nats"
        self._config_path = self._folder / "nats.conf"
        self._port = ports.of("nats")
        self._passwords = dict(passwords)
        self._store_bytes_max = store_bytes_max
        self.process = Process(
            "nats",
            [program("nats-server"), "--config", self._config_path],
            data / "logs" / "nats.log",
            keep_fds=keep_fds,
        )

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self._port}"

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._config_path, self._config())
        await self.process.start()
        await self.process.until_ready(lambda: answers(HOST, self._port), START_LIMIT_S)

    async def stop(self) -> bool:
        return await self.process.stop(STOP_LIMIT_S)

    def _config(self) -> str:
        return f"""server_name: bright-kitchen
listen: {json.dumps(f"{HOST}:{self._port}")}
max_payload: {MAX_PAYLOAD_BYTES}
max_pending: {MAX_PENDING_BYTES}
jetstream {{
  store_dir: {json.dumps(str(self._folder))}
  max_file_store: {self._store_bytes_max}
}}
{nats_authorization(self._passwords)}
"""
