"""A real nats-server with the generated permissions: started, killed and started again on its port and store."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sysconfig
import time
from pathlib import Path

from shared.bus.permissions import OPS, nats_authorization
from shared.subjects import SERVICES

PASSWORDS = {name: f"{name}-secret" for name in (*SERVICES, OPS)}


class NatsServer:
    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._config = folder / "nats.conf"
        self._config.write_text(
            f'listen: "127.0.0.1:{self.port}"\nmax_payload: 8388608\n'
            f'jetstream {{ store_dir: "{folder}/js" }}\n{nats_authorization(PASSWORDS)}'
        )
        self._log_path = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = Path(sysconfig.get_path("scripts")) / "nats-server"
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen([binary, "-c", self._config], stdout=log, stderr=log)
        for _ in range(500):
            with socket.socket() as probe:
                probe.settimeout(0.05)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"nats-server does not start: {self._log_path.read_text()}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(10)

    def signal(self, number: int) -> None:
        """SIGSTOP: it hangs without closing anything. SIGCONT: it goes on."""
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGSTOP:
            # Without this it may answer once more.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
