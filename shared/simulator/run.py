"""Runs a fleet of simulated cameras in the foreground until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from shared.clock import SystemClock
from shared.simulator.camera import CameraOffers
from shared.simulator.control import Control
from shared.simulator.fleet import Fleet, FleetOptions
from shared.simulator.footage_bench import bench_footage
from shared.simulator.footage_demo import demo_footage
from shared.simulator.footage_reader import read_footage
from shared.simulator.offer import make_offer

Say = Callable[[str], None]


def run_fleet(
    options: FleetOptions, kind: str, file: Path | None, cache_dir: Path, control_port: int | None, say: Say
) -> None:
    """Serve until SIGINT or SIGTERM; `say` gets a line for each thing a person may want to know."""
    offers = _offers(options, kind, file, cache_dir, say)
    uvloop.run(_serve(options, offers, control_port, say))


def _offers(options: FleetOptions, kind: str, file: Path | None, cache_dir: Path, say: Say) -> list[CameraOffers]:
    has_backchannel = options.has_backchannel
    if file is not None:
        return [CameraOffers(make_offer(read_footage(file), file.stem, has_backchannel))]
    if kind == "bench":
        footage = read_footage(bench_footage(cache_dir))
        return [CameraOffers(make_offer(footage, "bench", has_backchannel))]
    return [
        CameraOffers(
            make_offer(read_footage(files.main), files.name, has_backchannel),
            make_offer(read_footage(files.sub), files.name, has_backchannel),
        )
        for files in demo_footage(cache_dir, options.count, say)
    ]


async def _serve(options: FleetOptions, offers: Sequence[CameraOffers], control_port: int | None, say: Say) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    fleet = Fleet(options, offers, SystemClock())
    await fleet.listen()
    control = Control(fleet)
    try:
        if control_port is not None:
            say(f"control http://127.0.0.1:{await control.listen(control_port)}/cameras")
        say(f"ready {fleet.url(1)} to {fleet.url(options.count)}")
        await stopping.wait()
    finally:
        await control.close()
        await fleet.close()
