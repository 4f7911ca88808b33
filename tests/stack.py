"""`bk up` as a child process of a test."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.embedded.ports import HOST, free_port

# A machine that builds and tests at once is slow; a first start takes some seconds by itself.
READY_LIMIT_S = 150.0
STOP_LIMIT_S = 40.0
# What simulated cameras show is drawn once for all tests on this machine: it takes longer than all else of a start.
FOOTAGE = Path("~/.cache/bright-kitchen/footage").expanduser()


class Stack:
    """One installation in `data`; it can be started, stopped and started again.

    Attributes:
        url: of the console and the API.
        printed: every line `bk up` has printed, both streams.
    """

    def __init__(self, data: Path, *, demo: int = 0, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None):
        self.data = data
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.printed: list[str] = []
        self._demo = demo
        self._prefix = tuple(prefix)
        self._env = {"BK_SIMULATE_CACHE": str(FOOTAGE), **os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()

    @property
    def admin_password(self) -> str:
        return (self.data / "admin-password").read_text().strip()

    @property
    def demo_password(self) -> str:
        """Of the user `demo` on every simulated camera."""
        return str(json.loads((self.data / "demo.json").read_text())["password"])

    def demo_url(self, number: int) -> str:
        """The main stream of a simulated camera."""
        return str(json.loads((self.data / "demo.json").read_text())["cameras"][f"demo-{number}"])

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def pid_of(self, what: str) -> int:
        """A process of this installation: a service by its name, or a server by its program's."""
        assert self._child is not None
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self._child.pid and (f"services.{what}" in words or Path(words[0]).name == what):
                return int(folder.name)
        raise AssertionError(f"no {what} runs")

    def command(self, *words: str) -> list[str]:
        """A command line of bk."""
        return [*self._prefix, sys.executable, "-m", "shared.cli.main", *words]

    def start(self) -> float:
        """Returns the seconds until it said that it is ready."""
        began = time.monotonic()
        ready_s: float | None = None
        self.spawn()
        while (line := self._next_line(READY_LIMIT_S - (time.monotonic() - began))) is not None:
            if line == f"ready {self.url}":
                ready_s = time.monotonic() - began
            elif ready_s is not None:
                return ready_s  # one more line says how to log in
        raise AssertionError("bk up ended before it was ready:\n" + "\n".join(self.printed) + self.logs())

    def spawn(self) -> None:
        """Start it and come back at once."""
        words = self.command("up", f"--data={self.data}", f"--port={self.port}", f"--demo={self._demo}")
        self._child = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._env, start_new_session=True
        )
        self._lines = queue.Queue()
        threading.Thread(target=_pump, args=(self._child, self._lines), daemon=True).start()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        assert self._child is not None
        self._child.send_signal(number)
        try:
            return self.wait()
        finally:
            if self._child.poll() is None:
                self._child.kill()

    def kill(self) -> None:
        """As kill -9 does."""
        assert self._child is not None
        self._child.kill()
        self._child.wait()

    def wait(self) -> int:
        assert self._child is not None
        code = self._child.wait(STOP_LIMIT_S)
        while self._next_line(1.0) is not None:
            continue
        return code

    def bk(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command on the same data."""
        return subprocess.run(
            self.command(*words, f"--data={self.data}"),
            input=stdin,
            capture_output=True,
            text=True,
            env=self._env,
            timeout=60,
        )

    def status(self) -> dict[str, Any]:
        """What `bk status --json` prints."""
        done = self.bk("status", "--json")
        assert done.stdout, done.stderr
        return dict(json.loads(done.stdout))

    def logs(self) -> str:
        """The end of every log, for a message."""
        ends = []
        for path in sorted((self.data / "logs").glob("*.log")):
            ends.append(f"\n--- {path.name}\n" + path.read_text(errors="replace")[-1500:])
        return "".join(ends)

    def _next_line(self, limit_s: float) -> str | None:
        try:
            line = self._lines.get(timeout=max(0.0, limit_s))
        except queue.Empty:
            raise AssertionError("bk up says nothing:\n" + "\n".join(self.printed) + self.logs()) from None
        if line is not None:
            self.printed.append(line)
        return line


def _pump(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line.rstrip("\n"))
    lines.put(None)
