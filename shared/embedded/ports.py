"""TCP ports on loopback: chosen free once, remembered, chosen anew where somebody else has taken one."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
# Outgoing connections take theirs from 32768 on (Linux): one that is free there may be taken before it is listened to.
_LOWEST, _BEYOND = 10_240, 32_768
_TRIES = 100


class Ports:
    """The ports of one data directory, kept in `path` between starts."""

    def __init__(self, path: Path):
        self._path = path
        self._given: dict[str, int] = {}
        try:
            self._remembered: dict[str, int] = json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            self._remembered = {}  # first start, or a file cut short by a full disk: all are chosen anew

    @property
    def given(self) -> frozenset[int]:
        """All ports handed out in this run."""
        return frozenset(self._given.values())

    def of(self, name: str) -> int:
        """The port for `name`: the one of last time if it is free, else another."""
        return self._find(name, 0)

    def of_pair(self, name: str, offset: int) -> int:
        """A port P for `name` such that P + `offset` is free too."""
        return self._find(name, offset)

    def _find(self, name: str, offset: int) -> int:
        if name not in self._given:
            port = self._remembered.get(name)
            if port is None or port in self._given.values() or not _are_free(port, offset):
                port = self._choose(offset)
            self._given[name] = port
            self._path.write_text(json.dumps({**self._remembered, **self._given}, indent=2, sort_keys=True) + "\n")
        return self._given[name]

    def _choose(self, offset: int) -> int:
        taken = {*self._given.values(), *self._remembered.values()}
        while True:
            port = free_port()
            if port not in taken and _are_free(port, offset):
                return port


def _are_free(port: int, offset: int) -> bool:
    return is_free(port) and (offset == 0 or (port + offset < 65536 and is_free(port + offset)))


def free_port() -> int:
    """Free a moment ago: whoever listens on it may still find it taken, seldom."""
    for _ in range(_TRIES):
        port = random.randrange(_LOWEST, _BEYOND)
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = HOST) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
