"""A whole stack with simulated cameras that have loudspeakers, and somebody who speaks to them."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from tests.bench.process_cost import cost_of
from tests.e2e.live_client import Api
from tests.e2e.sim_fleet import PASSWORD, USER, SimFleet, sim_fleet
from tests.intercom.broadcaster import Broadcaster
from tests.stack import Stack

ONLINE_LIMIT_S = 120.0
# Not recorded and not analysed: what is measured is speaking, and two cores have to do for everything.
QUIET = {"recording": {"mode": "off"}, "analysis": {"is_enabled": False}}


@dataclass(frozen=True, slots=True)
class District:
    """`cameras`: ids of those that live, camera number n of the fleet first."""

    stack: Stack
    fleet: SimFleet
    api: Api
    cameras: Sequence[str]

    def broadcaster(self) -> Broadcaster:
        return Broadcaster(self.stack.url, self.api.token)

    def first_sounds_ms(self, since_s: float) -> list[float]:
        """When each camera that heard something since then heard it first, after that moment, in order."""
        told = self.fleet.told()
        found = []
        for number in range(1, len(self.cameras) + 1):
            sounds = [one["sounded_us"] or 0 for one in told[number]["speeches"]]
            heard = [at_us for at_us in sounds if at_us >= since_s * 1e6]
            found += [heard[0] / 1000 - since_s * 1000] if heard else []
        return sorted(found)

    def pids(self) -> dict[str, int]:
        return {"intercom": self.stack.pid_of("intercom"), "nats": self.stack.pid_of("nats-server")}


@asynccontextmanager
async def district(count: int) -> AsyncIterator[District]:
    """So many cameras, all online."""
    folder = Path(mkdtemp(prefix="bk-district-"))
    folder.chmod(0o755)
    async with AsyncExitStack() as open_things:
        open_things.callback(rmtree, folder, ignore_errors=True)
        fleet = open_things.enter_context(sim_fleet(folder, count + 2, "--one-talker"))
        stack = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1"})
        stack.start()
        open_things.callback(stack.stop)
        api = Api(stack.url, stack.admin_password)
        open_things.callback(api.close)
        api.site("school")
        cameras = [f"cook-{number}" for number in range(1, count + 1)]
        for number, camera in enumerate(cameras, 1):
            api.add(camera, fleet.url(number), transport="tcp", username=USER, password=PASSWORD, **QUIET)
        for camera in cameras:
            api.until_condition(camera, "online", ONLINE_LIMIT_S)
        await asyncio.sleep(3)
        yield District(stack, fleet, api, cameras)


async def cost_while(pids: dict[str, int], seconds: float) -> dict[str, float]:
    """Per cent of a core that each process takes meanwhile."""
    before = {name: cost_of([pid]) for name, pid in pids.items()}
    await asyncio.sleep(seconds)
    return {name: cost_of([pid]).percent_since(before[name]) for name, pid in pids.items()}


async def until_decided(who: Broadcaster) -> dict[str, dict[str, Any]]:
    return await who.until_receipts(lambda found: all(one["state"] != "waiting" for one in found.values()))


async def end(who: Broadcaster) -> dict[str, Any]:
    """How it ended."""
    began = time.monotonic()
    await who.http.delete(who.talk)
    ended = await who.until("ended")
    await who.close()
    assert time.monotonic() - began < 15
    return ended


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)
