"""What is said is what is heard: frequency, level and time for minutes; and over a network that loses and delays.

The whole product between aiortc's microphone and GStreamer's ONVIF camera.

    python -m tests.bench.proof_intercom --what tone --seconds 600
    python -m tests.bench.proof_intercom --what network --seconds 60
    python -m tests.bench.proof_intercom --what killed --rounds 5

what: tone (a tone and chirps: nothing clips, nothing drifts; a microphone whose clock is 200 ppm fast, and one that is
too loud, for a tenth of the time each), network (5 % of the packets lost, the others up to 50 ms later, overtaking each
other: how much of what was said is heard, how late, how loud; Opus, Opus that repeats itself, PCMU), killed (of two
workers the one that is spoken through dies by SIGKILL, or by SIGSTOP, with its connections standing: seconds until the talker can be told, until the camera's session
is over, until who waited at the other worker speaks and is heard; over TCP and over UDP).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from aiortc import MediaStreamTrack
from numpy.typing import NDArray

from services.intercom.limiter import CEILING
from tests.bench.bench_intercom import Bench, bench
from tests.e2e.killed_talk import Killed, kill_who_speaks
from tests.e2e.live_client import Api
from tests.intercom.chirps import PERIOD_S, TONE_HZ, TONE_S, Chirps, Found
from tests.intercom.heard import RATE, Ear, Heard, frequency, sound
from tests.intercom.lossy import BadNetwork
from tests.intercom.packets import Packets
from tests.intercom.talker import Talker, Tone
from tests.peers.gst import GstCamera
from tests.stack import Stack

LEVEL = 0.3
# The standard's step of mu-law near that level is 1/16 of it, and libopus at 48 kbit/s is not exact either.
LEVEL_DB = 1.0
FREQUENCY_HZ = 1.0
DRIFT_S = 0.020
LOSS, JITTER_S = 0.05, 0.050
SLOT = RATE // 50
AUDIBLE = 0.1
# = how long a kitchen may be without anybody who can speak to it, after a worker died
FREE_S = 5.0
FAST = 1 + 200e-6


@asynccontextmanager
async def pressed(
    on: Bench, codec: str, microphone: MediaStreamTrack, network: BadNetwork | None = None
) -> AsyncIterator[Talker]:
    """Speaking, and two seconds later."""
    li = on.talker(codec, microphone, network)
    assert (await li.offer("cook-0", prepare="true")).status_code == 201
    await li.until("ready")
    assert (await li.press()).status_code == 200
    await asyncio.sleep(2.0)
    on.ear.new()
    try:
        yield li
    finally:
        await li.http.delete(li.talk)
        await li.close()


async def listen(ear: Ear, seconds: float) -> list[Heard]:
    packets: list[Heard] = []
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(1.0)
        packets += ear.new()
    return packets


async def tone(on: Bench, codec: str, seconds: float, *, level: float = LEVEL, speed: float = 1.0) -> dict[str, Any]:
    microphone = Chirps(tone=level, speed=speed)
    async with pressed(on, codec, microphone) as li:
        packets = await listen(on.ear, seconds)
        status = await li.state()
    chirps = microphone.found_in(packets, RATE)
    tones = tones_of(sound(packets), chirps)
    levels_db = [20 * np.log10(np.sqrt(2 * np.mean(one**2)) / 32767 / level) for one in tones]
    delays_s = windows_of(chirps)
    return {
        "what": "tone",
        "codec": codec,
        "seconds": seconds,
        "clock_ppm": round(1e6 * (speed - 1)),
        "said_level": level,
        "chirps_said": int(seconds / PERIOD_S),
        "chirps_heard": len(chirps),
        "hz": round(float(np.median([frequency(one) for one in tones])), 2),
        "hz_worst": round(max((abs(frequency(one) - TONE_HZ) for one in tones), default=np.nan), 2),
        "level_db": round(float(np.median(levels_db)), 2),
        "level_db_worst": round(float(max(np.abs(levels_db), default=np.nan)), 2),
        "peak": int(np.abs(sound(packets)).max()),
        "peak_allowed": CEILING,
        "delay_ms_first_10_s": round(1000 * delays_s[0], 1),
        "delay_ms_last_10_s": round(1000 * delays_s[-1], 1),
        "delay_ms_furthest": round(1000 * max(abs(one - delays_s[0]) for one in delays_s), 1),
        "packets": status["packets"],
        "lost": status["lost"],
        "is_heard": status["is_heard"],
    }


def tones_of(heard: NDArray[np.float64], chirps: Sequence[Found]) -> list[NDArray[np.float64]]:
    """The tone between the chirps, without its fades."""
    begin, end = (round(at_s * RATE) for at_s in TONE_S)
    edge = round(0.02 * RATE)
    found = [heard[one.place + begin + edge : one.place + end - edge] for one in chirps]
    return [one for one in found if len(one) == end - begin - 2 * edge]


def windows_of(chirps: Sequence[Found]) -> list[float]:
    """Median delay of every ten seconds."""
    windows: dict[int, list[float]] = {}
    for one in chirps:
        windows.setdefault(int((one.said_s - chirps[0].said_s) / 10), []).append(one.delay_s)
    return [float(np.median(windows[number])) for number in sorted(windows)]


def is_true(found: dict[str, Any]) -> bool:
    """Whether what was said is what was heard."""
    is_loud = found["said_level"] > LEVEL
    return (
        found["chirps_heard"] >= 0.98 * found["chirps_said"] - 3
        and abs(found["hz"] - TONE_HZ) <= FREQUENCY_HZ
        and (is_loud or abs(found["level_db"]) <= LEVEL_DB)
        and found["peak"] <= 1.03 * found["peak_allowed"]
        and found["delay_ms_furthest"] <= 1000 * DRIFT_S
    )


async def network(on: Bench, name: str, codec: str, seconds: float, *, repairs: bool = False) -> dict[str, Any]:
    """How much is heard of a tone that never stops; how late chirps are."""
    slots = {}
    for way in ("clean", "bad"):
        one = BadNetwork(LOSS, JITTER_S) if way == "bad" else BadNetwork(0.0, 0.0)
        await one.start()
        steady = Tone(TONE_HZ, LEVEL)
        steady.is_on = True
        async with pressed(on, codec, Packets(codec, repairs=True) if repairs else steady, one) as li:
            packets = await listen(on.ear, seconds)
            slots[way] = share(packets, seconds) | {"lost": (await li.state())["lost"], "relay_lost": one.lost}
        one.close()
    chirps, one = Chirps(), BadNetwork(LOSS, JITTER_S)
    await one.start()
    async with pressed(on, codec, chirps, one):
        found = chirps.found_in(await listen(on.ear, seconds), RATE)
    one.close()
    delays_ms = [1000 * chirp.delay_s for chirp in found]
    return {
        "what": "network",
        "sound": name,
        "loss": LOSS,
        "jitter_ms": 1000 * JITTER_S,
        "seconds": seconds,
        **{f"{way}_{what}": value for way, values in slots.items() for what, value in values.items()},
        "delay_ms_median": round(float(np.median(delays_ms)), 1),
        "delay_ms_p95": round(float(np.percentile(delays_ms, 95)), 1),
    }


def share(packets: Sequence[Heard], seconds: float) -> dict[str, float]:
    """Of the slots of 20 ms that passed: how many sound, at least a tenth as loud as said; how loud those are."""
    heard = sound(list(packets))
    whole = heard[: len(heard) // SLOT * SLOT].reshape(-1, SLOT)
    loud = np.sqrt(2 * np.mean(whole**2, axis=1)) / 32767
    audible = loud[loud >= AUDIBLE * LEVEL]
    spaces = 1000 * np.diff([one.at_s for one in packets])
    return {
        "audible_share": round(len(audible) * SLOT / RATE / seconds, 4),
        "level_db": round(float(20 * np.log10(np.median(audible) / LEVEL)), 2),
        "space_ms_p1": round(float(np.percentile(spaces, 1)), 1),
        "space_ms_p99": round(float(np.percentile(spaces, 99)), 1),
    }


async def killed(folder: Path, rounds: int) -> bool:
    """Every round kills another worker; who waits speaks within `FREE_S`."""
    stack = Stack(folder / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1"})
    stack.start()
    found: list[Killed] = []
    try:
        api = Api(stack.url, stack.admin_password)
        api.site("school")
        for transport in ("tcp", "udp"):
            sound, told = folder / f"{transport}.heard", folder / f"{transport}.told"
            with (
                GstCamera(backchannel="pcmu", heard=str(sound), told=str(told)) as camera,
                api.camera(f"cook-{transport}", camera.url, transport=transport) as name,
            ):
                for number in range(2 * rounds):
                    is_frozen = number >= rounds
                    one = await kill_who_speaks(
                        stack, lambda _: Talker(stack.url, api.token), name, sound, told, is_frozen=is_frozen
                    )
                    found.append(one)
                    what = "frozen" if is_frozen else "killed"
                    print(json.dumps({"what": what, "transport": transport, **one.rounded()}), flush=True)
    finally:
        stack.stop()
    furthest = {name: max(getattr(one, name) for one in found) for name in ("told_s", "camera_s", "floor_s", "heard_s")}
    rounded = {name: round(value, 2) for name, value in furthest.items()}
    print(json.dumps({"what": "killed, furthest", "rounds": len(found), **rounded}), flush=True)
    return furthest["floor_s"] <= FREE_S and furthest["camera_s"] <= FREE_S


async def prove(on: Bench, what: str, seconds: float) -> bool:
    if what == "tone":
        tenth = max(15.0, seconds / 10)
        results = [
            await tone(on, "audio/opus", seconds),
            await tone(on, "audio/PCMU", tenth),
            await tone(on, "audio/opus", tenth, speed=FAST),
            await tone(on, "audio/opus", tenth, level=0.99),
        ]
        is_proven = all(is_true(one) for one in results)
    else:
        results = [
            await network(on, "Opus", "audio/opus", seconds),
            await network(on, "Opus, repeating itself", "audio/opus", seconds, repairs=True),
            await network(on, "PCMU", "audio/PCMU", seconds),
        ]
        is_proven = all(one["bad_audible_share"] >= 0.9 for one in results)
    for one in results:
        print(json.dumps(one), flush=True)
    return is_proven


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=("tone", "network", "killed"), default="tone")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3, help="of workers killed, for each transport")
    told = parser.parse_args()
    if told.what == "killed":
        with tempfile.TemporaryDirectory(prefix="bk-") as name:
            Path(name).chmod(0o755)
            sys.exit(0 if asyncio.run(killed(Path(name), told.rounds)) else 1)
    with bench(1) as on:
        is_proven = asyncio.run(prove(on, told.what, told.seconds))
    sys.exit(0 if is_proven else 1)


if __name__ == "__main__":
    main()
