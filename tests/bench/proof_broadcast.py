"""Proof 3 of the intercom: 31 kitchens, three of them dead, busy and refusing; all receipts right, all start together.

Dead: a camera that accepts connections and never answers. Busy: its one backchannel is held by a stranger. Refusing: it
wants another password. Spoken to by a microphone three times: prepared and pressed, then cold. After each, every
receipt is compared with what the cameras heard.

    python -m tests.bench.proof_broadcast --cameras 28 --seconds 8
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

from shared.clock import SystemClock
from shared.rtsp.backchannel import FEATURE, Backchannel
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from tests.bench.broadcast_district import QUIET, District, cost_while, district, end, until_decided
from tests.bench.rows import row, say
from tests.e2e.sim_fleet import PASSWORD, USER, frozen_camera
from tests.intercom.broadcaster import Broadcaster

ROUNDS = 3
WRONG = {"dead": "camera_unreachable", "busy": "camera_busy", "refusing": "wrong_password"}


@asynccontextmanager
async def stranger(url: str) -> AsyncIterator[None]:
    """Somebody else's program that holds a camera's backchannel."""
    with closing(ReadMill()) as mill:
        source = RtspSource(url, USER, PASSWORD, "tcp", wants_audio=False, require=FEATURE)
        backchannel = Backchannel(source, mill, SystemClock())
        await backchannel.prepare()
        try:
            yield
        finally:
            await backchannel.close()


async def prove(cameras: int, seconds: float) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        name: [] for name in ("right", "spread", "press", "cold_spread", "cold_right", "cpu", "receipts")
    }
    with frozen_camera() as frozen:
        async with district(cameras) as place, stranger(place.fleet.url(cameras + 1)):
            login = {"username": USER, "password": PASSWORD}
            place.api.add("dead", frozen, **QUIET)
            place.api.add("busy", place.fleet.url(cameras + 1), **login, **QUIET)
            place.api.add("refusing", place.fleet.url(cameras + 2), username=USER, password="another", **QUIET)
            for _ in range(ROUNDS):
                await prepared(place, seconds, found)
                await cold(place, found)
    return found


async def prepared(place: District, seconds: float, found: dict[str, list[Any]]) -> None:
    who = place.broadcaster()
    assert (await who.speak({"all": True}, prepare=True, priority="order", reason="proof")).status_code == 201
    await until_decided(who)
    pressed_s = time.time()
    assert (await who.press()).status_code == 200
    found["cpu"].append((await cost_while({"intercom": place.stack.pid_of("intercom")}, seconds))["intercom"])
    sounds = place.first_sounds_ms(pressed_s)
    found["spread"].append(sounds[-1] - sounds[0])
    found["press"].append(sounds[len(sounds) // 2])
    found["right"].append(await right(place, who, pressed_s, found))


async def cold(place: District, found: dict[str, list[Any]]) -> None:
    who = place.broadcaster()
    who.tone.is_on = True
    began_s = time.time()
    assert (await who.speak({"all": True}, priority="order", reason="proof")).status_code == 201
    await asyncio.sleep(8)  # the dead one is known to be dead after its connection's limit
    sounds = place.first_sounds_ms(began_s)
    found["cold_spread"].append(sounds[-1] - sounds[0])
    found["cold_right"].append(await right(place, who, began_s, found))


async def right(place: District, who: Broadcaster, since_s: float, found: dict[str, list[Any]]) -> int:
    """How many receipts are true: heard where the camera heard it, else failed with the right name."""
    ended = await end(who)
    receipts = {one["camera"]: one for one in ended["receipts"]}
    found["receipts"].append(list(receipts.values()))
    told = place.fleet.told()
    count = 0
    for number, camera in enumerate(place.cameras, 1):
        octets = sum(one["octets"] for one in told[number]["speeches"] if one["ended_us"] >= since_s * 1e6)
        receipt = receipts[camera]
        # A millisecond of silence opens each session: it is no packet of the talker's.
        count += receipt["state"] == "heard" and receipt["packets"] == octets // 160
    for camera, reason in WRONG.items():
        receipt = receipts[camera]
        count += (receipt["state"], receipt["reason"], receipt["packets"]) == ("failed", reason, 0)
    await asyncio.sleep(2)
    return count


def report(found: dict[str, list[Any]], cameras: int, seconds: float) -> None:
    conditions = {
        "cameras": cameras,
        "wrong": "one dead, one busy, one refusing",
        "rounds": ROUNDS,
        "seconds": seconds,
        "cores": os.cpu_count(),
    }

    def lower(name: str, values: list[float], unit: str) -> dict[str, Any]:
        return row(name, values, None, unit, is_higher_better=False, conditions=conditions, digits=1)

    def higher(name: str, values: list[float]) -> dict[str, Any]:
        return row(name, values, None, "receipts", is_higher_better=True, conditions=conditions, digits=0)

    everybody = cameras + len(WRONG)
    rows = [
        higher(f"proof: true receipts of {everybody}, prepared, the worst round", [min(found["right"])]),
        higher(f"proof: true receipts of {everybody}, not prepared, the worst round", [min(found["cold_right"])]),
        lower(f"proof: first to last of {cameras} cameras, prepared", found["spread"], "ms"),
        lower("proof: press to first sound, median camera", found["press"], "ms"),
        lower(f"proof: first to last of {cameras} cameras, not prepared", found["cold_spread"], "ms"),
        lower("proof: the intercom while it speaks", found["cpu"], "% of a core"),
    ]
    say(rows, found, "broadcast-proof")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=28, help="that live, beside the three that do not")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long is spoken after each press")
    told = parser.parse_args()
    report(asyncio.run(prove(told.cameras, told.seconds)), told.cameras, told.seconds)


if __name__ == "__main__":
    main()
