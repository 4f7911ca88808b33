"""What receiving costs: socket, interleaving, RTP and H.264 reassembly, without what follows.

Run: python -m tests.bench.bench_depacketize [--cameras 31] [--seconds 8]
Prints one JSON line a row (form: design, Budgets). A child process plays the cameras: 1080p25 at 4 Mbit/s as 15 packets
of 1400 bytes a picture, phases spread, sent in one write or in 15.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import time

import uvloop

from shared.clock import SystemClock
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.rtsp.interleaved_reader import InterleavedReader
from shared.rtsp.links import SocketLink
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.rtp import rtp_header
from shared.rtsp.track_receiver import TrackReceiver
from shared.rtsp.tracks import Track

PACKETS = 15
PAYLOAD_BYTES = 1386
FPS = 25
TRACK = Track("video", "h264", "H264", 96, 90_000, 1, "", {})


class Counter:
    """A sink that counts, and keeps what a fragment of 200 ms would keep."""

    def __init__(self) -> None:
        self.pictures = 0
        self._kept: list[AccessUnit] = []

    def on_video(self, unit: AccessUnit) -> None:
        self.pictures += 1
        self._kept.append(unit)
        if len(self._kept) == 5:
            self._kept = []

    def on_audio(self, unit: AudioUnit) -> None: ...

    def on_loss(self, packets: int) -> None:
        raise AssertionError("nothing is lost here")

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None: ...


def picture(number: int, sequence: int) -> list[bytes]:
    """The interleaved packets of one picture, an FU-A of 20 kB."""
    packets = []
    for k in range(PACKETS):
        header = (0x80 if k == 0 else 0) | (0x40 if k == PACKETS - 1 else 0) | (5 if number % 50 == 0 else 1)
        body = bytes((0x7C, header)) + b"\x88" * PAYLOAD_BYTES
        packet = rtp_header(96, k == PACKETS - 1, sequence + k, number * 3600, 7) + body
        packets.append(b"$\0" + len(packet).to_bytes(2) + packet)
    return packets


def play_cameras(port: int, cameras: int, pieces: int, seconds: float) -> None:
    """The child: every camera at its own phase of the 40 ms."""
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(cameras)]
    for sock in socks:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    begin = time.monotonic()
    for number in range(int(seconds * FPS)):
        packets = picture(number, number * PACKETS)
        writes = packets if pieces > 1 else [b"".join(packets)]
        for index, sock in enumerate(socks):
            due = begin + (number + index / cameras) / FPS
            time.sleep(max(0.0, due - time.monotonic()))
            for data in writes:
                sock.sendall(data)


async def receive(cameras: int, pieces: int, seconds: float, is_immediate: bool) -> tuple[float, int]:
    """Returns CPU seconds of this process and the number of pictures."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=cameras)
    port = listener.getsockname()[1]
    child = multiprocessing.Process(target=play_cameras, args=(port, cameras, pieces, seconds + 0.5), daemon=True)
    child.start()
    mill, clock, sink = ReadMill(), SystemClock(), Counter()
    links = []
    for _ in range(cameras):
        sock, _ = listener.accept()
        sock.setblocking(False)
        reader = InterleavedReader(lambda message: None)
        reader.attach(0, TrackReceiver(TRACK, sink))
        link = SocketLink(sock, mill, is_immediate)
        link.start(lambda data, feed=reader.feed: feed(data, clock.now_us()), lambda error: None)  # type: ignore[misc]
        links.append(link)
    await asyncio.sleep(0.5)
    pictures, cpu_s = sink.pictures, time.process_time()
    await asyncio.sleep(seconds)
    pictures, cpu_s = sink.pictures - pictures, time.process_time() - cpu_s
    for link in links:
        link.close()
    mill.close()
    listener.close()
    child.kill()
    child.join()
    return cpu_s, pictures


def bare_loop_us(pictures: int = 2000) -> float:
    """Microseconds a packet of `feed` alone, no socket."""
    sink = Counter()
    reader = InterleavedReader(lambda message: None)
    reader.attach(0, TrackReceiver(TRACK, sink))
    spent = 0.0
    for number in range(pictures):
        data = b"".join(picture(number, number * PACKETS))
        begin = time.perf_counter()
        reader.feed(data, 0)
        spent += time.perf_counter() - begin
    return spent / pictures / PACKETS * 1e6


def row(name: str, ours: float, unit: str, conditions: str) -> None:
    print(
        json.dumps(
            {
                "name": name,
                "ours": round(ours, 4),
                "peer": None,
                "ratio": None,
                "unit": unit,
                "higher_is_better": False,
                "conditions": conditions,
            }
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    row(
        "depacketize-packet", sorted(bare_loop_us() for _ in range(3))[1], "us/packet", "15 packets of 1400 B a picture"
    )
    for is_immediate in (False, True):
        for pieces in (1, PACKETS):
            cpu_s, pictures = uvloop.run(receive(options.cameras, pieces, options.seconds, is_immediate))
            how = "at once" if is_immediate else "on the 40 ms tick"
            share = 100 * cpu_s / options.seconds / options.cameras
            rate = pictures / options.seconds / options.cameras
            conditions = (
                f"{options.cameras} cameras, {pieces} write(s) a picture, read {how}, {rate:.1f} pictures/s each"
            )
            row("receive-camera", share, "% of a core per camera", conditions)


if __name__ == "__main__":
    main()
