"""The folder that holds everything of one installation, and the lock that keeps two from sharing it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.cli.failure import CommandFailed
from shared.embedded.credentials import write_private

FREE_BYTES_MIN = 1024**3
# How long the servers of a killed launcher may take to end: SeaweedFS needs longest.
ORPHANS_LIMIT_S = 20.0
EXIT_NOT_RUNNING = 3


@dataclass(frozen=True, slots=True)
class Running:
    """What `bk up` leaves for `bk status`: where it listens. `services` maps a name to its health port."""

    url: str
    services: dict[str, int]


class DataDirectory:
    """DATA of `bk up`: ports, credentials, logs and one folder a server."""

    def __init__(self, path: Path):
        self.path = path.expanduser().absolute()
        self.ports_path = self.path / "ports.json"
        self.credentials_path = self.path / "secrets.json"
        self.password_path = self.path / "admin-password"
        self.demo_path = self.path / "demo.json"
        self.logs = self.path / "logs"
        self._lock_path = self.path / "lock"
        self._running_path = self.path / "running.json"
        self._servers_lock_path = self.path / "servers.lock"
        self._locks: list[int] = []

    def create(self) -> None:
        """Make it where it is missing; raise CommandFailed where it cannot be used."""
        try:
            # Others may pass through (PostgreSQL runs as another user under root), not look.
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            free_bytes = shutil.disk_usage(self.path).free
        except OSError as error:
            raise CommandFailed(f"cannot use {self.path} ({error.strerror}): choose another --data") from error
        if free_bytes < FREE_BYTES_MIN:
            raise CommandFailed(
                f"only {free_bytes // 1024**2} MB free on the disk of {self.path}: free 1 GB or choose another --data"
            )

    def lock(self) -> int:
        """Take both locks; return the file descriptor of the one that the servers inherit.

        The first is the launcher's alone: held means "already running". The second lives as long as any
        server: those that outlive a killed launcher for a moment are waited for, so that no two ever open
        the same data.
        """
        own = _open_lock(self._lock_path)
        if not _try_lock(own):
            os.close(own)
            raise CommandFailed(f"bk up is already running on {self.path}: stop it, or use another --data")
        shared = _open_lock(self._servers_lock_path)
        deadline = time.monotonic() + ORPHANS_LIMIT_S
        while not _try_lock(shared):
            if time.monotonic() > deadline:
                os.close(own)
                os.close(shared)
                raise CommandFailed(f"servers of an earlier bk up still use {self.path}: wait a moment, or end them")
            time.sleep(0.1)
        self._locks = [own, shared]
        return shared

    def unlock(self) -> None:
        for fd in self._locks:
            os.close(fd)
        self._locks = []

    def write_running(self, running: Running) -> None:
        write_private(self._running_path, json.dumps(asdict(running)) + "\n")

    def clear_running(self) -> None:
        self._running_path.unlink(missing_ok=True)

    def running(self) -> Running:
        """Where it listens now; raises CommandFailed where nothing runs."""
        try:
            running = Running(**json.loads(self._running_path.read_text()))
        except FileNotFoundError:
            raise self.not_running() from None
        except OSError as error:
            raise CommandFailed(f"cannot read {self._running_path}: {error.strerror}") from error
        probe = _open_lock(self._lock_path)
        try:
            if _try_lock(probe):
                raise self.not_running()  # killed before it could clear up
        finally:
            os.close(probe)
        return running

    def not_running(self) -> CommandFailed:
        return CommandFailed(f"not running: start it with bk up --data {self.path}", exit_code=EXIT_NOT_RUNNING)


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CommandFailed(
            f"cannot use {path} ({error.strerror}): run as its owner, or choose another --data"
        ) from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
