"""Facts written straight onto a connection of the bus: no identity of a message, no answer waited for.

So ten thousand a second cost the publisher little, and a fact sent twice is heard twice: the bus does not help.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from shared import subjects
from shared.subjects import CameraRef

_LIMIT_S = 60.0


class FactWire:
    """One connection as a service's user. `send` blocks while the server is slower: call it off the event loop."""

    def __init__(self, told: Mapping[str, str]):
        where = urlsplit(told["BK_NATS_URL"])
        self._socket = socket.create_connection((where.hostname or "", where.port or 0), _LIMIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        login = {"user": told["BK_NATS_USER"], "pass": told["BK_NATS_PASSWORD"], "verbose": False, "pedantic": False}
        self._socket.sendall(b"CONNECT " + json.dumps(login | {"lang": "bench", "version": "1"}).encode() + b"\r\n")
        self.flush()

    def send(self, facts: Iterable[tuple[str, bytes]]) -> None:
        """Each with its subject."""
        parts = []
        for subject, data in facts:
            parts.append(b"PUB %s %d\r\n%s\r\n" % (subject.encode(), len(data), data))
        self._socket.sendall(b"".join(parts))

    def flush(self) -> None:
        """Everything that was sent has been read by the server. Raises ConnectionError where it refused us."""
        self._socket.sendall(b"PING\r\n")
        heard = b""
        while b"PONG" not in heard:
            more = self._socket.recv(65536)
            if not more or b"-ERR" in more:
                raise ConnectionError(f"the bus refuses: {more[-200:]!r}")
            if b"PING" in more:
                self._socket.sendall(b"PONG\r\n")
            heard += more

    def close(self) -> None:
        self._socket.close()


def frame_subject(site: str, camera: str) -> str:
    return subjects.fact("detector", "frame_analysed", CameraRef(site, camera))
