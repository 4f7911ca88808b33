"""A second intercom on the servers of a stack, to be told to end or killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from shared.embedded.ports import free_port
from tests.intercom.talker import Talker
from tests.stack import Stack


@contextmanager
def another_intercom(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    """A second worker on the same servers, named `second`; it lets who speaks finish for 15 s."""
    told = Path(f"/proc/{stack.pid_of('intercom')}/environ").read_bytes().decode().rstrip("\0").split("\0")
    port = free_port()
    env = dict(each.partition("=")[::2] for each in told) | {
        "BK_HTTP_PORT": str(port), "BK_WORKER_ID": "second", "BK_DRAIN_S": "15", "BK_ICE_PORT": str(free_udp_port()),
    }  # fmt: skip
    log = (stack.data / "logs" / "intercom-second.log").open("wb")
    worker = subprocess.Popen([sys.executable, "-m", "services.intercom"], env=env, stderr=log)
    try:
        began = time.monotonic()
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                    break
            assert time.monotonic() - began < 60, "the second worker does not become ready"
            assert worker.poll() is None, (stack.data / "logs" / "intercom-second.log").read_text()
            time.sleep(0.1)
        yield worker
    finally:
        worker.kill()
        worker.wait()
        log.close()
        print((stack.data / "logs" / "intercom-second.log").read_text()[-3000:])


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def worker_of(talker: Talker) -> str:
    return talker.talk.rpartition("/")[2].rpartition(".")[0]
