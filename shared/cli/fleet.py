"""The six services of one machine: what each is told, and its life under the launcher."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.embedded.process import Process
from shared.embedded.servers import Servers

STOP_LIMIT_S = 8.0
BACK_OFF_FIRST_S = 1.0
BACK_OFF_LAST_S = 30.0
HEALTHY_S = 30.0
# What a service inherits from the terminal beside BK_*: enough to find programs, words, time and certificates.
_INHERITED = frozenset(
    [
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "CUDA_VISIBLE_DEVICES",
        "SSL_CERT_FILE",
        "PYTHONPATH",
    ]
)


@dataclass(frozen=True, slots=True)
class Needs:
    """Which secrets a service is given beside its own user on the bus."""

    database: bool = False
    objects: bool = False
    sealing: bool = False
    evidence: bool = False


# Where cores are few, pictures and voices on their way to people come before what is kept and looked at: that waits on
# the bus meanwhile, and of what the detector leaves out it keeps count. Warnings wait for nobody.
_NICENESS: Mapping[str, int] = {"recorder": 10, "detector": 5}

SERVICES: Mapping[str, Needs] = {
    "gateway": Needs(database=True, sealing=True),
    "ingest": Needs(sealing=True),
    "recorder": Needs(database=True, objects=True, evidence=True),
    "detector": Needs(),
    "alerting": Needs(database=True, objects=True, sealing=True),
    "intercom": Needs(database=True, objects=True, sealing=True),
}


def inherited() -> dict[str, str]:
    """What every child takes over from us."""
    return {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("BK_")}


def environment(
    service: str, servers: Servers, *, host: str, port: int, own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All environment of one service process. What the person set as BK_* stays, unless we must set it."""
    needs = SERVICES[service]
    told = servers.bus_environment(service)
    if needs.database:
        told |= servers.database_environment(service)
    if needs.objects:
        told |= servers.object_environment()
    if needs.evidence:
        told |= servers.evidence_environment()
    if needs.sealing:
        told |= servers.sealing_environment()
    # On one machine everything stops together: nobody would take over, so nobody is waited for.
    return (
        {"BK_DRAIN_S": "0"} | inherited() | told | {"BK_HTTP_HOST": host, "BK_HTTP_PORT": str(port)} | dict(own or {})
    )


class KeptProcess:
    """A child that is started again when it ends, after 1 to 30 s, and says so."""

    def __init__(self, process: Process, say: Callable[[str], None]):
        self.process = process
        self._say = say
        self._is_wanted = True

    async def keep(self) -> None:
        """Run until `stop`."""
        failures = 0
        loop = asyncio.get_running_loop()
        while self._is_wanted:
            began = loop.time()
            await self.process.start()
            code = await self.process.wait()
            if not self._is_wanted:
                return
            failures = 1 if loop.time() - began > HEALTHY_S else failures + 1
            delay_s = min(BACK_OFF_LAST_S, BACK_OFF_FIRST_S * 2 ** (failures - 1)) * random.uniform(0.75, 1.25)
            why = f"ended with code {code}: {self.process.last_line()}"
            self._say(f"{self.process.name} {why}; starts again in {delay_s:.0f} s")
            await asyncio.sleep(delay_s)

    async def stop(self) -> None:
        self._is_wanted = False
        if not await self.process.stop(STOP_LIMIT_S):
            self._say(f"{self.process.name} did not stop within {STOP_LIMIT_S:.0f} s and was killed")


def service_process(service: str, logs: Path, told: Mapping[str, str]) -> Process:
    argv = [sys.executable, "-m", f"services.{service}"]
    return Process(service, argv, logs / f"{service}.log", env=told, niceness=_NICENESS.get(service, 0))
