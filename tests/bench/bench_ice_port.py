"""What one UDP port for all talks costs beside one for each: CPU of the receiving process, a microphone's packets.

A child plays the browsers: each sends 50 packets of sound a second. Here they are received as the intercom receives
them: ICE, DTLS, SRTP, taken at aiortc's receiver. Both ways in turns, three times each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop
from aiortc import RTCPeerConnection, RTCSessionDescription

from services.intercom.adapters.ice_addresses import addresses, bind_to
from services.intercom.adapters.ice_port import IcePort
from services.intercom.adapters.rtp_outlet import feed
from services.intercom.adapters.rtp_tap import tap
from services.intercom.adapters.webrtc_peer import Ice, WebRtcPeer
from tests.bench.rows import row, say

HERE = "127.0.0.1"
PAYLOAD = bytes(80)  # Opus at 32 kbit/s


async def browsers(count: int) -> None:
    """The child: offers on stdout, answers on stdin, then sound until it is killed."""
    bind_to((HERE,))
    began = time.monotonic()

    def microphone(place: int) -> Any:
        sent = 0

        async def next_unit() -> tuple[Sequence[bytes], int]:
            nonlocal sent
            sent += 1
            due = began + place * 0.02 / count + sent * 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            return (PAYLOAD,), sent * 960

        return next_unit

    peers = [RTCPeerConnection() for _ in range(count)]
    for place, peer in enumerate(peers):
        sound = peer.addTransceiver("audio", direction="sendonly")
        feed(sound.sender, microphone(place), lambda: None)
        await peer.setLocalDescription(await peer.createOffer())
        print(json.dumps(peer.localDescription.sdp), flush=True)
    for peer in peers:
        answer = json.loads(await asyncio.to_thread(sys.stdin.readline))
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.sleep(3600)


async def measure(count: int, seconds: int, is_one_port: bool) -> tuple[float, float]:
    """(CPU of a core for one talk in percent, packets received of those sent)."""
    bind_to((HERE,))
    port = IcePort(0 if is_one_port else None, addresses)
    await port.open()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_ice_port", "--browsers", str(count),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    received = 0

    def on_packet(sequence: int, kind: int, payload: bytes) -> None:
        nonlocal received
        received += 1

    peers = []
    try:
        for _ in range(count):
            peer = WebRtcPeer(Ice())
            peers.append(peer)
            tap(peer.take("audio", "recvonly", ()).receiver, on_packet)
            offer = json.loads(await child.stdout.readline())
            child.stdin.write(json.dumps(await peer.answer(offer)).encode() + b"\n")
        await asyncio.gather(*(peer.wait_connected() for peer in peers))
        await asyncio.sleep(2)
        received, cpu_s, began = 0, time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        lasted = time.monotonic() - began
        return 100 * (time.process_time() - cpu_s) / lasted / count, received / (50 * lasted * count)
    finally:
        child.kill()
        await child.wait()
        for peer in peers:
            await peer.close()
        await port.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, help="be the child")
    parser.add_argument("--talks", type=int, default=24)
    parser.add_argument("--seconds", type=int, default=10)
    told = parser.parse_args()
    if told.browsers:
        asyncio.run(browsers(told.browsers))
        return
    one: list[tuple[float, float]] = []
    many: list[tuple[float, float]] = []
    for _ in range(3):
        many.append(uvloop.run(measure(told.talks, told.seconds, False)))
        one.append(uvloop.run(measure(told.talks, told.seconds, True)))
    conditions = {
        "talks": told.talks,
        "seconds": told.seconds,
        "peer": "a port for each (aioice)",
        "received": round(min(share for _, share in one), 4),
        "received_peer": round(min(share for _, share in many), 4),
        "cores": os.cpu_count(),
    }
    name = "one UDP port for all: CPU for one talk received"
    rows = [
        row(
            name,
            [cpu for cpu, _ in one],
            [cpu for cpu, _ in many],
            "% of a core",
            is_higher_better=False,
            conditions=conditions,
        )
    ]
    say(rows, {"one": one, "many": many}, "ice-port")


if __name__ == "__main__":
    main()
